/** Bytes -> a string, checked on the way, by the decoder that measured fastest for their kind and size. */
import { Buffer, isAscii, isUtf8, transcode } from 'node:buffer';
import { canTranscode, decodeLoop, littleEndian, longestDecodeLoop, nativeDecodesFast } from './engine.js';
import { codeUnits } from './utf16-scratch.js';

/**
 * Decodes a whole text.
 *
 * @returns `undefined` when the bytes are not UTF-8
 */
export function decodeText(bytes: Buffer, start: number, end: number): string | undefined {
  const size = end - start;
  if (size <= decodeLoop) {
    return isShortAscii(bytes, start, end) ? bytes.toString('latin1', start, end) : decodeShort(bytes, start, end);
  }
  const view = bytes.subarray(start, end);
  if (isAscii(view)) return bytes.toString('latin1', start, end);
  if (size <= 2 * decodeLoop && !nativeDecodesFast) return decodeShort(bytes, start, end);
  return isUtf8(view) ? decodeUtf8(bytes, start, end) : undefined;
}

/** Decodes a text that has been validated. */
export function decodeValidText(bytes: Buffer, start: number, end: number): string {
  const ascii = isAscii(bytes.subarray(start, end));
  return ascii ? bytes.toString('latin1', start, end) : decodeUtf8(bytes, start, end);
}

function isShortAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let at = start; at < end; at++) all |= bytes[at]!;
  return all < 0x80;
}

/** Decodes and validates in one go (RFC 3629 §4). @returns `undefined` when the bytes are not UTF-8 */
function decodeShort(bytes: Buffer, start: number, end: number): string | undefined {
  if (!littleEndian) return isUtf8(bytes.subarray(start, end)) ? bytes.toString('utf8', start, end) : undefined;
  const { units, bytes: unitBytes } = codeUnits();
  let size = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      units[size++] = byte;
      at++;
    } else if (byte < 0xe0) {
      const second = bytes[at + 1]!;
      if (byte < 0xc2 || (second & 0xc0) !== 0x80) return undefined;
      units[size++] = ((byte & 0x1f) << 6) | (second & 0x3f);
      at += 2;
    } else if (byte < 0xf0) {
      const second = bytes[at + 1]!;
      const third = bytes[at + 2]!;
      const unit = ((byte & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
      if ((second & 0xc0) !== 0x80 || (third & 0xc0) !== 0x80) return undefined;
      if (unit < 0x800 || (unit & 0xf800) === 0xd800) return undefined; // overlong form, surrogate
      units[size++] = unit;
      at += 3;
    } else {
      const second = bytes[at + 1]!;
      const third = bytes[at + 2]!;
      const fourth = bytes[at + 3]!;
      if ((second & 0xc0) !== 0x80 || (third & 0xc0) !== 0x80 || (fourth & 0xc0) !== 0x80) return undefined;
      const above =
        (((byte & 0x0f) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f)) - 0x10000;
      if (above < 0 || above > 0xfffff) return undefined; // overlong form, beyond U+10FFFF
      units[size++] = 0xd800 | (above >> 10);
      units[size++] = 0xdc00 | (above & 0x3ff);
      at += 4;
    }
  }
  return at === end ? unitBytes.toString('utf16le', 0, size * 2) : undefined; // beyond it when the last one is cut off
}

/** Decodes valid UTF-8 that is not ASCII. */
function decodeUtf8(bytes: Buffer, start: number, end: number): string {
  if (nativeDecodesFast || !littleEndian) return bytes.toString('utf8', start, end);
  if (end - start <= longestDecodeLoop) return (decodeMedium ??= createDecoder())(bytes, start, end);
  if (!canTranscode) return bytes.toString('utf8', start, end);
  return transcode(bytes.subarray(start, end), 'utf8', 'utf16le').toString('utf16le');
}

let decodeMedium: Decoder | undefined;

type Decoder = (bytes: Buffer, start: number, end: number) => string;

