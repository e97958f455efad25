import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pace } from '../../lib/audit/pace.js';

const refusal = { status: '429 Slow', retryAfter: 0, isSaid: true };

describe('the pace of an audit', () => {
  it('is half as many at once after each refusal, and never less than one', async () => {
    const pace = new Pace(5, 60_000, Infinity);
    const widths: number[] = [];
    for (let count = 0; count < 4; count++) {
      assert.equal(await pace.makeRoom(refusal), true);
      widths.push(pace.width);
    }
    assert.deepEqual(widths, [2, 1, 1, 1]);
  });

  it('slows down once for refusals that come together', async () => {
    const pace = new Pace(8, 60_000, Infinity);
    await Promise.all([pace.makeRoom(refusal), pace.makeRoom(refusal), pace.makeRoom(refusal)]);
    assert.equal(pace.width, 4);
  });

  it('gives up on a server that has refused everybody for too long, or when the audit ends', async () => {
    const hour = { ...refusal, retryAfter: 3_600_000 };
    assert.equal(await new Pace(1, 0, Infinity).makeRoom(hour), false);
    assert.equal(await new Pace(1, 60_000, 0).makeRoom(hour), false);
    const pace = new Pace(1, 20, Infinity);
    assert.equal(await pace.makeRoom(hour), true);
    await pace.ready();
    assert.equal(await pace.makeRoom(hour), false);
    pace.answered();
    assert.equal(await pace.makeRoom(hour), true);
  });

  it('waits as long as the server asks for', async () => {
    const start = performance.now();
    await new Pace(1, 60_000, Infinity).makeRoom({ ...refusal, retryAfter: 300 });
    assert.ok(performance.now() - start >= 299);
  });
});
