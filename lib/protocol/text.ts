/** Bytes that are known to be UTF-8 -> a string, by the decoder that measured fastest for their kind. */
import { type Buffer, isAscii, isUtf8, transcode } from 'node:buffer';
import { codeUnits, littleEndian, unitsSize } from './code-units.js';

/** Below this, looking at every byte here is faster than a view and a call into native code. */
const shortText = 64;

/**
 * Decodes a whole text.
 *
 * @returns `undefined` when the bytes are not UTF-8
 */
export function decodeText(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start <= shortText && isShortAscii(bytes, start, end)) return bytes.toString('latin1', start, end);
  const view = bytes.subarray(start, end);
  if (end - start > shortText && isAscii(view)) return bytes.toString('latin1', start, end);
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

/**
 * Whether Node decodes UTF-8 with SIMD. Up to Node 22 it takes 15 ns a Chinese character, five times what a loop and a
 * copy of the UTF-16 take; from Node 24 on it takes 1.5 ns. `Float16Array` came with the same V8.
 */
const nativeIsFast = 'Float16Array' in globalThis;

/**
 * From this size on, `transcode` to UTF-16 and a copy of that are faster than the loop: 2 times at 4 KiB, 3 at 16 KiB.
 * Node has it when it is built with ICU.
 */
const transcodedText = 2048;
const canTranscode = typeof (transcode as unknown) === 'function';

/** Decodes valid UTF-8 that is not ASCII. */
function decodeUtf8(bytes: Buffer, start: number, end: number): string {
  if (nativeIsFast || !littleEndian) return bytes.toString('utf8', start, end);
  if (canTranscode && end - start >= transcodedText) {
    return transcode(bytes.subarray(start, end), 'utf8', 'utf16le').toString('utf16le');
  }
  if (end - start <= unitsSize) return decodePiece(bytes, start, end);
  let text = '';
  for (let at = start; at < end; ) {
    let next = Math.min(at + unitsSize, end);
    while (next < end && (bytes[next]! & 0xc0) === 0x80) next--; // not inside a character
    text += decodePiece(bytes, at, next);
    at = next;
  }
  return text;
}

function decodePiece(bytes: Buffer, start: number, end: number): string {
  const scratch = codeUnits();
  const out = scratch.units;
  let size = 0;
  for (let at = start; at < end; ) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      out[size++] = byte;
      at++;
    } else if (byte < 0xe0) {
      out[size++] = ((byte & 0x1f) << 6) | (bytes[at + 1]! & 0x3f);
      at += 2;
    } else if (byte < 0xf0) {
      out[size++] = ((byte & 0x0f) << 12) | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f);
      at += 3;
    } else {
      const codePoint =
        ((byte & 0x07) << 18) | ((bytes[at + 1]! & 0x3f) << 12) | ((bytes[at + 2]! & 0x3f) << 6) | (bytes[at + 3]! & 0x3f);
      const above = codePoint - 0x10000;
      out[size++] = 0xd800 | (above >> 10);
      out[size++] = 0xdc00 | (above & 0x3ff);
      at += 4;
    }
  }
  return scratch.bytes.toString('utf16le', 0, size * 2);
}
