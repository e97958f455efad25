import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { flushSize } from '../../../lib/protocol/framing/output.js';
import { OutputQueue } from '../../../lib/protocol/framing/output-queue.js';
import { frame, text } from '../../peer/frames.js';

/** Takes all that waits. */
function taken(queue: OutputQueue): Buffer {
  const pieces: Buffer[] = [];
  for (let chunk = queue.take(); chunk !== undefined; chunk = queue.take()) {
    pieces.push(Buffer.from(chunk.bytes));
    queue.release(chunk);
  }
  return Buffer.concat(pieces);
}

describe('an output queue', () => {
  it('gives the request first, then frames in their order', () => {
    const queue = new OutputQueue();
    queue.head(Buffer.from('GET /'));
    queue.framer(undefined).text('a');
    queue.framer(undefined).text('b');
    assert.deepEqual(taken(queue), Buffer.concat([Buffer.from('GET /'), text('a'), text('b')]));
    assert.equal(queue.take(), undefined);
  });

  it('counts what waits and what has been written, taken or not', () => {
    const queue = new OutputQueue();
    queue.head(Buffer.from('12345'));
    assert.deepEqual([queue.size, queue.position], [5, 5]);
    taken(queue);
    queue.framer(undefined).text('abc');
    assert.deepEqual([queue.size, queue.position], [5, 10]);
  });

  it('says when so much waits that it can leave already', () => {
    let full = 0;
    const queue = new OutputQueue(() => full++);
    queue.framer(undefined).binary(Buffer.alloc(2 * flushSize));
    assert.ok(full > 0);
  });

  it('lets go of what makes frames when nothing waits, and not before', () => {
    const queue = new OutputQueue();
    const framer = queue.framer(undefined);
    framer.text('a');
    queue.rest();
    assert.equal(queue.framer(undefined), framer);
    taken(queue);
    queue.rest();
    queue.framer(undefined).binary(Buffer.from('b'));
    assert.deepEqual(taken(queue), frame(2, 'b'));
  });

  it('remembers that the stream ends', () => {
    const queue = new OutputQueue();
    assert.equal(queue.ended, false);
    queue.end();
    assert.equal(queue.ended, true);
  });
});
