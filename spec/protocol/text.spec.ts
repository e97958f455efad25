import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { decodeText, decodeValidText } from '../../lib/protocol/text.js';
import { seeded } from './random.js';

/** Decodes with other bytes around it, which must not matter. */
function decode(text: string | Buffer): string | undefined {
  const bytes = Buffer.concat([Buffer.of(0xff), Buffer.from(text as string), Buffer.of(0xff)]);
  const decoded = decodeText(bytes, 1, bytes.length - 1);
  if (decoded !== undefined) assert.equal(decodeValidText(bytes, 1, bytes.length - 1), decoded);
  return decoded;
}

describe('decodeText', () => {
  it('decodes every code point', () => {
    for (let first = 0; first < 0x110000; first += 0x400) {
      if (first >= 0xd800 && first <= 0xdfff) continue;
      const text = String.fromCodePoint(...Array.from({ length: 0x400 }, (_, index) => first + index));
      assert.equal(decode(text), text, `from U+${first.toString(16)}`);
    }
  });

  it('decodes short texts with characters of one to four bytes', () => {
    for (const text of ['', 'a', 'é', '€', '😀', 'aé€😀', '\u0000', '\u007f\u0080', '\u{10ffff}']) {
      assert.equal(decode(text), text);
    }
  });

  it('decodes texts of every size around the limits between its ways, ASCII or not', () => {
    for (const size of [1, 2, 63, 64, 65, 66, 1000, 16383, 16384, 16385, 65536, 100_000]) {
      for (const last of ['', 'é', '€', '😀']) {
        const text = 'a'.repeat(size) + last;
        assert.equal(decode(text), text);
        const wide = 'é'.repeat(size) + last;
        assert.equal(decode(wide), wide);
      }
    }
  });

  it('keeps a byte order mark, whatever the size', () => {
    for (const size of [0, 10, 100, 20_000]) {
      const text = `\ufeff${'a'.repeat(size)}`;
      assert.equal(decode(text), text);
    }
  });

  it('finds what is not UTF-8, short or long, at the start or at the end', () => {
    const bad = ['80', 'ff', 'c0af', 'e09f80', 'eda080', 'f08f8080', 'f4908080', 'c3', 'e282', 'f09f98'];
    for (const sequence of bad.map((hex) => Buffer.from(hex, 'hex'))) {
      for (const size of [0, 20, 64, 65, 5000, 20_000]) {
        const filling = Buffer.alloc(size, 'a');
        assert.equal(decode(Buffer.concat([filling, sequence])), undefined);
        assert.equal(decode(Buffer.concat([sequence, filling])), undefined);
      }
    }
  });

  it('gives texts that do not change when the bytes do', () => {
    for (const text of ['abc', 'a'.repeat(100), 'é'.repeat(100), 'é'.repeat(20_000)]) {
      const bytes = Buffer.from(text);
      const decoded = decodeText(bytes, 0, bytes.length);
      bytes.fill(0x78);
      decodeText(Buffer.from('ü'.repeat(100)), 0, 200);
      assert.equal(decoded, text);
    }
  });

  it('decodes like the platform does', () => {
    const next = seeded(3);
    for (let round = 0; round < 2000; round++) {
      const points = Array.from({ length: next() % 90 }, () => {
        const point = next() % [0x80, 0x80, 0x800, 0x10000, 0x110000][next() % 5]!;
        return point >= 0xd800 && point <= 0xdfff ? 0x20 : point;
      });
      const text = String.fromCodePoint(...points);
      assert.equal(decode(text), text);
    }
  });
});
