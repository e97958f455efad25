import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantile, ratio, summarize } from '../../../lib/cli/bench/statistics.js';

describe('quantile', () => {
  it('is the middle value, or half way between the middle two', () => {
    assert.equal(quantile([1, 2, 9], 0.5), 2);
    assert.equal(quantile([1, 2, 4, 9], 0.5), 3);
  });

  it('interpolates between neighbours and ends at the extremes', () => {
    assert.equal(quantile([0, 10], 0.25), 2.5);
    assert.equal(quantile([3, 4, 5], 0), 3);
    assert.equal(quantile([3, 4, 5], 1), 5);
  });

  it('is NaN for no values', () => {
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });
});

describe('summarize', () => {
  it('sorts as numbers and keeps the order of its argument', () => {
    const values = [10, 9, 100];
    assert.deepEqual(summarize(values), { median: 10, min: 9, max: 100, rounds: 3 });
    assert.deepEqual(values, [10, 9, 100]);
  });
});

describe('ratio', () => {
  it('is the median of the ratios of the rounds, not the ratio of the medians', () => {
    // The machine was ten times slower in the second round: the ratio does not notice.
    assert.deepEqual(ratio([30, 3, 40], [10, 1, 10]), { median: 3, min: 3, max: 4, rounds: 3 });
  });

  it('leaves out rounds in which one of the two was not measured', () => {
    assert.deepEqual(ratio([30, undefined, 50], [10, 10, undefined]), { median: 3, min: 3, max: 3, rounds: 1 });
    assert.equal(ratio([], [1]).rounds, 0);
  });
});
