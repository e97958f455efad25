/**
 * The compression of one direction (RFC 7692 §7.2), a message at a time and synchronous. Small messages are coded here,
 * large ones by zlib, whose call costs tens of microseconds however small the message (`bench/DECISIONS.md`). No zlib
 * state lives between messages: the LZ77 window that context takeover keeps is the end of the plain text so far, and
 * giving that to zlib as a dictionary is the same thing. So a connection holds at most a window in each direction and the
 * places of the one in which it sends, and nothing until it has had a compressed message.
 */
import { Buffer, constants } from 'node:buffer';
import type { InflateRaw } from 'node:zlib';
import type { Budget } from '../framing/budget.js';
import { Violation } from '../rules.js';
import { BlockDecoder, type PieceBounds } from './block-decoder.js';
import { BlockEncoder } from './block-encoder.js';
import { failData, failSize } from './inflate-failures.js';
import { MatchTable } from './match-finder.js';
import { SlidingWindow } from './sliding-window.js';

/** What is used of `node:zlib`. Passed in, so that zlib is loaded only when compression is switched on. */
export type Zlib = Pick<
  typeof import('node:zlib'),
  'constants' | 'createInflateRaw' | 'deflateRawSync' | 'inflateRawSync'
>;

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
const messageEnd: readonly number[] = [...flushMark, ...finalBlock];

/** Bytes of the longest message that is coded here; zlib is faster at large ones (`bench/DECISIONS.md`). */
const smallMessage = 4096;
/** Levels above this one ask for small data rather than soon: they are zlib's. */
const ownLevels = 3;
/** A message that we send looks back at most so far: with the receiving window, that is what a connection holds. */
const furthestSent = 16_384;

/**
 * How far a message looks back at most: this much, or this many times its own size when that is more. zlib has to index
 * a dictionary before it compresses, and with a whole window that takes longer than a small message itself
 * (`bench/deflate.ts`).
 */
const leastReach = 8192;
const reachFactor = 4;

/** A message may contain final blocks (RFC 7692 §7.2.3.5): this many, empty ones included … */
const maxFinalBlocks = 1024;
/** … and this many that are not empty: zlib is called anew behind each, and 128 calls take some 4 ms. */
const maxPieces = 128;

/** What a call of zlib costs of the budget, whatever it is given: it makes and frees a state of 40 KiB. */
const callCost = 30_000;
/** What a message costs that is decoded here. */
const ownCost = 500;
/** What a byte of data costs, tables of Huffman codes for a dozen bytes included, and a byte that comes out of it. */
const dataCost = 50;
const outputCost = 3;

/** zlib's output comes in pieces of this size: small for small messages, since zlib makes the first one in any case. */
const smallestChunk = 1024;
const largestChunk = 65536;

function chunkSize(size: number): number {
  return Math.max(smallestChunk, Math.min(size, largestChunk));
}

/** What messages without context takeover are coded behind: nothing, but it takes a ring and places. */
const sentAlone = new SlidingWindow(furthestSent);
const placesAlone = new MatchTable(0);
const receivedAlone = new SlidingWindow(32_768);
const encoder = new BlockEncoder(smallMessage);
const decoder = new BlockDecoder(smallMessage + messageEnd.length);

/** The direction in which we send. */
export class DeflateContext {
  readonly #zlib: Zlib;
  readonly #direction: DeflateDirection;
  readonly #level: number;
  readonly #longestOwn: number;
  readonly #window: SlidingWindow;
  #table: MatchTable | undefined;
  /** The window of a message in pieces that refers to no message before it. */
  #ofPieces: SlidingWindow | undefined;
  /** Whether a message in pieces has had data: the end of its last flush was removed, and is due before the next. */
  #inPieces = false;

