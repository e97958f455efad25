/** Bits -> bytes, the first bit lowest (RFC 1951 §3.1.1). */
import { Buffer } from 'node:buffer';

/** Holds nothing between two messages. */
export class BitWriter {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #size = 0;
  /** Bits that do not fill a byte yet: at most 7. */
  #held = 0;
  #heldBits = 0;

  /** @param capacity bytes that are written at most */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity + 4); // it writes in words
    this.#view = new DataView(this.#bytes.buffer);
  }

  start(): void {
    this.#size = 0;
    this.#held = 0;
    this.#heldBits = 0;
  }

  /** @param count at most 24 */
  write(value: number, count: number): void {
    const held = this.#held | (value << this.#heldBits);
    const bits = this.#heldBits + count;
    this.#view.setUint32(this.#size, held, true);
    this.#size += bits >> 3;
    this.#held = held >>> (bits & 24);
    this.#heldBits = bits & 7;
  }

  /** Fills the last byte up with zeros. @returns a copy of what was written */
  end(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#size + (this.#heldBits > 0 ? 1 : 0)));
  }
}
