/** Frame headers from bytes in any chunking: what a chunk cuts off waits for the rest. */
import { Buffer } from 'node:buffer';
import { decodeHeader, frameHeader, maxHeaderSize } from '../protocol/framing/header.js';

export class SplitHeader {
  /** The header, once `isWhole`, until the next `take`. */
  readonly header = frameHeader();
  readonly #carry: Buffer = Buffer.alloc(maxHeaderSize);
  #carried = 0;
  #isWhole = false;

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** How many bytes of a header wait for the rest. */
  get waiting(): number {
    return this.#isWhole ? 0 : this.#carried;
  }

  /** The bytes of a header that no single chunk held, as far as they have come; else empty. Good until the next `take`. */
  get carried(): Buffer {
    return this.#carry.subarray(0, this.#carried);
  }

  /** Takes the next bytes of a header, or starts with another one behind one that is whole. @returns the position behind them */
  take(bytes: Buffer, start: number, end: number): number {
    if (this.#isWhole) this.#carried = 0;
    const size = this.#carried === 0 ? decodeHeader(bytes, start, end, this.header) : 0;
    this.#isWhole = size > 0;
    let at = start + size;
    while (at < end && !this.#isWhole) {
      this.#carry[this.#carried++] = bytes[at++]!;
      this.#isWhole = decodeHeader(this.#carry, 0, this.#carried, this.header) > 0;
    }
    return at;
  }
}
