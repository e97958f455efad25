import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { decodeText, decodeValidText } from '../../../lib/protocol/text/decoder.js';
import { seeded } from '../random.js';

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

  it('judges and decodes as a fatal TextDecoder does what has one wrong byte, at every position: seeded', () => {
    const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const next = seeded(5);
    const alphabets = ['aé€😀', 'é', '€', '😀', 'aж', 'a中', 'aaaaaaaé', '中文字符测试a', 'приветмир '].map((all) => [
      ...all,
    ]);
    const check = (bytes: Buffer): void => {
      let expected: string | undefined;
      try {
        expected = platform.decode(bytes);
      } catch {
        expected = undefined;
      }
      assert.ok(decode(bytes) === expected, bytes.toString('hex'));
    };
    for (const alphabet of alphabets) {
      for (const size of [1, 2, 3, 5, 8, 13, 31, 63, 64, 65, 66, 100, 127, 128, 129, 300, 2047, 2048, 2049, 4200]) {
        for (let round = 0; round < 3; round++) {
          let text = '';
          while (Buffer.byteLength(text) < size) text += alphabet[next() % alphabet.length]!;
          const bytes = Buffer.from(text);
          check(bytes);
          check(bytes.subarray(0, size)); // the last character may be cut off
          check(bytes.subarray(1, size)); // the first one as well
          for (let at = 0; at < bytes.length; at += 1 + (size >> 6)) {
            const before = bytes[at]!;
            bytes[at] = [0x00, 0x80, 0xbf, 0xc0, 0xc1, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff, next() & 0xff][next() % 12]!;
            check(bytes);
            bytes[at] = before;
          }
        }
      }
    }
  });

  it('knows every limit of RFC 3629 §4 in short texts: sequences of every lead and second byte', () => {
    const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    for (let pair = 0x8000; pair < 0x10000; pair++) {
      for (const rest of [[], [0x80], [0xbf, 0x80]]) {
        const bytes = Buffer.from([pair >> 8, pair & 0xff, ...rest]);
        let expected: string | undefined;
        try {
          expected = platform.decode(bytes);
        } catch {
          expected = undefined;
        }
        assert.ok(decodeText(bytes, 0, bytes.length) === expected, bytes.toString('hex'));
      }
    }
  });
});
