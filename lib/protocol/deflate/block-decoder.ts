/**
 * DEFLATE blocks -> bytes (RFC 1951 §3.2), for messages that are too small for what a call of zlib costs. What it
 * accepts and how it refuses the rest is zlib's, word for word: `spec/fuzz/targets/blocks.ts` compares them.
 */
import { Buffer } from 'node:buffer';
import type { Budget } from '../framing/budget.js';
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
  longestLengthCode,
  longestMatch,
  repeatBase,
  repeatExtra,
  repeatLength,
} from './alphabets.js';
import { HuffmanDecoder } from './huffman-decoder.js';
import { failData, failSize } from './inflate-failures.js';
import type { SlidingWindow } from './sliding-window.js';

/** The longest reference of DEFLATE (RFC 1951 §2), and so the largest ring that decoding needs. */
const furthest = 32_768;

/** Most symbols of a text have codes of at most so many bits; the table is built for each block with codes of its own. */
const literalRootBits = 9;
const distanceRootBits = 8;
const literalMask = (1 << literalRootBits) - 1;
const distanceMask = (1 << distanceRootBits) - 1;

/** What the tables of a block cost of the budget. */
const tablesCost = 4000;

/** zlib's words for data that ends too soon. */
const cutShort = 'unexpected end of file';

/** Reading the next bits may look at so many bytes behind the end; what stands there changes nothing. */
const lookAhead = 8;

/** What bounds a piece of a message. */
export interface PieceBounds {
  /** Bytes that may still come out of it. */
  readonly room: number;
  /** Bytes that the whole message may have, and its place in what the peer sent, for the violation. */
  readonly maxSize: number;
  readonly offset: number;
}

/** Holds nothing between two calls: all connections share one. */
export class BlockDecoder {
  /** Where the data is put before it is decoded. */
  readonly input: Buffer;
  readonly #view: DataView;
  readonly #fixedLiterals = new HuffmanDecoder(literalRootBits, fixedLiteralLengths.length);
  readonly #fixedDistances = new HuffmanDecoder(distanceRootBits, fixedDistanceLengths.length);
  readonly #codeLengths = new HuffmanDecoder(longestLengthCode, codeLengthSymbols);
  readonly #literals = new HuffmanDecoder(literalRootBits, literalSymbols);
  readonly #distances = new HuffmanDecoder(distanceRootBits, distanceSymbols);
  readonly #lengths = new Uint8Array(literalSymbols + distanceSymbols);

  /** Positions in the data, in bits: of the next one, and of the end. */
  #bit = 0;
  #endBit = 0;

  #window: SlidingWindow | undefined;
  #bounds: PieceBounds | undefined;
  /** Positions in the text: of the next byte, of the first one that is not in `#pieces`, and where `#makeRoom` is due. */
  #at = 0;
  #taken = 0;
  #stop = 0;
  #pieces: Buffer[] = [];

  /** @param size the longest data that it takes */
  constructor(size: number) {
    this.input = Buffer.alloc(size + lookAhead);
    this.#view = new DataView(this.input.buffer, this.input.byteOffset, this.input.length);
    this.#fixedLiterals.build(Uint8Array.from(fixedLiteralLengths), 0, fixedLiteralLengths.length, false);
    this.#fixedDistances.build(Uint8Array.from(fixedDistanceLengths), 0, fixedDistanceLengths.length, false);
  }

