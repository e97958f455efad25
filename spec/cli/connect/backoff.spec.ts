import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Backoff } from '../../../lib/cli/connect/backoff.js';

it('waiting doubles up to the longest time, less up to a half by chance', () => {
  for (const [chance, expected] of [
    [1, [1, 2, 4, 8, 10, 10]],
    [0, [0.5, 1, 2, 4, 5, 5]],
  ] as const) {
    const backoff = new Backoff({ first: 1, longest: 10, random: () => chance });
    assert.deepEqual(
      expected.map(() => backoff.next()),
      expected,
    );
    backoff.reset();
    assert.equal(backoff.next(), expected[0]);
  }
});

it('waiting is as long as the server asks for, up to the longest time', () => {
  const backoff = new Backoff({ first: 1, longest: 10, random: () => 1 });
  assert.deepEqual([backoff.next(7), backoff.next(1), backoff.next(3600)], [7, 2, 10]);
});
