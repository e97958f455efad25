/** Our decoder of DEFLATE blocks and zlib's, given the same messages. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { DeflateContext, type DeflateDirection, InflateContext } from '../../../lib/protocol/deflate/context.js';
import { unlimited } from '../../../lib/protocol/framing/budget.js';
import { Violation } from '../../../lib/protocol/rules.js';
import type { Target } from '../fuzzer.js';
import type { Random } from '../random.js';

export const blocks: Target = {
  name: 'blocks',
  title: 'small compressed messages come out, or are refused, as zlib does it, to the word',
  share: 20,
  run(random) {
    const direction: DeflateDirection = { windowBits: 8 + random.below(8), contextTakeover: !random.once(4) };
    const ours = new InflateContext(zlib, direction);
    const theirs = new InflateContext(zlib, direction, 0);
    const sender = new DeflateContext(zlib, direction, random.below(4));
    let text: Buffer = Buffer.alloc(0);
    for (let count = 1 + random.below(8); count > 0; count--) {
      const message = feedText(random);
      const made = compressed(random, message, sender, direction, text);
      const data = random.once(3) ? damaged(random, made) : made;
      const maxSize = random.once(6) ? random.pick([0, 1, message.length - 1, message.length, 1000]) : 1 << 22;
      const got = outcome(ours, data, Math.max(0, maxSize));
      const expected = outcome(theirs, data, Math.max(0, maxSize));
      if (typeof got === 'string' && typeof expected === 'string' && got !== expected) {
        // Both refuse: what is damaged and too long as well is one or the other first.
        assert.ok(
          [got, expected].some((one) => one.startsWith('message-size')),
          `${got}; zlib: ${expected}`,
        );
        assert.ok(
          [got, expected].some((one) => one.startsWith('deflate-data')),
          `${got}; zlib: ${expected}`,
        );
        return;
      }
      assert.deepEqual(got, expected, `${data.length} bytes ${data.toString('hex')}`);
      if (typeof got === 'string') return;
      text = Buffer.concat([text, got]).subarray(-32_768);
    }
  },
};

/** What comes of a message: its bytes, or the violation. */
function outcome(context: InflateContext, data: Buffer, maxSize: number): Buffer | string {
  try {
    return context.inflate(data, maxSize, 0, unlimited());
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return `${error.rule.id}: ${error.got}`;
  }
}

const names = [
  '"id":',
  '"price":',
  '"user":',
  '"tags":[',
  '},{',
  'true',
  'null',
  '"2026-11-27T',
  ',',
  '0.',
  '\0',
  'ü€',
];

/** JSON-like, repetitive, or noise; now and then longer than a window. */
function feedText(random: Random): Buffer {
  if (random.once(5)) return random.payload();
  const size = random.pick([0, 1, 5, 50, 200, 1000, 1000, 5000, random.once(10) ? 40_000 : 10]);
  const parts: string[] = [];
  for (let left = size; left > 0; left -= 8)
    parts.push(random.once(3) ? String(random.below(1e6)) : random.pick(names));
  return Buffer.from(parts.join(''));
}

/** As our sender, zlib with any of its settings, or a hand that writes bits at random does it. */
function compressed(
  random: Random,
  message: Buffer,
  sender: DeflateContext,
  direction: DeflateDirection,
  text: Buffer,
): Buffer {
  const kind = random.below(8);
  if (kind === 0) return handWritten(random);
  if (kind === 1) return random.bytes(random.below(60));
  // Its own window is right only while nothing else was sent; damage is what the comparison is for.
  if (kind === 2) return sender.deflate(message) ?? Buffer.from([0]);
  const { constants } = zlib;
  const strategies = [0, 0, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED];
  const dictionary = random.once(8) ? random.payload(500) : text.subarray(-(1 << direction.windowBits));
  const options = { level: random.below(10), memLevel: 1 + random.below(9), strategy: random.pick(strategies) };
  const pieces: Buffer[] = [];
  for (let left = random.once(4) ? 1 + random.below(4) : 1; left > 0; left--) {
    const isFinal = random.once(4);
    const flush = random.pick([constants.Z_SYNC_FLUSH, constants.Z_FULL_FLUSH, constants.Z_BLOCK]);
    const data = zlib.deflateRawSync(left === 1 ? message : message.subarray(0, random.below(message.length + 1)), {
      ...options,
      windowBits: 9 + random.below(7),
      finishFlush: isFinal ? constants.Z_FINISH : flush,
      ...(dictionary.length > 0 && direction.contextTakeover && pieces.length === 0 && { dictionary }),
    });
    pieces.push(data);
    if (left === 1 && isFinal && random.once(2)) pieces.push(Buffer.of(0));
    if (left === 1 && !isFinal) pieces[pieces.length - 1] = data.subarray(0, -4);
  }
  return Buffer.concat(pieces);
}

/** Blocks whose headers keep to the format more or less, with codes of any lengths and symbols at random. */
function handWritten(random: Random): Buffer {
  const bits: number[] = [];
  const write = (value: number, count: number): void => {
    for (let bit = 0; bit < count; bit++) bits.push((value >> bit) & 1);
  };
  for (let left = 1 + random.below(3); left > 0; left--) {
    write(random.once(3) ? 1 : 0, 1);
    const type = random.pick([0, 1, 2, 2, 2, 3]);
    write(type, 2);
    if (type === 0) {
      while (bits.length % 8 !== 0) bits.push(random.below(2));
      const size = random.below(10);
      write(size, 16);
      write(random.once(9) ? size : ~size & 0xffff, 16);
      for (let byte = 0; byte < size; byte++) write(random.below(256), 8);
    } else {
      if (type === 2) writeCodes(random, write);
      for (let symbol = random.below(40); symbol > 0; symbol--) write(random.next(), random.pick([3, 7, 8, 9, 12]));
      if (type === 1) write(0, 7);
    }
  }
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) bytes[at >> 3]! |= bit << (at & 7);
  return bytes;
}

/** A third code that is complete more often than not, and lengths in it: complete, too few, too many. */
function writeCodes(random: Random, write: (value: number, count: number) => void): void {
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  write(random.once(20) ? 30 + random.below(2) : random.below(30), 5);
  write(random.once(20) ? 30 + random.below(2) : random.below(30), 5);
  write(15, 4);
  // Sixteen codes of 4 bits, or two of one, or eight of 3; or any.
  const kind = random.below(4);
  const lengths = order.map((symbol) => {
    if (kind === 0) return symbol < 16 ? 4 : 0;
    if (kind === 1) return symbol === 8 || symbol === 18 ? 1 : 0;
    if (kind === 2) return symbol >= 14 || symbol === 7 || symbol === 8 || symbol === 0 ? 3 : 0;
    return random.once(3) ? random.below(8) : 0;
  });
  for (const length of lengths) write(length, 3);
  for (let count = random.below(500); count > 0; count--) write(random.next(), 4);
}

/** A bit, several, the end, the start, a byte more. */
function damaged(random: Random, data: Buffer): Buffer {
  const bytes = Buffer.from(data);
  const kind = random.below(5);
  if (kind === 0) return bytes.subarray(0, random.below(bytes.length + 1));
  if (kind === 1) return bytes.subarray(random.below(bytes.length + 1));
  if (kind === 2) return Buffer.concat([bytes, random.bytes(1 + random.below(3))]);
  if (bytes.length > 0) {
    for (let left = random.pick([1, 1, 1, 2, 5]); left > 0; left--) {
      const within = random.once(2) ? Math.min(bytes.length, 30) : bytes.length;
      bytes[random.below(within)]! ^= 1 << random.below(8);
    }
  }
  return bytes;
}
