import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Fifo } from '../../../lib/cli/bench/fifo.js';

it('a queue gives back what an array would, also after thousands, and takes out of its middle', () => {
  const queue = new Fifo<number>();
  const array: number[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (step % 3 < 2) {
      queue.push(step);
      array.push(step);
    } else if (step % 5 === 0 && array.length > 2) assert.equal(queue.take(2), array.splice(2, 1)[0]);
    else assert.equal(queue.take(), array.shift());
    assert.equal(queue.length, array.length);
    assert.equal(queue.at(0), array[0]);
    assert.equal(queue.at(1), array[1]);
  }
  while (array.length > 0) assert.equal(queue.take(), array.shift());
  assert.equal(queue.take(), undefined);
  queue.push(1);
  queue.clear();
  assert.deepEqual([queue.length, queue.at(0)], [0, undefined]);
});
