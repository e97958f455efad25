/** What zlib does is the model: `make fuzz` compares any messages, these are the ones that name each case. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { BlockDecoder } from '../../../lib/protocol/deflate/block-decoder.js';
import { InflateContext } from '../../../lib/protocol/deflate/context.js';
import { SlidingWindow } from '../../../lib/protocol/deflate/sliding-window.js';
import { unlimited } from '../../../lib/protocol/framing/budget.js';
import { Violation } from '../../../lib/protocol/rules.js';
import { runCases } from '../../fuzz/fuzzer.js';
import { blocks } from '../../fuzz/targets/blocks.js';

const takeover = { windowBits: 15, contextTakeover: true };

function decode(bytes: Buffer, window = new SlidingWindow(32_768), room = 1 << 20): Buffer {
  const decoder = new BlockDecoder(bytes.length);
  decoder.input.set(bytes);
  return decoder.decode(0, bytes.length, window, { room, maxSize: room, offset: 77 }, unlimited());
}

const ofHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** zlib alone, without what a message has behind it. */
function zlibRefusal(bytes: Buffer): string {
  try {
    zlib.inflateRawSync(bytes);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

describe('what is refused, in the words of zlib', () => {
  for (const [words, ...vectors] of [
    ['invalid block type (RFC 1951 §3.2.3)', '06', '07'],
    ['invalid stored block lengths (§3.2.4)', '00 00 00 00 00', '01 05 00 fa fe 48 65 6c 6c 6f'],
    ['too many length or distance symbols (§3.2.7)', 'fc 00 00', '04 1f 00'],
    ['invalid code lengths set (§3.2.7)', '04 00 fe ff', '05 00 92 24 49 92 24 49 92 24'],
    ['invalid bit length repeat (§3.2.7)', '04 00 24 49 00', '04 00 24 e9 ff ff'],
    ['invalid code -- missing end-of-block (§3.2.7)', '04 00 24 e9 ff 6d'],
    ['invalid literal/lengths set (§3.2.7)', '04 80 49 92 24 49 92 24 71 ff ff 93 11 00'],
    ['invalid distances set (§3.2.7)', '04 80 49 92 24 49 92 24 0f b4 ff ff c3 84'],
    ['invalid literal/length code (§3.2.6)', '1b 07', '1b 0f'],
    ['invalid distance code (§3.2.6)', '02 7e ff ff'],
    ['invalid distance too far back (§2)', '0c c0 81 00 00 00 00 00 90 ff 6b 04 00', '03 02 00', 'f2 48 00 21 00 00'],
    ['unexpected end of file (§3.2.3)', '', '00', '00 05 00 fa ff 48', 'f2 48 cd c9', '04', '04 c0 81 08 00 00'],
  ] as const) {
    it(words, () => {
      const got = words.slice(0, words.indexOf(' ('));
      for (const vector of vectors) {
        const bytes = ofHex(vector);
        if (bytes.length > 0) assert.equal(zlibRefusal(bytes), got, vector);
        assert.throws(
          () => decode(bytes),
          (error) =>
            error instanceof Violation && error.rule.id === 'deflate-data' && error.got === got && error.offset === 77,
          vector,
        );
      }
    });
  }
});

describe('what is taken', () => {
  it('every length and every distance, to the furthest', () => {
    const far = Buffer.from(Array.from({ length: 32_768 }, (_, at) => (at * at * 7 + (at >> 3)) & 0xff));
    for (const [back, length] of [
      [32_768, 258],
      [24_577, 257],
      [16_385, 200],
      [1, 258],
      [4, 3],
      [257, 11],
    ] as const) {
      const window = new SlidingWindow(32_768);
      window.push(far);
      const repeated = Buffer.from(Array.from({ length }, (_, at) => far[32_768 - back + (at % back)]!));
      const data = zlib.deflateRawSync(repeated, { dictionary: far, level: 9 });
      assert.deepEqual(decode(data, window), repeated);
      assert.deepEqual(window.last(length), repeated);
    }
  });

  it('up to the first final block, and says where that ends', () => {
    const first = zlib.deflateRawSync('one');
    const decoder = new BlockDecoder(100);
    const end = decoder.input.set(Buffer.concat([first, zlib.deflateRawSync('two')])) ?? first.length + 5;
    const window = new SlidingWindow(512);
    const bounds = { room: 100, maxSize: 100, offset: 0 };
    assert.equal(decoder.decode(0, end, window, bounds, unlimited()).toString(), 'one');
    assert.equal(decoder.position, first.length);
    assert.equal(decoder.decode(decoder.position, end, window, bounds, unlimited()).toString(), 'two');
    assert.equal(window.last(512).toString(), 'onetwo');
  });

  it('more than a ring holds, in pieces', () => {
    const text = Buffer.alloc(300_000, 'abcdefg');
    const window = new SlidingWindow(256);
    assert.deepEqual(decode(zlib.deflateRawSync(text), window), text);
    assert.deepEqual(window.last(1000), text.subarray(-256));
  });

  it('a small window refers as far as zlib lets it: to what it holds, and to the message itself', () => {
    const words = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * at) & 0xff));
    const message = Buffer.concat([words, words]);
    const window = new SlidingWindow(256);
    assert.deepEqual(decode(zlib.deflateRawSync(message), window), message);
    assert.ok(window.ring.length <= 8192);
  });
});

