import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { Heartbeat } from '../../lib/protocol/heartbeat.js';

const payload = Buffer.from('ping');

/** Its first ping ends at byte 100 of the output, and is sent at 1000. */
function pinged(timeout = 500): Heartbeat {
  const heartbeat = new Heartbeat(1000, timeout);
  heartbeat.start(0);
  assert.equal(heartbeat.verdict(1000), 'ping');
  heartbeat.pinged(payload, 1000, 100);
  return heartbeat;
}

describe('the heartbeat', () => {
  it('asks for a ping at every interval', () => {
    const heartbeat = new Heartbeat(1000, 500);
    heartbeat.start(0);
    assert.deepEqual([heartbeat.deadline, heartbeat.verdict(999), heartbeat.verdict(1000)], [1000, undefined, 'ping']);
  });

  it('asks for nothing with an interval of 0, and after its end', () => {
    const never = new Heartbeat(0, 0);
    never.start(0);
    const stopped = pinged();
    stopped.stop();
    for (const heartbeat of [never, stopped]) {
      assert.deepEqual([heartbeat.deadline, heartbeat.verdict(1e9)], [Infinity, undefined]);
    }
  });

  it('finds a link dead on which nothing moves for the time', () => {
    const heartbeat = pinged();
    assert.deepEqual([heartbeat.deadline, heartbeat.verdict(1499), heartbeat.verdict(1500)], [1500, undefined, 'dead']);
  });

  it('counts the time from when the ping has left, and lets what leaves in front of it move it', () => {
    const heartbeat = pinged();
    heartbeat.written(50, 1400, 0);
    assert.equal(heartbeat.verdict(1500), undefined);
    heartbeat.written(100, 1800, 0);
    assert.deepEqual([heartbeat.verdict(2299), heartbeat.verdict(2300)], [undefined, 'dead']);
  });

  it('takes bytes that arrive for life, although no pong is among them', () => {
    const heartbeat = pinged();
    heartbeat.received(1400);
    assert.deepEqual([heartbeat.verdict(1899), heartbeat.verdict(1900)], [undefined, 'dead']);
  });

  it('sends no second ping behind one that still waits for its pong', () => {
    const heartbeat = pinged(1000);
    for (let now = 1100; now <= 2500; now += 100) {
      heartbeat.received(now);
      assert.notEqual(heartbeat.verdict(now), 'ping');
    }
  });

  it('is content with the pong of its ping alone, and says how far the output has come', () => {
    const heartbeat = pinged();
    assert.equal(heartbeat.ponged(Buffer.from('pong')), undefined);
    assert.equal(heartbeat.ponged(Buffer.from('pin')), undefined);
    assert.equal(heartbeat.waits, true);
    assert.equal(heartbeat.ponged(Buffer.from(payload)), 100);
    assert.deepEqual([heartbeat.waits, heartbeat.deadline], [false, 2000]);
    assert.equal(heartbeat.ponged(payload), undefined, 'once');
  });
});
