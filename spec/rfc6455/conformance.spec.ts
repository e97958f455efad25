import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rules } from '../../lib/protocol/rules.js';
import { conformanceStatement } from './conformance.js';
import { goodStreams } from './vectors.js';

describe('the conformance statement', () => {
  const lines = conformanceStatement().split('\n');

  for (const { id, section, demand } of Object.values(rules)) {
    it(`has one row for ${id}`, () => {
      const rows = lines.filter((line) => line.startsWith(`| \`${id}\` |`));
      assert.equal(rows.length, 1);
      assert.ok(rows[0]!.includes(`| ${section} | ${demand} |`));
    });
  }

  it('has one row for every section with accepted streams', () => {
    for (const section of new Set(goodStreams.map((stream) => stream.section))) {
      assert.equal(lines.filter((line) => line.startsWith(`| RFC 6455 ${section} |`)).length, 1);
    }
  });

  it('has tables whose rows have as many cells as their heads', () => {
    const widths = lines.filter((line) => line.startsWith('|')).map((line) => line.split(/(?<!\\)\|/).length);
    assert.deepEqual([...new Set(widths)], [7, 4]);
  });
});
