/**
 * The one builder of frames for specs, and its counterpart; independent of `lib`, which it is a yardstick for.
 *
 * Every part of a frame can be made wrong.
 */
import { Buffer } from 'node:buffer';

export interface FrameParts {
  readonly fin?: boolean | undefined;
  readonly rsv?: number | undefined;
  /** With a masking key of zeros, which leaves the payload as it is, unless there is a `key`. */
  readonly masked?: boolean | undefined;
  /** The four bytes that the payload is masked with. */
  readonly key?: Uint8Array | undefined;
  /** Announced instead of the payload's own length. */
  readonly length?: number | bigint | undefined;
  /** 7, 16 or 64; the fewest that hold the length, unless it is given. */
  readonly lengthBits?: number | undefined;
}

/** Encodes a frame as a server sends it, final and unmasked, unless the parts say otherwise. */
export function frame(opcode: number, payload: string | Uint8Array = '', parts: FrameParts = {}): Buffer {
  const body = Buffer.from(payload as string);
  const { fin = true, rsv = 0, masked = false, length = body.length } = parts;
  const key = parts.key ?? (masked ? Buffer.alloc(4) : undefined);
  const { lengthBits = length < 126 ? 7 : length < 65536 ? 16 : 64 } = parts;
  const head = Buffer.alloc(lengthBits === 7 ? 2 : lengthBits === 16 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (key === undefined ? 0 : 0x80) | (lengthBits === 7 ? Number(length) & 0x7f : lengthBits === 16 ? 126 : 127);
  if (lengthBits === 16) head.writeUInt16BE(Number(BigInt(length) & 0xffffn), 2);
  if (lengthBits === 64) head.writeBigUInt64BE(BigInt(length), 2);
  if (key === undefined) return Buffer.concat([head, body]);
  maskWith(key, body);
  return Buffer.concat([head, key, body]);
}

/** A frame by its first byte, as the standard's examples have it: 0x81 is a whole text. */
export function frameOf(first: number, payload: string | Uint8Array = ''): Buffer {
  return frame(first & 15, payload, { fin: first >= 0x80, rsv: (first >> 4) & 7 });
}

export const text = (payload: string): Buffer => frame(0x1, payload);

/** A Close frame; without a code its body is empty. */
export function closeFrame(code?: number, reason = ''): Buffer {
  if (code === undefined) return frame(0x8);
  return frame(0x8, Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]));
}

/** A frame that was read, its payload unmasked. */
export interface ReceivedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** The masking key, its first byte in the lowest bits; 0 when not masked. */
  readonly key: number;
  readonly payload: Buffer;
  /** Of the whole frame, in bytes. */
  readonly size: number;
}

/** Of the frame at the start of the bytes, header and payload; `undefined` while the header is not whole. */
export function frameSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const start = headerSize(bytes);
  if (bytes.length < start) return undefined;
  return start + (short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
}

/** Once the first two bytes are there. */
function headerSize(bytes: Buffer): number {
  const short = bytes[1]! & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (bytes[1]! >= 0x80 ? 4 : 0);
}

/** Reads the frame at the start of the bytes; `undefined` while it is not whole. */
export function readFrame(bytes: Buffer): ReceivedFrame | undefined {
  const size = frameSize(bytes);
  if (size === undefined || bytes.length < size) return undefined;
  const start = headerSize(bytes);
  const masked = bytes[1]! >= 0x80;
  const payload = Buffer.from(bytes.subarray(start, size));
  const key = masked ? bytes.subarray(start - 4, start) : Buffer.alloc(4);
  maskWith(key, payload);
  const first = bytes[0]!;
  return {
    fin: first >= 0x80,
    rsv: (first >> 4) & 7,
    opcode: first & 15,
    masked,
    key: key.readInt32LE(),
    payload,
    size,
  };
}

function maskWith(key: Uint8Array, body: Buffer): void {
  for (let at = 0; at < body.length; at++) body[at]! ^= key[at & 3]!;
}
