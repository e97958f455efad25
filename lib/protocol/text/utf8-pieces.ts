/** UTF-8 that arrives in pieces -> strings that end between characters, checked on the way (RFC 6455 §8.1). */
import { Buffer } from 'node:buffer';
import { decodeValidText } from './decoder.js';
import { Utf8Validator } from './validator.js';

export class Utf8Pieces {
  readonly #validator = new Utf8Validator();
  /** The start of a character whose other bytes are in the next piece: 3 bytes at most. */
  #carry: Buffer | undefined;

  /** Whether the text may end here. */
  get complete(): boolean {
    return this.#validator.complete;
  }

  /** @returns the characters that are complete; `undefined` when the bytes are not UTF-8 */
  push(bytes: Buffer, start: number, end: number): string | undefined {
    if (this.#validator.push(bytes, start, end) >= 0) return undefined;
    const piece = bytes.subarray(start, end);
    const whole = this.#carry === undefined ? piece : Buffer.concat([this.#carry, piece]);
    const size = this.#validator.complete ? whole.length : lastStart(whole);
    this.#carry = size < whole.length ? Buffer.from(whole.subarray(size)) : undefined;
    return decodeValidText(whole, 0, size);
  }
}

/** Where the character begins that is not complete. */
function lastStart(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while ((bytes[at]! & 0xc0) === 0x80) at--;
  return at;
}
