/**
 * Masking (RFC 6455 §5.3): the pool of masking keys and the XOR.
 *
 * A masking key is a 32-bit number with the key's first byte in the lowest 8 bits.
 */
import { littleEndian } from '../text/engine.js';

/** A constant of this module: reading an import would cost the shortest frames a tenth. */
const swapsKeys = !littleEndian;

/** Fills the bytes with unpredictable values, as `crypto.randomFillSync` does. */
export type RandomFill = (bytes: Uint8Array) => unknown;

/** 2 048 keys a refill: a call into the random source for every frame would cost more than the frame. */
const poolSize = 2048;

/**
 * A pool of masking keys. Every key is handed out once: RFC 6455 §5.3 demands a fresh one, that cannot be
 * predicted, for every frame.
 */
export class MaskingKeys {
  readonly #fill: RandomFill;
  #pool: Int32Array | undefined;
  #next = poolSize;

  constructor(fill: RandomFill) {
    this.#fill = fill;
  }

  /** Fills bytes from the pool, and takes them out of it: the nonce of a handshake, without a call into the random source. */
  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const key = this.next();
      for (const end = Math.min(at + 4, bytes.length), start = at; at < end; at++)
        bytes[at] = key >>> ((at - start) << 3);
    }
  }

  next(): number {
    if (this.#next === poolSize) {
      this.#pool ??= new Int32Array(poolSize);
      this.#fill(new Uint8Array(this.#pool.buffer));
      this.#next = 0;
    }
    return this.#pool![this.#next++]!;
  }
}

/**
 * XORs `bytes[start…end)` with the masking key, in place; masking and unmasking are the same (RFC 6455 §5.3).
 *
 * @param words the same memory as 32-bit words: its first word is `bytes[0…4)`
 * @param phase how many bytes of the payload came before `start`, for payloads that are masked in pieces
 */
export function mask(bytes: Uint8Array, words: Int32Array, start: number, end: number, key: number, phase = 0): void {
  let at = start;
  let shift = (phase & 3) << 3;
  for (const aligned = Math.min(end, (start + 3) & ~3); at < aligned; at++, shift = (shift + 8) & 31) {
    bytes[at]! ^= key >>> shift;
  }
  let word = at >>> 2;
  const endWord = end >>> 2;
  if (word < endWord) {
    const rotated = (key >>> shift) | (key << (32 - shift));
    const wordKey = swapsKeys ? swapBytes(rotated) : rotated;
    for (const endBlock = endWord - 7; word < endBlock; word += 8) {
      words[word]! ^= wordKey;
      words[word + 1]! ^= wordKey;
      words[word + 2]! ^= wordKey;
      words[word + 3]! ^= wordKey;
      words[word + 4]! ^= wordKey;
      words[word + 5]! ^= wordKey;
      words[word + 6]! ^= wordKey;
      words[word + 7]! ^= wordKey;
    }
    for (; word < endWord; word++) words[word]! ^= wordKey;
    at = word << 2;
  }
  for (; at < end; at++, shift = (shift + 8) & 31) bytes[at]! ^= key >>> shift;
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
