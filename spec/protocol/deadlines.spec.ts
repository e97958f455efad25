import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Deadlines } from '../../lib/protocol/deadlines.js';
import { OutputQueue } from '../../lib/protocol/framing/output-queue.js';

function start(options: { pingInterval?: number; pongTimeout?: number } = {}) {
  const sink = new OutputQueue();
  const clock = { now: 1000 };
  return { sink, clock, deadlines: new Deadlines(() => clock.now, sink, options) };
}

describe('deadlines', () => {
  it('are never due when nothing is waited for', () => {
    const { deadlines } = start();
    deadlines.startHeartbeat();
    assert.deepEqual([deadlines.next, deadlines.isStepOver, deadlines.awaitWriting], [Infinity, false, false]);
  });

  it('are due with the first of step and heartbeat', () => {
    const { deadlines, clock } = start({ pingInterval: 500, pongTimeout: 200 });
    deadlines.startHeartbeat();
    assert.equal(deadlines.next, 1500);
    deadlines.startStep(100);
    assert.equal(deadlines.next, 1100);
    clock.now = 1100;
    assert.equal(deadlines.isStepOver, true);
    deadlines.stopStep();
    assert.deepEqual([deadlines.next, deadlines.isStepOver], [1500, false]);
  });

  it('give a step its whole time from the moment in which what was written before has left', () => {
    const { deadlines, sink, clock } = start();
    sink.framer(undefined).binary(new Uint8Array(100));
    deadlines.startStep(1000);
    assert.equal(deadlines.awaitWriting, true);
    clock.now = 1900;
    deadlines.written(50, 0);
    assert.equal(deadlines.next, 2900, 'half of it left: it moves');
    clock.now = 2800;
    deadlines.written(102, 300);
    assert.equal(deadlines.next, 4100, 'all has left, and is 300 ms on its way');
    clock.now = 4000;
    deadlines.written(500, 0);
    assert.equal(deadlines.next, 4100, 'what leaves behind it does not matter');
    assert.equal(deadlines.awaitWriting, false);
  });

  it('bring an end of its own forward, never back', () => {
    const { deadlines } = start();
    deadlines.endStepAt(5000);
    deadlines.endStepAt(3000);
    deadlines.endStepAt(4000);
    assert.equal(deadlines.next, 3000);
  });

  it('move a pong with the bytes that arrive, and only while one is waited for', () => {
    const { deadlines, clock } = start({ pingInterval: 500, pongTimeout: 200 });
    deadlines.startHeartbeat();
    deadlines.received();
    assert.equal(deadlines.next, 1500);
    clock.now = 1500;
    deadlines.heartbeat.pinged(new Uint8Array([1]), clock.now, 0);
    assert.equal(deadlines.next, 1700);
    clock.now = 1650;
    deadlines.received();
    assert.equal(deadlines.next, 1850);
  });
});
