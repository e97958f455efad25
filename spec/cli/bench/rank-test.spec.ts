import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rankTest } from '../../../lib/cli/bench/rank-test.js';

/** The definition, by brute force: how many ways to deal the values out are at least as uneven as this one. */
function dealt(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b];
  const beaten = (mine: readonly number[], others: readonly number[]): number =>
    mine.reduce((sum, x) => sum + others.reduce((won, y) => won + (x > y ? 1 : x === y ? 0.5 : 0), 0), 0);
  const middle = (a.length * b.length) / 2;
  const seen = Math.abs(beaten(a, b) - middle);
  let ways = 0;
  let extreme = 0;
  for (let deal = 0; deal < 2 ** all.length; deal++) {
    const mine = all.filter((_, i) => (deal >> i) & 1);
    if (mine.length !== a.length) continue;
    ways++;
    const others = all.filter((_, i) => !((deal >> i) & 1));
    if (Math.abs(beaten(mine, others) - middle) >= seen) extreme++;
  }
  return extreme / ways;
}

const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} instead of ${expected}`);

describe('rankTest', () => {
  it('gives the known probabilities of samples that do not overlap', () => {
    close(rankTest([1, 2, 3], [4, 5, 6]), 2 / 20);
    close(rankTest([14, 12, 13, 11, 15], [1, 2, 3, 4, 5]), 2 / 252);
    close(rankTest([1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 12, 13, 14, 15, 16]), 2 / 12870);
  });

  it('counts ties and samples of different lengths as its definition does', () => {
    const pairs: readonly (readonly [number[], number[]])[] = [
      [
        [1, 1, 2],
        [2, 3, 3, 3],
      ],
      [
        [5, 5, 5, 9],
        [5, 5],
      ],
      [
        [1, 4, 4, 8, 9],
        [2, 3, 4, 7],
      ],
      [
        [10, 2, 33],
        [4, 4, 4, 4, 40, 1],
      ],
    ];
    for (const [a, b] of pairs) {
      close(rankTest(a, b), dealt(a, b));
      close(rankTest(b, a), dealt(a, b));
    }
  });

  it('sees no difference where there is nothing to compare', () => {
    assert.equal(rankTest([], [1, 2]), 1);
    assert.equal(rankTest([1, 2], []), 1);
    assert.equal(rankTest([7, 7], [7, 7, 7]), 1);
  });

  it('stays exact with twenty samples on each side', () => {
    const low = Array.from({ length: 20 }, (_, i) => i);
    const high = low.map((value) => value + 100);
    close(rankTest(low, high) * 137846528820, 2);
  });

  it('looks at ranks only: one wild sample does not make a difference', () => {
    assert.ok(rankTest([10, 11, 12, 13, 14], [10.5, 11.5, 12.5, 13.5, 1e9]) > 0.4);
  });
});
