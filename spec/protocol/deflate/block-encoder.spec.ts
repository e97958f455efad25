import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { BlockEncoder } from '../../../lib/protocol/deflate/block-encoder.js';
import { DeflateContext, InflateContext } from '../../../lib/protocol/deflate/context.js';
import { MatchTable } from '../../../lib/protocol/deflate/match-finder.js';
import { SlidingWindow } from '../../../lib/protocol/deflate/sliding-window.js';
import { unlimited } from '../../../lib/protocol/framing/budget.js';
import { seeded } from '../random.js';

const noTakeover = { windowBits: 15, contextTakeover: false };
const next = seeded(11);
const noise = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => next() >>> 24));
const feed = (size: number): Buffer => {
  let text = '';
  while (text.length < size)
    text += `{"id":${next() % 1e6},"price":${(next() % 1e4) / 100},"tags":["a${next() % 50}"]},`;
  return Buffer.from(text.slice(0, size));
};

function encode(bytes: Buffer): Buffer | undefined {
  const window = new SlidingWindow(16_384);
  window.reserve(bytes.length, 0, 0);
  return new BlockEncoder(4096).encode(bytes, window, new MatchTable(0), 32_768);
}

/** zlib, given what RFC 7692 §7.2.2 has the receiver append, and a final block. */
const zlibInflate = (data: Buffer, dictionary: Buffer = Buffer.alloc(0)): Buffer =>
  zlib.inflateRawSync(Buffer.concat([data, Buffer.from([0, 0, 255, 255, 3, 0])]), {
    ...(dictionary.length > 0 && { dictionary }),
  });

describe('one message', () => {
  it('of any size and kind is what zlib makes of its block, or does not get smaller', () => {
    for (let size = 0; size <= 4096; size += size < 300 ? 1 : 97) {
      for (const bytes of [feed(size), Buffer.alloc(size, 'ab'), noise(size)]) {
        const data = encode(bytes);
        if (data === undefined) continue;
        assert.ok(data.length < bytes.length);
        assert.deepEqual(zlibInflate(data), bytes);
      }
    }
    assert.equal(encode(noise(4096)), undefined);
    assert.equal(encode(Buffer.alloc(0)), undefined);
  });

  it('is one block that is not final, behind it an empty one without 00 00 ff ff (RFC 7692 §7.2.1)', () => {
    assert.equal(encode(Buffer.from('Hello, Hello, Hello'))!.toString('hex'), 'f248cdc9c9d75140a60000');
    for (const size of [100, 1000, 4000]) assert.equal(encode(feed(size))![0]! & 1, 0);
  });

  it('has fixed codes where they are shorter, and its own where those are (RFC 1951 §3.2.3)', () => {
    assert.equal(encode(feed(100))![0]! & 6, 2);
    assert.equal(encode(feed(2000))![0]! & 6, 4);
  });

  it('has a distance code of one bit where there is one distance, and none where there is none (§3.2.7)', () => {
    const words = Buffer.from(Array.from({ length: 1200 }, () => next() >>> 25));
    for (const bytes of [words, Buffer.concat([words, words.subarray(0, 300)])]) {
      const data = encode(bytes)!;
      assert.equal(data[0]! & 6, 4);
      assert.deepEqual(zlibInflate(data), bytes);
      assert.deepEqual(new InflateContext(zlib, noTakeover).inflate(data, 4096, 0, unlimited()), bytes);
    }
  });

  it("is about as small as zlib's", () => {
    for (const size of [200, 1024, 4096]) {
      const bytes = feed(size);
      assert.ok(encode(bytes)!.length < 1.15 * zlib.deflateRawSync(bytes, { level: 3 }).length, `${size}`);
    }
  });
});

