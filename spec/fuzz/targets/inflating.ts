import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { DeflateContext, type DeflateDirection, InflateContext } from '../../../lib/protocol/deflate/context.js';
import { unlimited } from '../../../lib/protocol/framing/budget.js';
import { Violation } from '../../../lib/protocol/rules.js';
import type { Target } from '../fuzzer.js';
import type { Random } from '../random.js';
import { mutateBytes } from '../wire.js';

export const inflating: Target = {
  name: 'inflating',
  title: 'compressed messages come out as they went in, and damaged ones are refused within the limit',
  share: 6,
  run(random) {
    const direction: DeflateDirection = { windowBits: 8 + random.below(8), contextTakeover: random.once(2) };
    const sender = new DeflateContext(zlib, direction, random.below(10));
    const receiver = new InflateContext(zlib, direction);
    for (let count = 1 + random.below(6); count > 0; count--) {
      const message = random.payload(random.size());
      const compressed = sender.deflate(message);
      if (compressed === undefined) continue;
      assert.ok(compressed.length < message.length);
      const foreign = random.once(6) ? compressOtherwise(random, message) : compressed;
      // What another compressor made stands for the same message, so the windows stay the same.
      assert.ok(receiver.inflate(foreign, message.length, 0, unlimited()).equals(message), `${message.length} bytes`);
    }

    const message = random.payload();
    const maxSize = random.pick([0, 1, 100, message.length, 100_000]);
    const isNoise = random.once(5);
    const data = isNoise ? random.bytes(random.below(200)) : mutateBytes(random, compressOtherwise(random, message));
    try {
      const got = receiver.inflate(data, maxSize, 3, unlimited());
      assert.ok(got.length <= maxSize, `${got.length} bytes with a limit of ${maxSize}`);
    } catch (error) {
      assert.ok(error instanceof Violation, String((error as Error).stack));
      assert.ok(['deflate-data', 'message-size'].includes(error.rule.id), error.rule.id);
      assert.equal(error.rule.closeCode, error.rule.id === 'deflate-data' ? 1007 : 1009);
      assert.equal(error.offset, 3);
    }
  },
};

/** As other implementations may: other strategies and flushes, stored blocks, final blocks (RFC 7692 §7.2.3). */
function compressOtherwise(random: Random, message: Buffer): Buffer {
  const { constants } = zlib;
  const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED];
  const isFinal = random.once(3);
  const data = zlib.deflateRawSync(message, {
    level: random.below(10),
    strategy: random.pick(strategies),
    windowBits: 9,
    finishFlush: isFinal ? constants.Z_FINISH : random.pick([constants.Z_SYNC_FLUSH, constants.Z_FULL_FLUSH]),
  });
  // RFC 7692 §7.2.3.4: a final block is followed by an empty one, of which one byte is sent.
  return isFinal ? Buffer.concat([data, Buffer.of(0)]) : data.subarray(0, -4);
}
