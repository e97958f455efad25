/**
 * Frames as the neutral server and the raw-socket floor write them: made once, before anything is measured.
 * Deliberately independent of `lib/protocol`: the yardstick must not be made of what it measures.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';

/** Length of an unmasked frame header for a payload of `size` bytes (RFC 6455 §5.2). */
export function headerSize(size: number): number {
  return size < 126 ? 2 : size < 65536 ? 4 : 10;
}

/** One whole frame (FIN set), masked with a fresh key when `masked`. */
export function frame(opcode: number, payload: Uint8Array, masked: boolean): Buffer {
  const size = payload.length;
  const head = headerSize(size);
  const start = head + (masked ? 4 : 0);
  const bytes = Buffer.allocUnsafe(start + size);
  const bit = masked ? 0x80 : 0;
  bytes[0] = 0x80 | opcode;
  if (head === 2) {
    bytes[1] = bit | size;
  } else if (head === 4) {
    bytes[1] = bit | 126;
    bytes.writeUInt16BE(size, 2);
  } else {
    bytes[1] = bit | 127;
    bytes.writeBigUInt64BE(BigInt(size), 2);
  }
  bytes.set(payload, start);
  if (masked) {
    const key = randomBytes(4);
    key.copy(bytes, head);
    for (let i = 0; i < size; i++) bytes[start + i]! ^= key[i & 3]!;
  }
  return bytes;
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
