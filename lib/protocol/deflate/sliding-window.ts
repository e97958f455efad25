/** The end of a plain text, as far as DEFLATE refers back to it (RFC 1951 §2, RFC 7692 §7.1.2): the LZ77 window. */
import { Buffer } from 'node:buffer';

const empty: Buffer = Buffer.alloc(0);

const leastRing = 4096;
/** A ring of this size is kept however small the window, which would otherwise grow for each message. */
const keptRing = 8192;

/** Holds no memory while it is empty. */
export class SlidingWindow {
  readonly #capacity: number;
  /** A ring, its size a power of two: the byte at position `n` of the text is `ring[n & (ring.length - 1)]`. */
  ring: Buffer = empty;
  /** The position of the next byte, from 0 to `ring.length - 1`. */
  position = 0;
  /** How many bytes before that may be referred to. */
  size = 0;

  /** @param capacity a power of two */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Has the ring hold `needed` bytes at least, `kept` of them before the position `end`, which are copied. */
  reserve(needed: number, end: number, kept: number): void {
    const before = this.ring;
    if (before.length >= needed) return;
    let length = Math.max(leastRing, before.length);
    while (length < needed) length *= 2;
    this.#move(length, end, kept);
  }

  #move(length: number, end: number, kept: number): void {
    const before = this.ring;
    const ring = Buffer.allocUnsafeSlow(length);
    for (let at = end - kept; at < end; at++) ring[at & (length - 1)] = before[at & (before.length - 1)]!;
    this.ring = ring;
  }

  /** The bytes up to the position `end`, which have been written into the ring, are part of the text. */
  advance(end: number): void {
    const { ring } = this;
    this.size = Math.min(this.#capacity, this.size + end - this.position);
    this.position = end & (ring.length - 1);
    const length = Math.max(keptRing, this.#capacity);
    if (ring.length <= length) return;
    this.#move(length, end, this.size);
    this.position = end & (length - 1);
  }

  push(bytes: Uint8Array): void {
    const { length } = bytes;
    const added = Math.min(length, this.#capacity);
    const kept = Math.min(this.size, this.#capacity - added);
    this.reserve(kept + added, this.position, kept);
    this.size = kept;
    this.advance(this.write(added === length ? bytes : bytes.subarray(length - added)));
  }

  /** Writes what the ring has room for behind the text, without making it part of that. @returns the end position */
  write(bytes: Uint8Array): number {
    const { ring, position } = this;
    const first = Math.min(bytes.length, ring.length - position);
    ring.set(first === bytes.length ? bytes : bytes.subarray(0, first), position);
    if (first < bytes.length) ring.set(bytes.subarray(first), 0);
    return position + bytes.length;
  }

  /** A copy of the bytes from position `start` to `end`. */
  copy(start: number, end: number): Buffer {
    const { ring } = this;
    const bytes = Buffer.allocUnsafe(end - start);
    const from = start & (ring.length - 1);
    const first = ring.copy(bytes, 0, from, from + bytes.length);
    if (first < bytes.length) ring.copy(bytes, first, 0, bytes.length - first);
    return bytes;
  }

  /** A copy of the last bytes of the text, as many as there are of `most`. */
  last(most: number): Buffer {
    const count = Math.min(most, this.size);
    return this.copy(this.position - count, this.position);
  }

  /** Starts with a text of no bytes. */
  forget(): void {
    this.position = 0;
    this.size = 0;
  }
}
