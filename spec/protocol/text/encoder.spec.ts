import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { isFasterHere, longestText, utf8Encoder } from '../../../lib/protocol/text/encoder.js';
import { seeded } from '../random.js';

const encoder = utf8Encoder();

function encode(text: string): Buffer {
  const size = encoder.encode(text);
  const memory = Buffer.alloc((size + 3) & ~3);
  encoder.copyMasked(memory, new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4), 0, size, 0, 0);
  return memory.subarray(0, size);
}

function check(text: string, what = JSON.stringify(text)): void {
  assert.ok(encode(text).equals(Buffer.from(text)), what);
}

describe('a text encoder', () => {
  it('encodes every code unit as Buffer.from does, lone surrogates included, when first met and afterwards', () => {
    for (let round = 0; round < 2; round++) {
      for (let first = 0; first < 0x10000; first += 0x100) {
        check(String.fromCharCode(...Array.from({ length: 0x100 }, (_, index) => first + index)), `from ${first}`);
      }
    }
  });

  it('encodes every pair of surrogates', () => {
    for (let first = 0x10000; first < 0x110000; first += 0x1000) {
      check(String.fromCodePoint(...Array.from({ length: 0x1000 }, (_, index) => first + index)), `from ${first}`);
    }
  });

  it('encodes surrogates, alone and in pairs, at every position of a text of every size up to 60', () => {
    const ends = ['\ud800', '\udbff', '\udc00', '\udfff'];
    for (const character of [...ends, '\udc00\ud800', '\ud83d\ude00', '\ud83d\ud83d\ude00']) {
      for (const filling of ['a', 'é', '中']) {
        for (let before = 0; before < 60; before++) {
          for (const after of [0, 1, 2, 3, 4, 60]) check(filling.repeat(before) + character + filling.repeat(after));
        }
      }
    }
  });

  it('encodes random texts of every kind and of sizes around its limits, flat, joined and cut', () => {
    const next = seeded(21);
    const limits = [0x80, 0x80, 0x100, 0x800, 0x10000, 0x110000];
    for (const size of [0, 1, 3, 4, 5, 47, 48, 49, 50, 124, 125, 126, 1000, 16_384, longestText]) {
      for (let round = 0; round < (size < 1000 ? 60 : 4); round++) {
        const most = 1 + (next() % limits.length);
        let text = '';
        while (text.length < size) text += String.fromCodePoint(next() % limits[next() % most]!);
        check(text.slice(0, size), `${size} characters`);
        check(text.slice(size >> 1, size) + text.slice(0, size >> 2), `about ${size} characters, joined`);
      }
    }
  });

  it('encodes the longest text when it takes the most bytes', () => {
    check('€'.repeat(longestText), 'three bytes each');
    check('\ud800'.repeat(longestText), 'lone surrogates');
  });

  it('masks what it copies, at every alignment, phase and size, and writes nothing around it', () => {
    const key = 0x8d1f73a6 | 0;
    for (let size = 0; size < 40; size++) {
      const text = '中'.repeat(size / 3) + 'ab'.slice(0, size % 3);
      for (let start = 1; start < 9; start++) {
        for (const phase of [0, 1, 2, 3, 4, 49_151]) {
          const memory = Buffer.alloc(64, 0xee);
          assert.equal(encoder.encode(text), size);
          encoder.copyMasked(memory, new Int32Array(memory.buffer, memory.byteOffset, 16), start, size, key, phase);
          const expected = Buffer.alloc(64, 0xee);
          Buffer.from(text).forEach((byte, index) => {
            expected[start + index] = byte ^ (key >>> (8 * ((phase + index) & 3)));
          });
          assert.ok(memory.equals(expected), `${size} bytes at ${start}, phase ${phase}`);
        }
      }
    }
  });

  it('leaves to Node what is longer than it can take', () => {
    assert.equal(isFasterHere('中'.repeat(longestText + 1)), false);
  });

  it('leaves texts of one byte a character to Node unless they are short', () => {
    assert.equal(isFasterHere('ä'.repeat(500)), false);
    assert.equal(isFasterHere('ä'.repeat(10)), true);
  });
});
