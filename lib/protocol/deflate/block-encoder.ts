/** A small message -> one DEFLATE block, ended as RFC 7692 §7.2.1 says, for what a call of zlib costs more. */
import type { Buffer } from 'node:buffer';
import {
  codeLengthOrder,
  codeLengthSymbols,
  distanceBase,
  distanceExtra,
  distanceSymbols,
  endOfBlock,
  firstLength,
  fixedDistanceLengths,
  fixedLiteralLengths,
  lengthBase,
  lengthExtra,
  literalSymbols,
  longestCode,
  longestLengthCode,
  longestMatch,
  repeatBase,
  repeatExtra,
  repeatLength,
  repeatZero,
  repeatZeroLong,
} from './alphabets.js';
import { BitWriter } from './bit-writer.js';
import { HuffmanEncoder } from './huffman-encoder.js';
import { MatchFinder, type MatchTable } from './match-finder.js';
import type { SlidingWindow } from './sliding-window.js';

/** Bytes of a block from which on codes of its own are tried: they take 40 and more, and time to make. */
const leastOwnCodes = 128;
/** Bits of such a code: longer ones gain nothing at this size, and with the bits behind them would not fit one write. */
const longestOwnCode = 12;

/** By length: its symbol (RFC 1951 §3.2.5). */
const lengthSymbol: readonly number[] = Array.from({ length: longestMatch + 1 }, (_, length) =>
  length < lengthBase[0]! ? 0 : firstLength + lengthBase.findLastIndex((least) => least <= length),
);

/** The symbol of a distance: two for each power of two (RFC 1951 §3.2.5). */
function distanceSymbol(distance: number): number {
  if (distance <= 4) return distance - 1;
  const bits = 30 - Math.clz32(distance - 1);
  return 2 * bits + ((distance - 1) >> bits);
}

function fixedCode(lengths: readonly number[]): HuffmanEncoder {
  const code = new HuffmanEncoder(lengths.length, longestCode);
  code.lengths.set(lengths);
  code.assign();
  return code;
}

/** Holds nothing between two messages: all connections share one. */
export class BlockEncoder {
  readonly #finder: MatchFinder;
  readonly #writer: BitWriter;
  readonly #fixedLiterals = fixedCode(fixedLiteralLengths);
  readonly #fixedDistances = fixedCode(fixedDistanceLengths);
  readonly #literals = new HuffmanEncoder(literalSymbols, longestOwnCode);
  readonly #distances = new HuffmanEncoder(distanceSymbols, longestOwnCode);
  readonly #codeLengths = new HuffmanEncoder(codeLengthSymbols, longestLengthCode);
  readonly #literalTimes = new Uint16Array(literalSymbols);
  readonly #distanceTimes = new Uint16Array(distanceSymbols);
  readonly #codeLengthTimes = new Uint16Array(codeLengthSymbols);
  /** The lengths of both codes as symbols of the third alphabet: `bits behind << 8 | symbol`. */
  readonly #lengthTokens = new Uint16Array(literalSymbols + distanceSymbols);

  /** @param longest bytes of a message */
  constructor(longest: number) {
    this.#finder = new MatchFinder(longest);
    this.#writer = new BitWriter(longest + 64);
  }