/** The arrays are constants of one closure: V8 then knows their addresses and sizes: the loop takes half the time. */
function createDecoder(): Decoder {
  const { units, bytes: unitBytes } = codeUnits();
  const input = Buffer.alloc(longestDecodeLoop + 12);
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const { continues, bits } = byteTables();

  return (bytes, start, endOfBytes) => {
    const end = endOfBytes - start;
    bytes.copy(input, 0, start, endOfBytes);
    view.setInt32(end, 0); // the last word may have up to 3 of these: ASCII, subtracted at the end
    let at = 0;
    let last = -1; // the unit that was begun last
    let unit = 0;
    while (at < end) {
      const word = view.getInt32(at, true);
      if ((word & 0x80808080) === 0) {
        writeAscii(units, last, word);
        last += 4;
        at += 4;
      } else if (wroteThreeByte(units, last, word, view, at)) {
        last += 4;
        at += 12;
      } else if ((word & 0xc0e0c0e0) === (0x80c080c0 | 0)) {
        // Two characters of two bytes: Cyrillic, Greek, Hebrew, Arabic; below, when a block began between their bytes.
        units[last + 1] = ((word & 0x1f) << 6) | ((word >>> 8) & 0x3f);
        units[last + 2] = ((word >>> 10) & 0x7c0) | ((word >>> 24) & 0x3f);
        last += 2;
        at += 4;
      } else if ((word & 0xe0c0e0c0) === (0xc080c080 | 0)) {
        units[last] = (unit << 6) | (word & 0x3f);
        units[last + 1] = ((word >>> 2) & 0x7c0) | ((word >>> 16) & 0x3f);
        unit = (word >>> 24) & 0x1f;
        last += 2;
        at += 4;
      } else if ((word & (word << 1) & (word << 2) & (word << 3) & 0x80808080) === 0) {
        // Without a branch on what a byte is: the processor could not guess it. A unit is written again with every
        // byte that continues it.
        unit = ((unit << 6) & continues[word & 0xff]!) | bits[word & 0xff]!;
        units[(last += 1 + continues[word & 0xff]!)] = unit;
        unit = ((unit << 6) & continues[(word >>> 8) & 0xff]!) | bits[(word >>> 8) & 0xff]!;
        units[(last += 1 + continues[(word >>> 8) & 0xff]!)] = unit;
        unit = ((unit << 6) & continues[(word >>> 16) & 0xff]!) | bits[(word >>> 16) & 0xff]!;
        units[(last += 1 + continues[(word >>> 16) & 0xff]!)] = unit;
        unit = ((unit << 6) & continues[word >>> 24]!) | bits[word >>> 24]!;
        units[(last += 1 + continues[word >>> 24]!)] = unit;
        at += 4;
      } else if (input[at]! < 0xf0) {
        unit = ((unit << 6) & continues[input[at]!]!) | bits[input[at]!]!;
        units[(last += 1 + continues[input[at]!]!)] = unit;
        at++;
      } else {
        writePair(units, last, view.getInt32(at));
        last += 2;
        at += 4;
      }
    }
    return unitBytes.toString('utf16le', 0, (last + 1 - (at - end)) * 2);
  };
}

function byteTables(): { continues: Int32Array; bits: Int32Array } {
  return {
    /** -1 for bytes that continue a character, 0 for those that begin one. */
    continues: Int32Array.from({ length: 256 }, (_, byte) => ((byte & 0xc0) === 0x80 ? -1 : 0)),
    /** The bits of the character that a byte has. */
    bits: Int32Array.from({ length: 256 }, (_, byte) =>
      byte < 0x80 ? byte : byte < 0xc0 ? byte & 0x3f : byte < 0xe0 ? byte & 0x1f : byte & 0x0f,
    ),
  };
}

/** Four characters of one byte. */
function writeAscii(units: Uint16Array, last: number, word: number): void {
  units[last + 1] = word & 0xff;
  units[last + 2] = (word >>> 8) & 0xff;
  units[last + 3] = (word >>> 16) & 0xff;
  units[last + 4] = word >>> 24;
}

/** Writes four characters of three bytes, Chinese, Japanese, Korean, if the word and the next two are that. */
function wroteThreeByte(units: Uint16Array, last: number, word: number, view: DataView, at: number): boolean {
  if ((word & 0xf0c0c0f0) !== (0xe08080e0 | 0)) return false;
  const word1 = view.getInt32(at + 4, true);
  const word2 = view.getInt32(at + 8, true);
  if ((word1 & 0xc0f0c0c0) !== (0x80e08080 | 0) || (word2 & 0xc0c0f0c0) !== (0x8080e080 | 0)) return false;
  units[last + 1] = ((word & 0x0f) << 12) | ((word >>> 2) & 0xfc0) | ((word >>> 16) & 0x3f);
  units[last + 2] = ((word >>> 12) & 0xf000) | ((word1 << 6) & 0xfc0) | ((word1 >>> 8) & 0x3f);
  units[last + 3] = ((word1 >>> 4) & 0xf000) | ((word1 >>> 18) & 0xfc0) | (word2 & 0x3f);
  units[last + 4] = ((word2 << 4) & 0xf000) | ((word2 >>> 10) & 0xfc0) | ((word2 >>> 24) & 0x3f);
  return true;
}

/** One character of four bytes, highest first. */
function writePair(units: Uint16Array, last: number, word: number): void {
  const codePoint = ((word >>> 6) & 0x1c0000) | ((word >>> 4) & 0x3f000) | ((word >>> 2) & 0xfc0) | (word & 0x3f);
  const above = codePoint - 0x10000;
  units[last + 1] = 0xd800 | (above >> 10);
  units[last + 2] = 0xdc00 | (above & 0x3ff);
}
