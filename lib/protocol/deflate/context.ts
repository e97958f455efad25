/**
 * The compression of one direction (RFC 7692 §7.2), a message at a time and synchronous. No zlib state lives between
 * messages: the LZ77 window that context takeover keeps is the end of the plain text so far, and giving that to zlib as
 * a dictionary is the same thing. So a connection holds at most a window in each direction, and nothing until it has
 * had a compressed message.
 */
import { Buffer, constants } from 'node:buffer';
import type { Budget } from '../framing/budget.js';
import { Violation } from '../rules.js';

/** What is used of `node:zlib`. Passed in, so that zlib is loaded only when compression is switched on. */
export type Zlib = Pick<typeof import('node:zlib'), 'constants' | 'deflateRawSync' | 'inflateRawSync'>;

/** What was agreed on for one direction. */
export interface DeflateDirection {
  /** Base-2 logarithm of the LZ77 window, 8 to 15. */
  readonly windowBits: number;
  /** Whether a message may refer back to the messages before it. */
  readonly contextTakeover: boolean;
}

const empty: Buffer = Buffer.alloc(0);

/** How a sync flush ends; RFC 7692 §7.2.1 has the sender remove it and §7.2.2 the receiver put it back. */
const flushMark: readonly number[] = [0x00, 0x00, 0xff, 0xff];

/**
 * Our addition behind it: an empty final block. zlib then reports whether the data was complete and how much of it
 * was read; without, it would take a message that was cut short for a whole one.
 */
const finalBlock: readonly number[] = [0x01, 0x00, 0x00, 0xff, 0xff];

/**
 * How far a message looks back at most: this much, or this many times its own size when that is more. zlib has to index
 * a dictionary before it compresses, and with a whole window that takes longer than a small message itself
 * (`bench/deflate.ts`).
 */
const leastReach = 8192;
const reachFactor = 4;

/** A message may contain final blocks (RFC 7692 §7.2.3.5): this many, empty ones included … */
const maxFinalBlocks = 1024;
/** … and this many for zlib, which is called anew behind each: 128 calls take some 4 ms. */
const maxCalls = 128;

/** What a call of zlib costs of the budget, whatever it is given: it makes and frees a state of 40 KiB. */
const callCost = 30_000;
/** What a byte of data costs, tables of Huffman codes for a dozen bytes included, and a byte that comes out of it. */
const dataCost = 50;
const outputCost = 3;

/** zlib's output comes in pieces of this size: small for small messages, since zlib makes the first one in any case. */
const smallestChunk = 1024;
const largestChunk = 65536;

/** The last bytes of a plain text. Grows with the text up to its capacity; empty, it holds no memory. */
class SlidingWindow {
  readonly #capacity: number;
  #store: Buffer = empty;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** A view that is good until the next `push`. */
  get bytes(): Buffer {
    return this.#store.subarray(0, this.#size);
  }

