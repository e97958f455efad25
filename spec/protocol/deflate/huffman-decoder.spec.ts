import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HuffmanDecoder } from '../../../lib/protocol/deflate/huffman-decoder.js';
import { HuffmanEncoder } from '../../../lib/protocol/deflate/huffman-encoder.js';
import { seeded } from '../random.js';

/** The symbol and the size of the code that the bits begin with. */
function decode(decoder: HuffmanDecoder, bits: number): [symbol: number, size: number] {
  const entry = decoder.table[bits & (decoder.table.length - 1)] || decoder.long(bits);
  return [entry >> 4, entry & 15];
}

describe('decoding a prefix code (RFC 1951 §3.2.2)', () => {
  it('the example there: lengths 3, 3, 3, 3, 3, 2, 4, 4', () => {
    const decoder = new HuffmanDecoder(3, 8);
    assert.ok(decoder.build(Uint8Array.of(3, 3, 3, 3, 3, 2, 4, 4), 0, 8, false));
    const codes = ['010', '011', '100', '101', '110', '00', '1110', '1111'];
    for (const [symbol, code] of codes.entries()) {
      const bits = Number.parseInt([...code].reverse().join(''), 2);
      for (const rest of [0, 0x7fff]) {
        assert.deepEqual(decode(decoder, bits | (rest << code.length)), [symbol, code.length], code);
      }
    }
  });

  it('any code, short and long ones, one after the other in the same decoder', () => {
    const next = seeded(5);
    const decoder = new HuffmanDecoder(9, 286);
    const encoder = new HuffmanEncoder(286, 15);
    for (let round = 0; round < 200; round++) {
      const spread = 1 + (next() % 12);
      const times = Uint16Array.from({ length: 286 }, () =>
        next() % 3 === 0 ? 0 : 1 + (2 ** (next() % spread) % 4000),
      );
      encoder.build(times);
      assert.ok(decoder.build(encoder.lengths, 0, 286, true));
      for (const [symbol, size] of encoder.lengths.entries()) {
        if (size === 0) continue;
        const bits = encoder.codes[symbol]! | ((next() << size) & 0x7fff);
        assert.deepEqual(decode(decoder, bits), [symbol, size]);
      }
    }
  });

  it('takes the part of the lengths that it is given', () => {
    const decoder = new HuffmanDecoder(2, 8);
    assert.ok(decoder.build(Uint8Array.of(7, 1, 2, 2, 7), 1, 4, false));
    assert.deepEqual(decode(decoder, 0b11), [2, 2]);
  });

  for (const [what, lengths, mayBeSingle, expected] of [
    ['too many codes', [1, 1, 1], true, false],
    ['too many long codes', [1, 2, 2, 15], true, false],
    ['codes that leave bits unused', [2, 2, 2], true, false],
    ['one code of two bits', [0, 2], true, false],
    ['one code of one bit where that may be', [0, 1], true, true],
    ['one code of one bit where it may not', [0, 1], false, false],
    ['no code at all', [0, 0], false, true],
  ] as const) {
    it(`${what}: ${expected ? 'taken' : 'refused'}`, () => {
      const decoder = new HuffmanDecoder(7, 4);
      assert.equal(decoder.build(Uint8Array.from(lengths), 0, lengths.length, mayBeSingle), expected);
    });
  }

  it('bits that are no code stand for a symbol behind the last', () => {
    const decoder = new HuffmanDecoder(7, 4);
    assert.ok(decoder.build(Uint8Array.of(0, 1), 0, 2, true));
    assert.deepEqual(decode(decoder, 0), [1, 1]);
    assert.deepEqual(decode(decoder, 1), [4, 1]);
    assert.ok(decoder.build(Uint8Array.of(0, 0), 0, 2, true));
    assert.deepEqual(decode(decoder, 0), [4, 1]);
  });
});
