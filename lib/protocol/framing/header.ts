/**
 * The frame header of RFC 6455 §5.2: the one place that writes it, and the one that reads it.
 *
 *     byte 0   FIN RSV1 RSV2 RSV3 opcode(4)
 *     byte 1   MASK length(7)           0–125, or 126: 16 bits follow, or 127: 64 bits follow
 *     then     the extended length, big-endian; then the masking key, if MASK is set
 *
 * Nothing here judges: `deframer.ts` enforces the rules.
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

/** In how many bits RFC 6455 §5.2 has a payload's length written: the fewest that hold it. */
export function lengthBits(length: number): 7 | 16 | 64 {
  return length <= 125 ? 7 : length <= 0xffff ? 16 : 64;
}

/** The size in bytes of the header of a frame whose length is written in the fewest bits. */
export function headerSize(length: number, masked: boolean): number {
  const bits = lengthBits(length);
  return (bits === 7 ? 2 : bits === 16 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * Writes a header at `at`.
 *
 * @param first the first byte: FIN, RSV1–3 and the opcode
 * @param bits how many bits the length is written in; see `lengthBits`
 * @param key the masking key; not written when the frame is not masked
 * @returns the position after the header
 */
export function writeHeader(
  view: DataView,
  at: number,
  first: number,
  length: number,
  bits: number,
  masked: boolean,
  key: number,
): number {
  const maskBit = masked ? 0x80 : 0;
  let end = at;
  if (bits === 7) {
    view.setUint16(at, (first << 8) | maskBit | length);
    end += 2;
  } else if (bits === 16) {
    view.setInt32(at, (first << 24) | ((maskBit | 126) << 16) | length);
    end += 4;
  } else {
    view.setUint16(at, (first << 8) | maskBit | 127);
    view.setUint32(at + 2, Math.floor(length / 2 ** 32));
    view.setUint32(at + 6, length % 2 ** 32);
    end += 10;
  }
  if (!masked) return end;
  view.setInt32(end, key, true);
  return end + 4;
}

/**
 * Writes the header of a masked frame of at most 125 bytes: `writeHeader` for the shortest messages, where a call that
 * the compiler does not inline would cost as much as the frame.
 *
 * @returns the position after the header
 */
export function writeShortHeader(view: DataView, at: number, first: number, length: number, key: number): number {
  view.setUint16(at, (first << 8) | 0x80 | length);
  view.setInt32(at + 2, key, true);
  return at + 6;
}

/**
 * Writes a header as an object at `at`. The length is written in `lengthBits` when that is larger than necessary, else
 * in the fewest bits.
 *
 * @returns the position after the header
 */
export function encodeHeader(header: Readonly<FrameHeader>, bytes: Uint8Array, at: number): number {
  const { fin, rsv, opcode, length, masked, maskingKey } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bits = Math.max(header.lengthBits, lengthBits(length));
  return writeHeader(view, at, (fin ? 0x80 : 0) | (rsv << 4) | opcode, length, bits, masked, maskingKey);
}

/**
 * Reads a header from `bytes[at…end)` into `header`.
 *
 * @returns the size of the header in bytes, or 0 when it is not complete yet (`header` is then undefined in parts)
 */
export function decodeHeader(bytes: Uint8Array, at: number, end: number, header: FrameHeader): number {
  const available = end - at;
  if (available < 2) return 0;
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
  readFirstByte(bytes[at]!, header);
  header.masked = second >= 0x80;
  header.length = length;
  header.maskingKey = 0;
  if (!header.masked) return size;
  if (available < size + 4) return 0;
  header.maskingKey = readMaskingKey(bytes, at + size);
  return size + 4;
}

/**
 * Reads what the first two bytes of a header say that is not complete yet: all but the length and the masking key.
 * `lengthBits` is 7, or 16 when it is more.
 *
 * @returns whether both bytes are there; with one alone, only `fin`, `rsv` and `opcode` are read
 */
export function decodeHeaderStart(bytes: Uint8Array, at: number, end: number, header: FrameHeader): boolean {
  readFirstByte(bytes[at]!, header);
  if (end - at < 2) return false;
  const second = bytes[at + 1]!;
  header.masked = second >= 0x80;
  header.lengthBits = (second & 0x7f) < 126 ? 7 : 16;
  return true;
}

function readFirstByte(first: number, header: FrameHeader): void {
  header.fin = first >= 0x80;
  header.rsv = (first >> 4) & 0x7;
  header.opcode = first & 0xf;
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

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function readMaskingKey(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