  push(bytes: Uint8Array): void {
    const { length } = bytes;
    const kept = Math.max(0, Math.min(this.#size, this.#capacity - length));
    const added = Math.min(length, this.#capacity);
    const before = this.#store;
    if (kept + added > before.length) {
      const doubled = Math.max(smallestChunk, 2 * (kept + added));
      this.#store = Buffer.allocUnsafeSlow(Math.min(this.#capacity, doubled));
    }
    before.copy(this.#store, 0, this.#size - kept, this.#size);
    this.#store.set(added === length ? bytes : bytes.subarray(length - added), kept);
    this.#size = kept + added;
  }

  clear(): void {
    this.#store = empty;
    this.#size = 0;
  }
}

function chunkSize(size: number): number {
  return Math.max(smallestChunk, Math.min(size, largestChunk));
}

/** The direction in which we send. */
export class DeflateContext {
  readonly #zlib: Zlib;
  readonly #direction: DeflateDirection;
  readonly #level: number;
  readonly #window: SlidingWindow;
  /** Whether a message in pieces has had data: the end of its last flush was removed, and is due before the next. */
  #inPieces = false;

  constructor(zlib: Zlib, direction: DeflateDirection, level: number) {
    this.#zlib = zlib;
    this.#direction = direction;
    this.#level = level;
    this.#window = new SlidingWindow(1 << direction.windowBits);
  }

  /**
   * Compresses a message (RFC 7692 §7.2.1). `undefined` when it would not get smaller: then it is to be sent as it is,
   * which §6 leaves to the sender for each message, and no later message refers to it.
   */
  deflate(bytes: Uint8Array): Buffer | undefined {
    const data = this.#flushed(bytes);
    if (data.length >= bytes.length) return undefined;
    if (this.#direction.contextTakeover) this.#window.push(bytes);
    return data;
  }

  /**
   * Compresses the next piece of a message, and flushes it: whatever is done with the frames, the receiver can read what
   * has arrived. The window holds the pieces before, even where it does not outlast the message.
   */
  deflatePiece(bytes: Uint8Array, last: boolean): Buffer {
    const begins = !this.#inPieces;
    let data = empty;
    if (bytes.length > 0) {
      const flushed = this.#flushed(bytes);
      data = begins ? flushed : Buffer.concat([Buffer.from(flushMark), flushed]);
      this.#window.push(bytes);
      this.#inPieces = true;
    }
    if (!last) return data;
    if (!this.#inPieces) data = Buffer.of(0); // RFC 7692 §7.2.3.6: an empty message
    this.#inPieces = false;
    if (!this.#direction.contextTakeover) this.#window.clear();
    return data;
  }

  /** The compressed bytes, without the end of the flush behind them. */
  #flushed(bytes: Uint8Array): Buffer {
    const { windowBits } = this.#direction;
    const dictionary = this.#window.bytes.subarray(-Math.max(leastReach, reachFactor * bytes.length));
    const data = this.#zlib.deflateRawSync(bytes, {
      level: this.#level,
      // Of 8 zlib makes 9, and by looking back at most 512 − 262 bytes it keeps to a window of 256 all the same: see
      // createDeflateRaw in Node's documentation and deflateSetDictionary in zlib.h.
      windowBits,
      finishFlush: this.#zlib.constants.Z_SYNC_FLUSH,
      chunkSize: chunkSize(bytes.length),
      ...(dictionary.length > 0 && { dictionary }),
    });
    return data.subarray(0, data.length - flushMark.length);
  }
}

/**
 * How many bytes of empty blocks the data begins with, at the boundary of a byte, and how many of them are final. They
 * say nothing, and a call of zlib for each would take as long as one for a message.
 */
function emptyBlocksAt(bytes: Buffer): { size: number; finalBlocks: number } {
  let at = 0;
  let finalBlocks = 0;
  while (at < bytes.length && finalBlocks <= maxFinalBlocks) {
    const first = bytes[at]!;
    // RFC 1951 §3.2.3: BFINAL, then BTYPE. The end of a fixed block is 7 bits of 0; what is left of a byte is padding.
    if (first === 3 && (bytes[at + 1]! & 3) === 0) {
      at += 2;
      finalBlocks++;
    } else if ((first & 6) === 0 && isEmptyStored(bytes, at + 1)) {
      at += 5;
      finalBlocks += first & 1;
    } else break;
  }
  return { size: at, finalBlocks };
}

/** Whether the length of a stored block is 0, and its complement is right. */
function isEmptyStored(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 0xff && bytes[at + 3] === 0xff;
}

function tooMany(most: number, what: string, offset: number): never {
  throw new Violation('deflate-data', 'more', offset, `a message has at most ${most} ${what}`);
}

/** The direction in which we receive. */
export class InflateContext {
  readonly #zlib: Zlib;
  readonly #contextTakeover: boolean;
  readonly #window: SlidingWindow;

  constructor(zlib: Zlib, direction: DeflateDirection) {
    this.#zlib = zlib;
    this.#contextTakeover = direction.contextTakeover;
    this.#window = new SlidingWindow(1 << direction.windowBits);
  }

  /**
   * Decompresses a message (RFC 7692 §7.2.2).
   *
   * @param offset where the message stands in what the peer sent, for the violation
   * @param budget is charged with what it took
   * @throws {Violation} `deflate-data`; `message-size` as soon as more than `maxSize` bytes have come out
   */
  inflate(bytes: Uint8Array, maxSize: number, offset: number, budget: Budget): Buffer {
    // RFC 7692 §7.2.3.6 has an empty message be the byte 0x00. No byte at all says it as clearly, and occurs.
    if (bytes.length === 0) return empty;
    let rest = Buffer.allocUnsafe(bytes.length + flushMark.length + finalBlock.length);
    rest.set(bytes);
    rest.set(flushMark, bytes.length);
    rest.set(finalBlock, bytes.length + flushMark.length);
    const pieces: Buffer[] = [];
    let size = 0;
    let finalBlocks = 0;
    while (rest.length > 0 && rest.length !== flushMark.length + finalBlock.length) {
      const skipped = emptyBlocksAt(rest);
      finalBlocks += skipped.finalBlocks;
      rest = rest.subarray(skipped.size);
      budget.left -= skipped.size * dataCost;
      if (finalBlocks > maxFinalBlocks) tooMany(maxFinalBlocks, 'final blocks', offset);
      if (skipped.size > 0) continue;
      if (pieces.length === maxCalls) tooMany(maxCalls, 'final blocks that are not empty', offset);
      const { buffer, read } = this.#inflatePiece(rest, maxSize, maxSize - size, offset);
      budget.left -= callCost + read * dataCost + buffer.length * outputCost;
      pieces.push(buffer);
      size += buffer.length;
      finalBlocks++;
      rest = rest.subarray(read);
      if (this.#contextTakeover || rest.length > 0) this.#window.push(buffer);
    }
    if (!this.#contextTakeover) this.#window.clear();
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size);
  }

  /** Decompresses up to and including the first final block. */
  #inflatePiece(bytes: Buffer, maxSize: number, room: number, offset: number): { buffer: Buffer; read: number } {
    const dictionary = this.#window.bytes;
    try {
      const output = this.#zlib.inflateRawSync(bytes, {
        info: true,
        // Zero is not accepted, and a byte too much is noticed below.
        maxOutputLength: Math.min(Math.max(1, room), constants.MAX_LENGTH),
        chunkSize: chunkSize(4 * bytes.length),
        ...(dictionary.length > 0 && { dictionary }),
      }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }; // what `info` returns, and no type says
      if (output.buffer.length <= room) return { buffer: output.buffer, read: output.engine.bytesWritten };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') throw new Violation('deflate-data', message, offset);
      if (code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    }
    const expected = `a message has at most ${maxSize} bytes (maxMessageSize)`;
    throw new Violation('message-size', 'more after decompression', offset, expected);
  }
}