describe('the limit', () => {
  it('holds as it goes: a bomb of 4 KiB for 4 MiB is refused when it has unfolded to the limit', () => {
    const bomb = zlib.deflateRawSync(Buffer.alloc(4 << 20), { level: 9 });
    const window = new SlidingWindow(32_768);
    assert.throws(
      () => decode(bomb, window, 100_000),
      (error) => error instanceof Violation && error.rule.id === 'message-size',
    );
    assert.equal(window.ring.length, 32_768);
  });

  it('is exact', () => {
    const data = zlib.deflateRawSync(Buffer.alloc(1000, 'xyz'));
    assert.equal(decode(data, undefined, 1000).length, 1000);
    for (const room of [0, 1, 999]) {
      assert.throws(
        () => decode(data, undefined, room),
        (error) => error instanceof Violation && error.rule.id === 'message-size',
      );
    }
  });
});

describe('a block with codes of its own', () => {
  it('costs budget for the tables, however short it is', () => {
    const letters = Buffer.from(Array.from({ length: 1000 }, (_, at) => 97 + ((at * at) % 23)));
    const data = zlib.deflateRawSync(letters, { strategy: zlib.constants.Z_HUFFMAN_ONLY });
    const decoder = new BlockDecoder(data.length);
    decoder.input.set(data);
    const budget = { left: 0 };
    decoder.decode(0, data.length, new SlidingWindow(256), { room: 1000, maxSize: 1000, offset: 0 }, budget);
    assert.ok(budget.left < -1000);
  });
});

describe('our decoder and zlib, given the same messages', () => {
  it(blocks.title, () => runCases(blocks, 1951, 400));

  it('every byte of a message changed, every bit of its start', () => {
    const text = Buffer.from(Array.from({ length: 400 }, (_, at) => `{"id":${(at * at) % 997},"ok":true},`).join(''));
    const data = zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
    assert.ok(data.length < 4096);
    const outcome = (bytes: Buffer, small: number): string => {
      try {
        return new InflateContext(zlib, takeover, small).inflate(bytes, 1 << 20, 0, unlimited()).toString('latin1');
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return error.got;
      }
    };
    for (let bit = 0; bit < 8 * data.length; bit += bit < 600 ? 1 : 7) {
      const changed = Buffer.from(data);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(outcome(changed, 4096), outcome(changed, 0), `bit ${bit}`);
    }
  });
});
