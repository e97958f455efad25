import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { it } from 'node:test';
import { PacedOutput } from '../../lib/relay/paced-output.js';
import { SeededRandom } from '../../lib/relay/seeded-random.js';

it('has enough of pieces that wait, however small they are, and takes more when they have left', async (t) => {
  const to = new PassThrough();
  t.after(() => to.destroy());
  to.resume();
  const pieces = 10_000;
  const room = new Promise<void>((resolve) => {
    const output = new PacedOutput(to as unknown as Socket, { delay: 100 }, new SeededRandom(1), () => {
      if (!output.isFull) resolve();
    });
    let count = 0;
    while (count < pieces && !output.isFull) {
      output.write(Buffer.of(0));
      count++;
    }
    assert.ok(count < pieces);
  });
  await room;
});
