/**
 * The frame header of RFC 6455 §5.2, encoded and decoded by two symmetric functions.
 *
 *     byte 0   FIN RSV1 RSV2 RSV3 opcode(4)
 *     byte 1   MASK length(7)           0–125, or 126: 16 bits follow, or 127: 64 bits follow
 *     then     the extended length, big-endian; then the masking key, if MASK is set
 *
 * Neither function judges: `deframer.ts` enforces the rules.
 */

/** A frame header. One object is reused for every frame that a deframer decodes. */
export interface FrameHeader {
  fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  rsv: number;
  /** 0–15, reserved ones included. */
  opcode: number;
  masked: boolean;
  /** The masking key with its first byte in the lowest 8 bits; 0 when the frame is not masked. */
  maskingKey: number;
  /** Payload length in bytes. Exact up to 2^53; above it is only good for comparing. */
  length: number;
  /** How many bits the length was written in: 7, 16 or 64. */
  lengthBits: number;
}

/** The longest header: 2 bytes, a 64-bit length, a masking key. */
export const maxHeaderSize = 14;

/** The largest number below 2^63: lengths that round to 2^63 are decoded as this one. */
const longestLength = 2 ** 63 - 1024;

/** A blank header, to decode into. */
export function frameHeader(): FrameHeader {
  return { fin: false, rsv: 0, opcode: 0, masked: false, maskingKey: 0, length: 0, lengthBits: 7 };
}

/** The size in bytes of the header of a frame, its length written in the fewest bytes. */
export function headerSize(length: number, masked: boolean): number {
  return (length < 126 ? 2 : length < 65536 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * Writes a header at `at`. The length is written in `lengthBits` when that is larger than necessary, else in the
 * fewest bytes, as RFC 6455 §5.2 demands.
 *
 * @returns the position after the header
 */
export function encodeHeader(header: Readonly<FrameHeader>, bytes: Uint8Array, at: number): number {
  const { length } = header;
  const bits = Math.max(header.lengthBits, length < 126 ? 7 : length < 65536 ? 16 : 64);
  bytes[at++] = (header.fin ? 0x80 : 0) | (header.rsv << 4) | header.opcode;
  bytes[at++] = (header.masked ? 0x80 : 0) | (bits === 7 ? length : bits === 16 ? 126 : 127);
  if (bits === 16) {
    bytes[at++] = length >>> 8;
    bytes[at++] = length & 0xff;
  } else if (bits === 64) {
    at = writeUint32(bytes, at, Math.floor(length / 2 ** 32));
    at = writeUint32(bytes, at, length % 2 ** 32);
  }
  return header.masked ? writeMaskingKey(bytes, at, header.maskingKey) : at;
}

/**
 * Reads a header from `bytes[at…end)` into `header`.
 *
 * @returns the size of the header in bytes, or 0 when it is not complete yet (`header` is then undefined in parts)
 */
export function decodeHeader(bytes: Uint8Array, at: number, end: number, header: FrameHeader): number {
  const available = end - at;
  if (available < 2) return 0;
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  let length = second & 0x7f;
  let size = 2;
  header.lengthBits = 7;
  if (length === 126) {
    if (available < 4) return 0;
    header.lengthBits = 16;
    length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    size = 4;
  } else if (length === 127) {
    if (available < 10) return 0;
    header.lengthBits = 64;
    const high = readUint32(bytes, at + 2);
    length = high * 2 ** 32 + readUint32(bytes, at + 6);
    // 2^63 - 1 is a length, 2^63 is none (RFC 6455 §5.2): rounding must not lift one to the other.
    if (high < 2 ** 31) length = Math.min(length, longestLength);
    size = 10;
  }
  header.fin = first >= 0x80;
  header.rsv = (first >> 4) & 0x7;
  header.opcode = first & 0xf;
  header.masked = second >= 0x80;
  header.length = length;
  header.maskingKey = 0;
  if (!header.masked) return size;
  if (available < size + 4) return 0;
  header.maskingKey = readMaskingKey(bytes, at + size);
  return size + 4;
}

/** Where the payload starts after a header at `at` that has no masking key and a length of 7 or 16 bits. */
export function shortPayloadStart(bytes: Uint8Array, at: number): number {
  return bytes[at + 1]! < 126 ? at + 2 : at + 4;
}

/** The length of the payload after such a header. */
export function shortPayloadLength(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1]!;
  return second < 126 ? second : (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = (value >>> 16) & 0xff;
  bytes[at + 2] = (value >>> 8) & 0xff;
  bytes[at + 3] = value & 0xff;
  return at + 4;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function writeMaskingKey(bytes: Uint8Array, at: number, key: number): number {
  bytes[at] = key & 0xff;
  bytes[at + 1] = (key >>> 8) & 0xff;
  bytes[at + 2] = (key >>> 16) & 0xff;
  bytes[at + 3] = key >>> 24;
  return at + 4;
}

function readMaskingKey(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
