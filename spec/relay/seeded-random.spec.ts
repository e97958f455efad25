import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SeededRandom } from '../../lib/relay/seeded-random.js';

const series = (...seed: [number, ...number[]]): number[] => {
  const random = new SeededRandom(...seed);
  return Array.from({ length: 1000 }, () => random.next());
};

it('the same seed gives the same numbers, another connection or direction others', () => {
  assert.deepEqual(series(1, 2, 1), series(1, 2, 1));
  assert.notDeepEqual(series(1, 2, 1), series(1, 2, 2));
  assert.notDeepEqual(series(1, 2, 1), series(1, 1, 2));
  assert.notDeepEqual(series(1, 2, 1), series(2, 2, 1));
});

it('they lie from 0 up to 1, evenly', () => {
  const numbers = series(2 ** 32 - 1, 5, 1);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  assert.ok(Math.abs(mean - 0.5) < 0.05, `${mean}`);
  const random = new SeededRandom(7);
  assert.deepEqual([...new Set(Array.from({ length: 200 }, () => random.below(3)))].sort(), [0, 1, 2]);
});
