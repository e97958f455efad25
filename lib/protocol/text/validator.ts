/**
 * Fail-fast validation of UTF-8 that arrives in pieces (RFC 6455 §8.1, RFC 3629 §4).
 */
import { isUtf8 } from 'node:buffer';
import { validateLoop } from './engine.js';

/**
 * Validates a stream of UTF-8. A sequence that is cut off at the end of a piece is fine as long as some
 * continuation could make it valid: a wrong byte is found when it arrives, not when the message ends.
 */
export class Utf8Validator {
  /** Continuation bytes that the sequence in progress still needs; 0 between characters. */
  #missing = 0;
  /** The range that the next continuation byte must lie in: narrower than 80…BF after E0, ED, F0 and F4. */
  #lower = 0x80;
  #upper = 0xbf;

  /** Whether the stream may end here: no character is cut off. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Forgets the stream, for the next message. */
  reset(): void {
    this.#missing = 0;
    this.#lower = 0x80;
    this.#upper = 0xbf;
  }

  /**
   * Takes the next piece of the stream.
   *
   * @returns the index in `bytes` of the first byte that proves the stream invalid, or -1
   */
  push(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (this.#missing > 0 && at < end) {
      if (!this.#step(bytes[at]!)) return at;
      at++;
    }
    if (end - at >= validateLoop) {
      const whole = lastBoundary(bytes, at, end);
      if (isUtf8(bytes.subarray(at, whole))) at = whole;
    }
    for (; at < end; at++) if (!this.#step(bytes[at]!)) return at;
    return -1;
  }

  #step(byte: number): boolean {
    if (this.#missing > 0) {
      if (byte < this.#lower || byte > this.#upper) return false;
      this.#missing--;
      this.#lower = 0x80;
      this.#upper = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false; // continuation, overlong 2-byte form, or beyond U+10FFFF
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0)
      this.#lower = 0xa0; // overlong 3-byte form
    else if (byte === 0xed)
      this.#upper = 0x9f; // surrogates
    else if (byte === 0xf0)
      this.#lower = 0x90; // overlong 4-byte form
    else if (byte === 0xf4) this.#upper = 0x8f; // beyond U+10FFFF
    return true;
  }
}

/** The last position in `bytes[start…end]` that a character cannot straddle: the lead byte of an unfinished one, or `end`. */
function lastBoundary(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start && at >= end - 3; at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return at + (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) > end ? at : end;
  }
  return end;
}