  /** @param small bytes of the longest message that is not left to zlib */
  constructor(zlib: Zlib, direction: DeflateDirection, level: number, small: number = smallMessage) {
    this.#zlib = zlib;
    this.#direction = direction;
    this.#level = level;
    this.#longestOwn = level > 0 && level <= ownLevels ? Math.min(small, smallMessage) : 0;
    this.#window = direction.contextTakeover
      ? new SlidingWindow(Math.min(1 << direction.windowBits, furthestSent))
      : sentAlone;
  }

  /**
   * Compresses a message (RFC 7692 §7.2.1). `undefined` when it would not get smaller: then it is to be sent as it is,
   * which §6 leaves to the sender for each message, and no later message refers to it.
   */
  deflate(bytes: Uint8Array): Buffer | undefined {
    if (!this.#direction.contextTakeover) this.#window.forget();
    if (bytes.length <= this.#longestOwn) return this.#encode(bytes);
    const data = this.#flushed(bytes, this.#window);
    if (data.length >= bytes.length) return undefined;
    if (this.#direction.contextTakeover) this.#push(bytes);
    return data;
  }

  /**
   * Compresses the next piece of a message, and flushes it: whatever is done with the frames, the receiver can read what
   * has arrived. The window holds the pieces before, even where it does not outlast the message.
   */
  deflatePiece(bytes: Uint8Array, last: boolean): Buffer {
    const { contextTakeover } = this.#direction;
    const begins = !this.#inPieces;
    let data = empty;
    if (bytes.length > 0) {
      if (!contextTakeover) this.#ofPieces ??= new SlidingWindow(furthestSent);
      const flushed = this.#flushed(bytes, this.#ofPieces ?? this.#window);
      data = begins ? flushed : Buffer.concat([Buffer.from(flushMark), flushed]);
      if (contextTakeover) this.#push(bytes);
      else this.#ofPieces!.push(bytes);
      this.#inPieces = true;
    }
    if (!last) return data;
    if (!this.#inPieces) data = Buffer.of(0); // RFC 7692 §7.2.3.6: an empty message
    this.#inPieces = false;
    this.#ofPieces = undefined;
    return data;
  }

  #push(bytes: Uint8Array): void {
    this.#window.push(bytes);
    if (this.#table !== undefined) this.#table.behind += bytes.length;
  }

  /** What our own coder makes of a small message. */
  #encode(bytes: Uint8Array): Buffer | undefined {
    const window = this.#window;
    const { windowBits, contextTakeover } = this.#direction;
    const { length } = bytes;
    this.#table ??= contextTakeover ? new MatchTable(window.size) : placesAlone;
    window.reserve(Math.min(furthestSent, window.size + length), window.position, window.size);
    const data = encoder.encode(bytes, window, this.#table, 1 << windowBits);
    if (data !== undefined) window.advance(window.position + length);
    return data;
  }

  /** What zlib makes of it, without the end of the flush behind it. */
  #flushed(bytes: Uint8Array, window: SlidingWindow): Buffer {
    const { windowBits } = this.#direction;
    const dictionary = window.last(Math.min(1 << windowBits, Math.max(leastReach, reachFactor * bytes.length)));
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
function emptyBlocksAt(bytes: Buffer, start: number, end: number): { size: number; finalBlocks: number } {
  let at = start;
  let finalBlocks = 0;
  while (at + 1 < end && finalBlocks <= maxFinalBlocks) {
    const first = bytes[at]!;
    // RFC 1951 §3.2.3: BFINAL, then BTYPE. The end of a fixed block is 7 bits of 0; what is left of a byte is padding.
    if (first === 3 && (bytes[at + 1]! & 3) === 0) {
      at += 2;
      finalBlocks++;
    } else if ((first & 6) === 0 && at + 5 <= end && isEmptyStored(bytes, at + 1)) {
      at += 5;
      finalBlocks += first & 1;
    } else break;
  }
  return { size: at - start, finalBlocks };
}

/** Whether the length of a stored block is 0, and its complement is right. */
function isEmptyStored(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 0xff && bytes[at + 3] === 0xff;
}

function failCount(most: number, what: string, offset: number): never {
  throw new Violation('deflate-data', 'more', offset, `a message has at most ${most} ${what}`);
}

/** Resolves when a stream takes more, or takes nothing any more. */
function goesOn(stream: InflateRaw): Promise<void> {
  const events = ['drain', 'end', 'close'];
  return new Promise((resolve) => {
    const go = (): void => {
      for (const event of events) stream.off(event, go);
      resolve();
    };
    for (const event of events) stream.on(event, go);
  });
}

/** Writes what a source gives, then what ends a message. @returns how many bytes the source had */
async function feed(source: AsyncIterable<Uint8Array>, stream: InflateRaw): Promise<number> {
  let size = 0;
  try {
    for await (const bytes of source) {
      size += bytes.length;
      if (stream.readableEnded || stream.destroyed || stream.write(bytes)) continue;
      await goesOn(stream);
    }
    if (!stream.destroyed) stream.end(Buffer.from(messageEnd));
  } catch (error) {
    stream.destroy(error as Error);
  }
  return size;
}

/** The direction in which we receive. */
export class InflateContext {
  readonly #zlib: Zlib;
  /** Whether a message may refer back to those before it: none of them can be left out then. */
  readonly contextTakeover: boolean;
  readonly #longestOwn: number;
  readonly #window: SlidingWindow;

  /** @param small bytes of the longest compressed message that is not left to zlib */
  constructor(zlib: Zlib, direction: DeflateDirection, small: number = smallMessage) {
    this.#zlib = zlib;
    this.contextTakeover = direction.contextTakeover;
    this.#longestOwn = Math.min(small, smallMessage);
    this.#window = direction.contextTakeover ? new SlidingWindow(1 << direction.windowBits) : receivedAlone;
  }

  /**
   * Decompresses a message (RFC 7692 §7.2.2).
   *
   * @param offset where the message stands in what the peer sent, for the violation
   * @param budget is charged with what it took
   * @throws {Violation} `deflate-data`; `message-size` as soon as more than `maxSize` bytes have come out
   */
  inflate(bytes: Buffer, maxSize: number, offset: number, budget: Budget): Buffer {
    // RFC 7692 §7.2.3.6 has an empty message be the byte 0x00. No byte at all says it as clearly, and occurs.
    if (bytes.length === 0) return empty;
    // A message that was refused may have left something.
    if (!this.contextTakeover) this.#window.forget();
    const isOwn = bytes.length <= this.#longestOwn;
    const end = bytes.length + messageEnd.length;
    const data = isOwn ? decoder.input : Buffer.allocUnsafe(end);
    data.set(bytes);
    data.set(messageEnd, bytes.length);
    const pieces: Buffer[] = [];
    let size = 0;
    let finalBlocks = 0;
    let at = 0;
    while (at < end && at !== bytes.length) {
      const skipped = emptyBlocksAt(data, at, end);
      finalBlocks += skipped.finalBlocks;
      at += skipped.size;
      budget.left -= skipped.size * dataCost;
      if (finalBlocks > maxFinalBlocks) failCount(maxFinalBlocks, 'final blocks', offset);
      if (skipped.size > 0) continue;
      if (pieces.length === maxPieces) failCount(maxPieces, 'final blocks that are not empty', offset);
      const bounds = { room: maxSize - size, maxSize, offset };
      const { output, next } = isOwn
        ? this.#decode(at, end, bounds, budget)
        : this.#inflateByZlib(data.subarray(0, end), at, bounds, budget);
      budget.left -= (next - at) * dataCost + output.length * outputCost;
      pieces.push(output);
      size += output.length;
      finalBlocks++;
      at = next;
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size);
  }

  /**
   * Decompresses a message as its pieces arrive and its plain text is asked for.
   *
   * @throws {Violation} `deflate-data`: also for data behind a final block, which RFC 7692 §7.2.3.5 allows, and nobody sends
   */
  async *inflatePieces(source: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Buffer> {
    const known = this.contextTakeover ? this.#window.last(this.#window.size) : empty;
    const { Z_SYNC_FLUSH } = this.#zlib.constants;
    const stream = this.#zlib.createInflateRaw({ flush: Z_SYNC_FLUSH, chunkSize: largestChunk });
    const ahead = storedBlock(known);
    stream.write(ahead);
    const fed = feed(source, stream);
    let left = known.length;
    try {
      for await (const output of stream as AsyncIterable<Buffer>) {
        const bytes = output.subarray(left);
        left = Math.max(0, left - output.length);
        if (bytes.length === 0) continue;
        if (this.contextTakeover) this.#window.push(bytes);
        yield bytes;
      }
      // One byte more may be what ends a message whose last block is final: RFC 7692 §7.2.3.5.
      if (ahead.length + (await fed) - stream.bytesWritten > 1) {
        throw new Violation('deflate-data', 'more', offset, 'nothing is behind a final block');
      }
    } catch (error) {
      // Those of zlib have a number; others are of the source: the connection has ended.
      if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
      throw new Violation('deflate-data', (error as Error).message, offset);
    } finally {
      stream.destroy();
    }
  }

  #decode(start: number, end: number, bounds: PieceBounds, budget: Budget): Piece {
    budget.left -= ownCost;
    const output = decoder.decode(start, end, this.#window, bounds, budget);
    return { output, next: decoder.position };
  }

  #inflateByZlib(data: Buffer, start: number, bounds: PieceBounds, budget: Budget): Piece {
    const { room, maxSize, offset } = bounds;
    const bytes = data.subarray(start);
    const dictionary = this.#window.last(this.#window.size);
    budget.left -= callCost;
    try {
      const { output, read } = this.#inflateBehind(dictionary, bytes, room);
      if (output.length > room) failSize(maxSize, offset);
      const next = start + read;
      if (this.contextTakeover || next < data.length) this.#window.push(output);
      return { output, next };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') failData(message, offset);
      if (code === 'ERR_BUFFER_TOO_LARGE') failSize(maxSize, offset);
      throw error;
    }
  }

  /** @returns at most a byte more than there is room for, and how much of the data was read */
  #inflateBehind(dictionary: Buffer, bytes: Buffer, room: number): { output: Buffer; read: number } {
    const inflate = (data: Buffer, most: number, options: { dictionary?: Buffer }): Informed =>
      this.#zlib.inflateRawSync(data, {
        info: true,
        // Zero is not accepted, and a byte too much is noticed by the caller.
        maxOutputLength: Math.min(Math.max(1, most), constants.MAX_LENGTH),
        chunkSize: chunkSize(4 * data.length),
        ...options,
      }) as unknown as Informed;
    try {
      const { buffer, engine } = inflate(bytes, room, dictionary.length > 0 ? { dictionary } : {});
      return { output: buffer, read: engine.bytesWritten };
    } catch (error) {
      // Deno has no dictionaries for raw data, and fails where a message refers to one.
      if (dictionary.length === 0 || (error as NodeJS.ErrnoException).code !== 'Z_DATA_ERROR') throw error;
      const ahead = storedBlock(dictionary);
      const { buffer, engine } = inflate(Buffer.concat([ahead, bytes]), room + dictionary.length, {});
      return { output: buffer.subarray(dictionary.length), read: engine.bytesWritten - ahead.length };
    }
  }
}

/** What `info` has zlib return, and no type says. */
interface Informed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Bytes as a stored block (RFC 1951 §3.2.4): what is behind it may refer to them as to a dictionary. */
function storedBlock(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(bytes.length ^ 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

/** What comes out up to a final block, and where the data goes on. */
interface Piece {
  readonly output: Buffer;
  readonly next: number;
}
