/** The figures that pages show are those of the published runs. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Footprint, publishedPicture, withFootprint, withTable } from '../../bench/report/published.js';
import type { Results } from '../../bench/results.js';
import { root } from '../sources.js';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const results = { skipped: [], others: [], ...JSON.parse(read('bench/results/latest.json')) } as Results;
const page = read('bench/README.md');

describe('the published figures', () => {
  it('are in the page as bench/results/latest.json has them', () => assert.equal(withTable(page, results), page));

  it('are in the picture as well', () => assert.equal(read('lib/pictures/bench.svg'), publishedPicture(results)));

  it('are in the page as bench/results/footprint.json has them', {
    skip: existsSync(join(root, 'bench/results/footprint.json')) ? false : 'was not published yet',
  }, () => {
    const footprint = JSON.parse(read('bench/results/footprint.json')) as Footprint;
    assert.equal(withFootprint(page, footprint), page);
  });

  it('are the only ones: README.md has no figure of speed or memory of its own', () => {
    const readme = read('README.md').replace(/```[^]*?```/g, '');
    assert.doesNotMatch(readme, /\d[\d.]*\s?(×|times|MB\/s|KiB a|messages a second)/);
  });
});
