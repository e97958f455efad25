import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realClock } from '../../lib/transport/retry-clock.js';

describe('the clock of those who try again', () => {
  it('wakes after the time, unless it is called off', async () => {
    const log: string[] = [];
    const cancel = realClock.wait(0, () => log.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => realClock.wait(1, resolve));
    assert.deepEqual(log, []);
  });

  it('takes a time that no timer of Node can, and goes forward', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let woken = false;
    realClock.wait(Infinity, () => (woken = true));
    t.mock.timers.tick(1000);
    assert.equal(woken, false);
    const before = realClock.now();
    assert.ok(realClock.now() >= before);
    assert.ok(Math.abs(realClock.date() - Date.now()) < 60_000);
    assert.ok(realClock.random() < 1);
  });
});
