/** A prefix code of DEFLATE, given by the lengths of its codes (RFC 1951 §3.2.2), ready to decode. */
import { longestCode } from './alphabets.js';

/**
 * Symbols are looked up by the next bits of the data: short codes in one table, which holds each as often as there are
 * bits that may follow it; the few longer ones by counting codes. An entry is `symbol << 4 | bits of its code`.
 */
export class HuffmanDecoder {
  /** By the next `rootBits` bits: an entry; 0 for a code that is longer. */
  readonly table: Uint16Array;
  readonly #rootBits: number;
  /** How many codes there are of each length. */
  readonly #counts = new Uint16Array(longestCode + 1);
  /** The symbols in the order of their codes. */
  readonly #symbols: Uint16Array;
  readonly #next = new Uint16Array(longestCode + 2);
  /** What stands for a code that no symbol has. */
  readonly #unused: number;

  /** @param symbols size of the alphabet; as a symbol, that number stands for a code that is not in use */
  constructor(rootBits: number, symbols: number) {
    this.#rootBits = rootBits;
    this.table = new Uint16Array(1 << rootBits);
    this.#symbols = new Uint16Array(symbols);
    this.#unused = (symbols << 4) | 1;
  }

  /**
   * Takes the code whose lengths are `lengths[start…end)`; 0 for a symbol that does not occur.
   *
   * @param mayBeSingle whether one code of one bit will do (RFC 1951 §3.2.7); otherwise all bits have to be in use
   * @returns whether it is a code: no more codes than bits can tell apart, and no fewer
   */
  build(lengths: Uint8Array, start: number, end: number, mayBeSingle: boolean): boolean {
    const counts = this.#counts.fill(0);
    for (let at = start; at < end; at++) counts[lengths[at]!]!++;
    const used = end - start - counts[0]!;
    counts[0] = 0;
    // RFC 1951 §3.2.2, step 2: codes of one length follow those of the length before; `left` is what remains of them.
    const next = this.#next.fill(0);
    let left = 1;
    for (let bits = 1; bits <= longestCode; bits++) {
      left = 2 * left - counts[bits]!;
      if (left < 0) return false;
      next[bits + 1] = next[bits]! + counts[bits]!;
    }
    if (left > 0 && used > 0 && !(mayBeSingle && used === 1 && counts[1] === 1)) return false;
    for (let at = start; at < end; at++) {
      const bits = lengths[at]!;
      if (bits !== 0) this.#symbols[next[bits]!++] = at - start;
    }
    this.#fill(left > 0 ? this.#unused : 0);
    return true;
  }

  /** @param rest the entry of whatever bits no short code begins */
  #fill(rest: number): void {
    const { table } = this;
    const { length } = table;
    table.fill(rest);
    let index = 0;
    // Huffman codes come with their first bit lowest (RFC 1951 §3.1.1), so they are counted up from the other end.
    let code = 0;
    for (let bits = 1; bits <= this.#rootBits; bits++) {
      for (let left = this.#counts[bits]!; left > 0; left--) {
        const entry = (this.#symbols[index++]! << 4) | bits;
        for (let at = code; at < length; at += 1 << bits) table[at] = entry;
        let carry = 1 << (bits - 1);
        while ((code & carry) !== 0) carry >>= 1;
        code = (code & (carry - 1)) | carry;
      }
    }
  }

  /** The entry of a code that is longer than `rootBits`, from the next 15 bits. */
  long(bits: number): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let size = 1; size <= longestCode; size++) {
      code |= (bits >>> (size - 1)) & 1;
      const count = this.#counts[size]!;
      if (code - first < count) return (this.#symbols[index + code - first]! << 4) | size;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return this.#unused;
  }
}