  /** Where the last call has stopped reading. */
  get position(): number {
    return (this.#bit + 7) >>> 3;
  }

  /**
   * Decodes `input[start…end)` up to and including the first final block, behind the text in `window`.
   *
   * @param budget is charged with what no byte pays for: the tables
   * @throws {Violation} `deflate-data`, `message-size`
   */
  decode(start: number, end: number, window: SlidingWindow, bounds: PieceBounds, budget: Budget): Buffer {
    this.#bit = 8 * start;
    this.#endBit = 8 * end;
    this.#window = window;
    this.#bounds = bounds;
    this.#at = window.position;
    this.#taken = window.position;
    this.#stop = 0;
    try {
      for (let isFinal = false; !isFinal; ) isFinal = this.#block(budget);
      if (this.#at - window.position > bounds.room) failSize(bounds.maxSize, bounds.offset);
      const last = window.copy(this.#taken, this.#at);
      window.advance(this.#at);
      return this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
    } finally {
      this.#window = undefined;
      if (this.#pieces.length > 0) this.#pieces = [];
    }
  }

  /** RFC 1951 §3.2.3: BFINAL, BTYPE, and what the type says. @returns whether it is the final one */
  #block(budget: Budget): boolean {
    const header = this.#bits(3);
    const type = header >> 1;
    if (type === 0) this.#storedBlock();
    else if (type === 1) this.#symbols(this.#fixedLiterals, this.#fixedDistances);
    else if (type === 2) {
      budget.left -= tablesCost;
      this.#readCodes();
      this.#symbols(this.#literals, this.#distances);
    } else this.#fail('invalid block type');
    return (header & 1) === 1;
  }

  #fail(got: string): never {
    failData(got, this.#bounds!.offset);
  }

  /** The next `count` bits, at most 25, the first of them lowest (RFC 1951 §3.1.1). */
  #bits(count: number): number {
    const bit = this.#bit;
    this.#bit = bit + count;
    if (this.#bit > this.#endBit) this.#fail(cutShort);
    return (this.#view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << count) - 1);
  }

  /** Has room in the ring for one more match, and sets `#stop` to where there is none left. */
  #makeRoom(): void {
    const window = this.#window!;
    const { room, maxSize, offset } = this.#bounds!;
    const start = window.position;
    const at = this.#at;
    if (at - start > room) failSize(maxSize, offset);
    const held = window.size + at - start;
    window.reserve(Math.min(furthest, held + longestMatch), at, Math.min(held, window.ring.length));
    const { length } = window.ring;
    if (length < furthest) {
      // Nothing may be lost that the data can refer to.
      this.#stop = at + length - held - longestMatch + 1;
    } else {
      if (at - this.#taken > length - longestMatch) {
        this.#pieces.push(window.copy(this.#taken, at));
        this.#taken = at;
      }
      this.#stop = this.#taken + length - longestMatch + 1;
    }
    this.#stop = Math.min(this.#stop, start + room + 1);
  }

  /** RFC 1951 §3.2.4: a block that is not compressed. */
  #storedBlock(): void {
    this.#bit = (this.#bit + 7) & ~7; // "Any bits of input up to the next byte boundary are ignored."
    const length = this.#bits(16);
    if ((this.#bits(16) ^ length) !== 0xffff) this.#fail('invalid stored block lengths');
    let from = this.#bit >>> 3;
    const end = Math.min(from + length, this.#endBit >>> 3);
    while (from < end) {
      if (this.#at >= this.#stop) this.#makeRoom();
      const { ring } = this.#window!;
      const until = Math.min(end, from + longestMatch);
      while (from < until) ring[this.#at++ & (ring.length - 1)] = this.input[from++]!;
    }
    this.#bit += 8 * length;
    if (this.#bit > this.#endBit) this.#fail(cutShort);
  }

  /** RFC 1951 §3.2.7: the codes of a block that has its own. */
  #readCodes(): void {
    const counts = this.#bits(14);
    const literals = (counts & 31) + 257;
    const distances = ((counts >> 5) & 31) + 1;
    if (literals > literalSymbols || distances > distanceSymbols) this.#fail('too many length or distance symbols');
    const lengths = this.#lengths.fill(0);
    const written = (counts >> 10) + 4;
    for (let index = 0; index < written; index++) lengths[codeLengthOrder[index]!] = this.#bits(3);
    if (!this.#codeLengths.build(lengths, 0, codeLengthSymbols, false)) this.#fail('invalid code lengths set');
    this.#readLengths(lengths, literals + distances);
    if (lengths[endOfBlock] === 0) this.#fail('invalid code -- missing end-of-block');
    if (!this.#literals.build(lengths, 0, literals, true)) this.#fail('invalid literal/lengths set');
    if (!this.#distances.build(lengths, literals, literals + distances, true)) this.#fail('invalid distances set');
  }

  /** "The code lengths form a single sequence of HLIT + HDIST + 258 values": a repetition may cross from one to the other. */
  #readLengths(lengths: Uint8Array, count: number): void {
    const { table } = this.#codeLengths;
    let have = 0;
    while (have < count) {
      const bit = this.#bit;
      const entry = table[(this.#view.getUint32(bit >>> 3, true) >>> (bit & 7)) & (table.length - 1)]!;
      this.#bit = bit + (entry & 15);
      if (this.#bit > this.#endBit) this.#fail(cutShort);
      const symbol = entry >> 4;
      if (symbol < repeatLength) {
        lengths[have++] = symbol;
        continue;
      }
      const kind = symbol - repeatLength;
      if (kind === repeatExtra.length) {
        lengths[have++] = 0; // zlib takes a code without any symbol for zeros: no end of a block comes of them
        continue;
      }
      const times = repeatBase[kind]! + this.#bits(repeatExtra[kind]!);
      if ((kind === 0 && have === 0) || have + times > count) this.#fail('invalid bit length repeat');
      const repeated = kind === 0 ? lengths[have - 1]! : 0;
      for (const end = have + times; have < end; have++) lengths[have] = repeated;
    }
  }

  /** RFC 1951 §3.2.3: "decode literal/length value from input stream", up to the end of the block. */
  #symbols(literals: HuffmanDecoder, distances: HuffmanDecoder): void {
    const view = this.#view;
    const endBit = this.#endBit;
    const window = this.#window!;
    const literalTable = literals.table;
    const distanceTable = distances.table;
    const start = window.position - window.size;
    let { ring } = window;
    let mask = ring.length - 1;
    let bit = this.#bit;
    let at = this.#at;
    let stop = this.#stop;
    for (;;) {
      if (at >= stop) {
        this.#at = at;
        this.#makeRoom();
        stop = this.#stop;
        ring = window.ring;
        mask = ring.length - 1;
      }
      // 25 bits at least: a code of 15 and the 5 bits of a length.
      let bits = view.getUint32(bit >>> 3, true) >>> (bit & 7);
      let entry = literalTable[bits & literalMask]!;
      if (entry === 0) entry = literals.long(bits);
      const used = entry & 15;
      bit += used;
      if (bit > endBit) this.#fail(cutShort);
      const symbol = entry >> 4;
      if (symbol < endOfBlock) {
        ring[at++ & mask] = symbol;
        continue;
      }
      if (symbol === endOfBlock) break;
      const kind = symbol - firstLength;
      if (kind >= lengthBase.length) this.#fail('invalid literal/length code');
      const length = lengthBase[kind]! + ((bits >>> used) & ((1 << lengthExtra[kind]!) - 1));
      bit += lengthExtra[kind]!;
      bits = view.getUint32(bit >>> 3, true) >>> (bit & 7);
      entry = distanceTable[bits & distanceMask]!;
      if (entry === 0) entry = distances.long(bits);
      bit += entry & 15;
      if (bit > endBit) this.#fail(cutShort);
      const far = entry >> 4;
      if (far >= distanceSymbols) this.#fail('invalid distance code');
      bits = view.getUint32(bit >>> 3, true) >>> (bit & 7);
      const distance = distanceBase[far]! + (bits & ((1 << distanceExtra[far]!) - 1));
      bit += distanceExtra[far]!;
      if (bit > endBit) this.#fail(cutShort);
      if (distance > at - start) this.#fail('invalid distance too far back');
      let from = at - distance;
      for (const end = at + length; at < end; ) ring[at++ & mask] = ring[from++ & mask]!;
    }
    this.#bit = bit;
    this.#at = at;
    this.#stop = stop;
  }
}
