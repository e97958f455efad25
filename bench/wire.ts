/**
 * Frames as the neutral server and the raw-socket floor write them: made once, before anything is measured.
 * Deliberately independent of `lib/protocol`: the yardstick must not be made of what it measures.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { frame as encode } from '../spec/peer/frames.js';

/** Length of an unmasked frame header for a payload of `size` bytes (RFC 6455 §5.2). */
export function headerSize(size: number): number {
  return size < 126 ? 2 : size < 65536 ? 4 : 10;
}

/** One whole frame (FIN set), masked with a fresh key when `masked`. */
export function frame(opcode: number, payload: Uint8Array, masked: boolean): Buffer {
  return encode(opcode, payload, masked ? { key: randomBytes(4) } : {});
}

/** A frame many times over in one buffer, for writing any number of copies with few writes. */
export class FrameBlock {
  readonly frameSize: number;
  private readonly block: Buffer;
  private readonly copies: number;

  constructor(one: Buffer, atLeastBytes: number) {
    this.frameSize = one.length;
    this.copies = Math.max(1, Math.ceil(atLeastBytes / one.length));
    this.block = this.copies === 1 ? one : Buffer.alloc(one.length * this.copies, one);
  }

  /** Writes `count` copies; `written` is called when the last write has been handed over. */
  write(
    socket: { write(bytes: Uint8Array, written?: () => void): boolean },
    count: number,
    written?: () => void,
  ): void {
    let left = count;
    while (left > 0) {
      const now = Math.min(left, this.copies);
      left -= now;
      const bytes = now === this.copies ? this.block : this.block.subarray(0, now * this.frameSize);
      if (left === 0 && written !== undefined) socket.write(bytes, written);
      else socket.write(bytes);
    }
  }
}