describe('messages with context takeover', () => {
  for (const windowBits of [8, 9, 10, 12, 14, 15]) {
    it(`refer back 2^${windowBits} bytes and no further`, () => {
      const context = new DeflateContext(zlib, { windowBits, contextTakeover: true }, 3);
      let text: Buffer = Buffer.alloc(0);
      for (let count = 0; count < 300; count++) {
        const message = feed(next() % (count % 9 === 0 ? 9000 : 700));
        const data = context.deflate(message);
        if (data === undefined) continue;
        assert.deepEqual(zlibInflate(data, text.subarray(-(1 << windowBits))), message);
        text = Buffer.concat([text, message]).subarray(-32_768);
      }
    });
  }

  it('to the very edge of the window', () => {
    for (const windowBits of [8, 9, 10]) {
      for (let distance = (1 << windowBits) - 3; distance < (1 << windowBits) + 4; distance++) {
        const words = noise(distance);
        const context = new DeflateContext(zlib, { windowBits, contextTakeover: true }, 3);
        const data = context.deflate(Buffer.concat([words, words]));
        const shrinks = data !== undefined && data.length < 1.5 * distance;
        assert.equal(shrinks, distance <= 1 << windowBits, `${windowBits} bits, distance ${distance}`);
      }
    }
  });

  it('refer to what zlib has compressed, and what zlib compresses refers to them', () => {
    const context = new DeflateContext(zlib, { windowBits: 15, contextTakeover: true }, 3);
    const receiver = new InflateContext(zlib, { windowBits: 15, contextTakeover: true });
    const sent = (message: Buffer): number => {
      const data = context.deflate(message)!;
      assert.deepEqual(receiver.inflate(data, 1 << 20, 0, unlimited()), message);
      return data.length;
    };
    const known = noise(500);
    sent(Buffer.concat([feed(20_000), known]));
    assert.ok(sent(Buffer.concat([known, feed(100)])) < 150);
    const small = noise(400);
    sent(Buffer.concat([small, Buffer.alloc(500)]));
    assert.ok(sent(Buffer.concat([small, Buffer.alloc(10_000)])) < 150);
    assert.ok(sent(Buffer.concat([small, feed(100)])) < 150);
  });

  it('do not refer to one that was sent as it is', () => {
    const context = new DeflateContext(zlib, { windowBits: 15, contextTakeover: true }, 3);
    let text: Buffer = Buffer.alloc(0);
    for (let count = 0; count < 200; count++) {
      const part = noise(50 + (next() % 3000));
      const message = count % 2 === 0 ? part : Buffer.concat([part, feed(900)]);
      const data = context.deflate(message);
      if (data === undefined) continue;
      assert.deepEqual(zlibInflate(data, text), message);
      text = Buffer.concat([text, message]).subarray(-32_768);
    }
  });
});

describe('messages without context takeover', () => {
  it('refer to nothing before them, of no connection', () => {
    const contexts = [9, 15].map((windowBits) => new DeflateContext(zlib, { windowBits, contextTakeover: false }, 3));
    const message = feed(700);
    const [data] = contexts.map((context) => context.deflate(message)!);
    for (let round = 0; round < 20; round++) {
      for (const context of contexts) {
        context.deflate(feed(next() % 6000));
        assert.deepEqual(zlibInflate(context.deflate(message)!), message);
      }
    }
    assert.deepEqual(contexts[0]!.deflate(message)!.length, data!.length);
  });
});

describe('the level', () => {
  it('above 3, and 0, is for zlib, whatever the size', () => {
    const bytes = feed(1000);
    const byZlib = (level: number): Buffer =>
      zlib.deflateRawSync(bytes, { level, finishFlush: zlib.constants.Z_SYNC_FLUSH });
    for (const level of [4, 6, 9]) {
      const data = new DeflateContext(zlib, { windowBits: 15, contextTakeover: true }, level).deflate(bytes)!;
      assert.deepEqual(Buffer.concat([data, Buffer.from([0, 0, 255, 255])]), byZlib(level));
    }
    assert.equal(new DeflateContext(zlib, { windowBits: 15, contextTakeover: true }, 0).deflate(bytes), undefined);
  });
});
