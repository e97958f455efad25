import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { PongReplies } from '../../lib/protocol/pong-replies.js';

describe('answers to pings', () => {
  it('are given at once to a peer that reads', () => {
    assert.deepEqual(new PongReplies().pinged(Buffer.from('a')), Buffer.from('a'));
  });

  it('are owed to one that does not, the last alone, and once', () => {
    const replies = new PongReplies();
    assert.equal(replies.setCongested(true), undefined);
    const memory = Buffer.from('a');
    for (const letter of ['a', 'b', 'c']) {
      memory.write(letter);
      assert.equal(replies.pinged(memory), undefined);
    }
    memory.write('x'); // it is used again
    assert.deepEqual(replies.setCongested(false), Buffer.from('c'));
    assert.equal(replies.setCongested(false), undefined);
    assert.deepEqual(replies.pinged(Buffer.from('d')), Buffer.from('d'));
  });
});
