import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparison } from '../../../bench/compare/table.js';
import { verdict } from '../../../bench/compare/verdict.js';
import type { Sample } from '../../../bench/task.js';

const samples = (values: readonly number[], cpu?: readonly number[]): Sample[] =>
  values.map((value, i) => ({ value, ...(cpu === undefined ? {} : { cpu: cpu[i]! }) }));

const quiet = [100, 101, 102, 103, 104, 105];
const scale = (values: readonly number[], factor: number): number[] => values.map((value) => value * factor);
/** As a machine gives them that other programs use as well. */
const wild = [100, 40, 210, 75, 160, 33];

describe('verdict', () => {
  it('says faster or slower of a rate by wall clock on a quiet machine', () => {
    const more = verdict({ tree: samples(scale(quiet, 1.1), quiet), base: samples(quiet, quiet) }, false);
    assert.equal(more.word, 'faster');
    assert.equal(more.by, 'wall clock');
    assert.ok(Math.abs(more.wall.ratio.median - 1.1) < 1e-9);
    const less = verdict({ tree: samples(scale(quiet, 0.9)), base: samples(quiet) }, false);
    assert.equal(less.word, 'slower');
  });

  it('turns it round where a lower figure is better', () => {
    const sides = { tree: samples(scale(quiet, 1.1)), base: samples(quiet) };
    assert.equal(verdict(sides, true).word, 'slower');
    assert.equal(verdict({ tree: sides.base, base: sides.tree }, true).word, 'faster');
  });

  it('says no difference where the ranks do not show one, however far the medians are apart', () => {
    const sides = { tree: samples([50, 60, 100, 200, 300]), base: samples([55, 65, 90, 110, 250]) };
    assert.equal(verdict(sides, false).word, 'no difference');
    assert.equal(verdict({ tree: samples([9, 9, 9, 9]), base: samples([1, 1, 1, 1]) }, false).word, 'no difference');
  });

  it('judges by processor time when the wall clock is noisy, less being faster', () => {
    const sides = { tree: samples(wild, scale(quiet, 0.8)), base: samples([...wild].reverse(), quiet) };
    const judged = verdict(sides, false);
    assert.equal(judged.word, 'faster');
    assert.equal(judged.by, 'processor time');
    assert.ok(judged.wall.p > 0.5);
    assert.equal(verdict({ tree: sides.base, base: sides.tree }, true).word, 'slower');
  });

  it('stays with a noisy wall clock where no processor time is known', () => {
    assert.equal(verdict({ tree: samples(wild), base: samples(wild) }, false).by, 'wall clock');
  });

  it('finds nothing in no samples', () => {
    assert.equal(verdict({ tree: [], base: [] }, false).word, 'no difference');
  });
});

describe('comparison', () => {
  it('shows both measures of each row with their spread, and names the base', () => {
    const sides = { tree: samples(scale(quiet, 1.1), scale(quiet, 0.9)), base: samples(quiet, quiet) };
    const cell = { row: 'send text', column: '16 B' };
    const lines = comparison('abc1234 Do this', [{ cell, rounds: 6, ...verdict(sides, false) }]).split('\n');
    assert.match(lines[0]!, /abc1234 Do this/);
    assert.match(
      lines.at(-1)!,
      /^send text 16 B +faster +wall clock +1\.100 +1\.100–1\.100 +0\.002 +0\.900 +0\.900–0\.900 +0\.002 +6$/,
    );
  });

  it('leaves out what could not be measured', () => {
    const cell = { row: 'send text', column: '16 B' };
    assert.doesNotMatch(comparison('x', [{ cell, rounds: 0, ...verdict({ tree: [], base: [] }, false) }]), /send text/);
  });
});