  /**
   * Compresses a message behind the text in `window`; the ring has room for it. The caller advances the window.
   *
   * @param reach bytes that a reference may go back
   * @returns `undefined` when it does not get smaller
   */
  encode(bytes: Uint8Array, window: SlidingWindow, table: MatchTable, reach: number): Buffer | undefined {
    const count = this.#finder.find(bytes, window, table, reach);
    const extraBits = this.#count(count);
    const fixedBits =
      costOf(this.#literalTimes, this.#fixedLiterals) + costOf(this.#distanceTimes, this.#fixedDistances) + extraBits;
    let bits = fixedBits;
    let ownTokens = 0;
    if (fixedBits > 8 * leastOwnCodes) {
      this.#literals.build(this.#literalTimes);
      this.#distances.build(this.#distanceTimes);
      ownTokens = this.#writeLengths();
      bits =
        this.#headerBits(ownTokens) +
        costOf(this.#literalTimes, this.#literals) +
        costOf(this.#distanceTimes, this.#distances) +
        extraBits;
    }
    const own = bits < fixedBits;
    // The header of the block and that of the empty one behind it.
    if ((Math.min(bits, fixedBits) + 3 + 3 + 7) >> 3 >= bytes.length) return undefined;
    const writer = this.#writer;
    writer.start();
    // RFC 1951 §3.2.3: BFINAL 0 (RFC 7692 §7.2.1), BTYPE
    writer.write(own ? 0b100 : 0b010, 3);
    if (own) this.#writeHeader(ownTokens);
    if (own) this.#writeTokens(count, this.#literals, this.#distances);
    else this.#writeTokens(count, this.#fixedLiterals, this.#fixedDistances);
    // RFC 7692 §7.2.1: an empty block that is not compressed, without the 4 bytes 00 00 ff ff behind its header.
    writer.write(0, 3);
    return writer.end();
  }

  /** Counts symbols. @returns the bits behind them */
  #count(count: number): number {
    const literals = this.#literalTimes.fill(0);
    const distances = this.#distanceTimes.fill(0);
    const { tokens } = this.#finder;
    let extraBits = 0;
    for (let index = 0; index < count; index++) {
      const token = tokens[index]!;
      if (token < endOfBlock) {
        literals[token]!++;
        continue;
      }
      const length = lengthSymbol[token >>> 16]!;
      const distance = distanceSymbol(token & 0xffff);
      literals[length]!++;
      distances[distance]!++;
      extraBits += lengthExtra[length - firstLength]! + distanceExtra[distance]!;
    }
    literals[endOfBlock] = 1;
    return extraBits;
  }

  /** RFC 1951 §3.2.7: both codes' lengths as one sequence, repetitions written as such. @returns how many tokens */
  #writeLengths(): number {
    const times = this.#codeLengthTimes.fill(0);
    const literals = this.#literals.lengths;
    const distances = this.#distances.lengths;
    const literalCount = this.#literalCount;
    const total = literalCount + this.#distanceCount;
    const lengthAt = (at: number): number => (at < literalCount ? literals[at]! : distances[at - literalCount]!);
    const tokens = this.#lengthTokens;
    let count = 0;
    const add = (symbol: number, extra: number): void => {
      times[symbol]!++;
      tokens[count++] = (extra << 8) | symbol;
    };
    for (let at = 0; at < total; ) {
      const length = lengthAt(at);
      let run = 1;
      while (at + run < total && lengthAt(at + run) === length) run++;
      at += run;
      if (length > 0) {
        add(length, 0);
        run--;
      }
      while (run >= 3) {
        const symbol = length > 0 ? repeatLength : run <= 10 ? repeatZero : repeatZeroLong;
        const kind = symbol - repeatLength;
        const part = Math.min(run, repeatBase[kind]! + (1 << repeatExtra[kind]!) - 1);
        add(symbol, part - repeatBase[kind]!);
        run -= part;
      }
      for (; run > 0; run--) add(length, 0);
    }
    this.#codeLengths.build(times);
    return count;
  }

  /** Symbols up to the last one that occurs: at least 257 and 1 (RFC 1951 §3.2.7). */
  get #literalCount(): number {
    return usedOf(this.#literals.lengths, firstLength);
  }

  get #distanceCount(): number {
    return usedOf(this.#distances.lengths, 1);
  }

  get #codeLengthCount(): number {
    let count = codeLengthSymbols;
    while (count > 4 && this.#codeLengths.lengths[codeLengthOrder[count - 1]!] === 0) count--;
    return count;
  }

  /** What the codes of a block take: their numbers, the third code, and the other two written in it. */
  #headerBits(tokens: number): number {
    let bits = 14 + 3 * this.#codeLengthCount;
    for (let index = 0; index < tokens; index++) {
      const symbol = this.#lengthTokens[index]! & 0xff;
      bits += this.#codeLengths.lengths[symbol]! + (symbol < repeatLength ? 0 : repeatExtra[symbol - repeatLength]!);
    }
    return bits;
  }

  #writeHeader(tokens: number): void {
    const writer = this.#writer;
    const { lengths, codes } = this.#codeLengths;
    // RFC 1951 §3.2.7: HLIT, HDIST, HCLEN
    writer.write(this.#literalCount - 257, 5);
    writer.write(this.#distanceCount - 1, 5);
    const count = this.#codeLengthCount;
    writer.write(count - 4, 4);
    for (let index = 0; index < count; index++) writer.write(lengths[codeLengthOrder[index]!]!, 3);
    for (let index = 0; index < tokens; index++) {
      const token = this.#lengthTokens[index]!;
      const symbol = token & 0xff;
      writer.write(codes[symbol]!, lengths[symbol]!);
      if (symbol >= repeatLength) writer.write(token >> 8, repeatExtra[symbol - repeatLength]!);
    }
  }

  /** RFC 1951 §3.2.5: a length, then its distance, each followed by the bits behind it. */
  #writeTokens(count: number, literals: HuffmanEncoder, distances: HuffmanEncoder): void {
    const writer = this.#writer;
    const { tokens } = this.#finder;
    for (let index = 0; index < count; index++) {
      const token = tokens[index]!;
      if (token < endOfBlock) {
        writer.write(literals.codes[token]!, literals.lengths[token]!);
        continue;
      }
      const length = token >>> 16;
      const symbol = lengthSymbol[length]!;
      const kind = symbol - firstLength;
      let bits = literals.lengths[symbol]!;
      writer.write(literals.codes[symbol]! | ((length - lengthBase[kind]!) << bits), bits + lengthExtra[kind]!);
      const distance = token & 0xffff;
      const far = distanceSymbol(distance);
      bits = distances.lengths[far]!;
      writer.write(distances.codes[far]! | ((distance - distanceBase[far]!) << bits), bits + distanceExtra[far]!);
    }
    writer.write(literals.codes[endOfBlock]!, literals.lengths[endOfBlock]!);
  }
}

/** The bits of all symbols together. */
function costOf(times: Uint16Array, { lengths }: HuffmanEncoder): number {
  let bits = 0;
  for (let symbol = 0; symbol < times.length; symbol++) bits += times[symbol]! * lengths[symbol]!;
  return bits;
}

function usedOf(lengths: Uint8Array, least: number): number {
  let count = lengths.length;
  while (count > least && lengths[count - 1] === 0) count--;
  return count;
}
