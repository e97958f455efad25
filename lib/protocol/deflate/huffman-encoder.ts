/** The prefix code that makes given symbols shortest, within DEFLATE's bounds (RFC 1951 §3.2.2). */

/** Codes of an alphabet, to write with: filled by `build`, good until the next one. */
export class HuffmanEncoder {
  /** By symbol: the bits of its code, 0 when it does not occur. */
  readonly lengths: Uint8Array;
  /** By symbol: its code, first bit lowest, as it is written (RFC 1951 §3.1.1). */
  readonly codes: Uint16Array;
  readonly #longest: number;
  /** The symbols that occur, as `times << symbolBits | symbol`, which sorts them by how often they do. */
  readonly #sorted: Uint32Array;
  readonly #weights: Uint32Array;
  readonly #counts: Uint16Array;
  readonly #next: Uint16Array;

  /** @param longest bits that a code may have */
  constructor(symbols: number, longest: number) {
    this.lengths = new Uint8Array(symbols);
    this.codes = new Uint16Array(symbols);
    this.#longest = longest;
    this.#sorted = new Uint32Array(symbols);
    this.#weights = new Uint32Array(symbols);
    this.#counts = new Uint16Array(longest + 1);
    this.#next = new Uint16Array(longest + 2);
  }

  /** @param times how often each symbol occurs; a symbol that occurs alone gets a code of one bit (RFC 1951 §3.2.7) */
  build(times: Uint16Array): void {
    this.lengths.fill(0);
    let used = 0;
    for (let symbol = 0; symbol < times.length; symbol++) {
      if (times[symbol] !== 0) this.#sorted[used++] = (times[symbol]! << symbolBits) | symbol;
    }
    const sorted = this.#sorted;
    sorted.subarray(0, used).sort();
    const counts = this.#counts.fill(0);
    if (used === 1) counts[1] = 1;
    else if (used > 1) {
      treeDepths(sorted, used, this.#weights);
      for (let index = 0; index < used; index++) counts[Math.min(this.#longest, this.#weights[index]!)]!++;
      limitLengths(counts, this.#longest);
    }
    // The rarest come first and get the longest codes.
    for (let bits = this.#longest, index = 0; bits > 0; bits--) {
      for (let left = counts[bits]!; left > 0; left--) this.lengths[sorted[index++]! & symbolMask] = bits;
    }
    this.assign();
  }

  /** RFC 1951 §3.2.2: the codes that follow from `lengths`. */
  assign(): void {
    const { lengths, codes } = this;
    const next = this.#next.fill(0);
    for (const bits of lengths) if (bits > 0) next[bits + 1]!++;
    for (let bits = 1; bits <= this.#longest; bits++) next[bits + 1] = (next[bits]! + next[bits + 1]!) << 1;
    for (let bits = 1; bits <= this.#longest; bits++) next[bits] = reversed(next[bits]!, bits);
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const bits = lengths[symbol]!;
      if (bits === 0) continue;
      const code = next[bits]!;
      codes[symbol] = code;
      // One more, counted from the other end.
      let carry = 1 << (bits - 1);
      while ((code & carry) !== 0) carry >>= 1;
      next[bits] = (code & (carry - 1)) | carry;
    }
  }
}

const symbolBits = 9;
const symbolMask = (1 << symbolBits) - 1;

/**
 * The depth of each symbol in a Huffman tree, in place, by Moffat and Katajainen ("In-Place Calculation of Minimum-Redundancy
 * Codes", 1995): pairs the two lightest nodes until one is left, then goes from the root to the leaves.
 */
function treeDepths(sorted: Uint32Array, count: number, nodes: Uint32Array): void {
  for (let index = 0; index < count; index++) nodes[index] = sorted[index]! >>> symbolBits;
  // 1: `nodes[0…next)` are inner nodes, by weight until they have a parent, then by its index.
  nodes[0]! += nodes[1]!;
  let root = 0;
  let leaf = 2;
  for (let next = 1; next < count - 1; next++) {
    let weight = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf >= count || (root < next && nodes[root]! < nodes[leaf]!)) {
        weight += nodes[root]!;
        nodes[root++] = next;
      } else weight += nodes[leaf++]!;
    }
    nodes[next] = weight;
  }
  // 2: the depths of the inner nodes.
  nodes[count - 2] = 0;
  for (let next = count - 3; next >= 0; next--) nodes[next] = nodes[nodes[next]!]! + 1;
  // 3: the depths of the leaves: those places of a level that no inner node has.
  let places = 1;
  let inner = count - 2;
  let at = count - 1;
  for (let depth = 0; places > 0; depth++) {
    let taken = 0;
    while (inner >= 0 && nodes[inner] === depth) {
      taken++;
      inner--;
    }
    for (; places > taken; places--) nodes[at--] = depth;
    places = 2 * taken;
  }
}

/**
 * Codes that are too long have been cut to the longest allowed, which may be more of them than bits can tell apart
 * (Kraft's inequality). Makes one more of those shorter ones long that costs least, until they can.
 */
function limitLengths(counts: Uint16Array, longest: number): void {
  let total = 0;
  for (let bits = 1; bits <= longest; bits++) total += counts[bits]! << (longest - bits);
  for (; total > 1 << longest; total--) {
    counts[longest]!--;
    let bits = longest - 1;
    while (counts[bits] === 0) bits--;
    counts[bits]!--;
    counts[bits + 1]! += 2;
  }
}

function reversed(code: number, bits: number): number {
  let result = 0;
  for (let left = bits; left > 0; left--) {
    result = (result << 1) | (code & 1);
    code >>= 1;
  }
  return result;
}
