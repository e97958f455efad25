import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HuffmanEncoder } from '../../../lib/protocol/deflate/huffman-encoder.js';
import { seeded } from '../random.js';

/** Bits of all symbols by Huffman's own method. */
function leastBits(times: readonly number[]): number {
  const nodes = times.filter((count) => count > 0).sort((a, b) => a - b);
  let bits = 0;
  while (nodes.length > 1) {
    const sum = nodes.shift()! + nodes.shift()!;
    bits += sum;
    nodes.push(sum);
    nodes.sort((a, b) => a - b);
  }
  return bits;
}

function build(times: readonly number[], longest: number): { bits: number; kraft: number; lengths: Uint8Array } {
  const encoder = new HuffmanEncoder(times.length, longest);
  encoder.build(Uint16Array.from(times));
  const { lengths } = encoder;
  const bits = lengths.reduce((sum, length, symbol) => sum + length * times[symbol]!, 0);
  const kraft = lengths.reduce((sum, length) => sum + (length > 0 ? 2 ** -length : 0), 0);
  for (const [symbol, length] of lengths.entries()) {
    assert.equal(length > 0, times[symbol]! > 0, `symbol ${symbol}`);
    assert.ok(length <= longest);
  }
  return { bits, kraft, lengths };
}

describe('making a prefix code', () => {
  it('takes as few bits as any can, and leaves none unused', () => {
    const next = seeded(7);
    for (let round = 0; round < 100; round++) {
      const symbols = 2 + (next() % 284);
      const times = Array.from({ length: symbols }, () => (next() % 4 === 0 ? 0 : 1 + (next() % (1 + (next() % 60)))));
      if (times.filter((count) => count > 0).length < 2) continue;
      const { bits, kraft } = build(times, 15);
      assert.equal(bits, leastBits(times));
      assert.equal(kraft, 1);
    }
  });

  it('keeps to the longest code that is allowed, where the shortest would have longer ones', () => {
    const fibonacci = [1, 1];
    while (fibonacci.length < 17) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
    for (const longest of [15, 12, 7, 5]) {
      const { bits, kraft } = build(fibonacci, longest);
      assert.equal(kraft, 1);
      assert.ok(bits >= leastBits(fibonacci) && bits <= 1.6 * leastBits(fibonacci), `${longest}: ${bits}`);
    }
    assert.equal(build(Array<number>(32).fill(1), 5).bits, 160);
  });

  it('of one symbol takes a bit, of none nothing (RFC 1951 §3.2.7)', () => {
    assert.deepEqual([...build([0, 9, 0], 15).lengths], [0, 1, 0]);
    assert.deepEqual([...build([0, 0], 15).lengths], [0, 0]);
  });

  it('gives the codes of the example in RFC 1951 §3.2.2, their first bit lowest', () => {
    const encoder = new HuffmanEncoder(8, 15);
    encoder.lengths.set([3, 3, 3, 3, 3, 2, 4, 4]);
    encoder.assign();
    const shown = Array.from(encoder.codes, (code, symbol) =>
      [...code.toString(2).padStart(encoder.lengths[symbol]!, '0')].reverse().join(''),
    );
    assert.deepEqual(shown, ['010', '011', '100', '101', '110', '00', '1110', '1111']);
  });
});
