import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HeldReading, shareReading } from '../../lib/api/shared-reading.js';

describe('a connection that several readers hold', () => {
  it('reads again when none of them holds it any more', () => {
    const log: string[] = [];
    const connection = { pause: () => log.push('pause'), resume: () => log.push('resume') };
    const held = { holds: 0, connection } as unknown as HeldReading;
    const [first, second] = [shareReading(held), shareReading(held)];
    first.hold();
    first.hold();
    second.hold();
    first.release();
    first.release();
    assert.deepEqual([held.holds, log.includes('resume')], [1, false]);
    second.release();
    assert.deepEqual([held.holds, log.at(-1)], [0, 'resume']);
  });

  it('may not be there yet', () => {
    const held: HeldReading = { holds: 0, connection: undefined };
    const hold = shareReading(held);
    hold.hold();
    assert.equal(held.holds, 1);
    hold.release();
    assert.equal(held.holds, 0);
  });
});
