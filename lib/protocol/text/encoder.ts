/** Strings beyond Latin-1 -> UTF-8, where that is faster here than in Node. */
import { charLoop, littleEndian, nativeEncodesFast } from './engine.js';
import { type CodeUnits, codeUnits } from './utf16-scratch.js';

/** The longest text that is encoded at once: 3 bytes each are less than 64 KiB. */
export const longestText = 21845;

/** Whether a text that may be other than ASCII is encoded faster here: a guess, from eight of its characters. */
export function isFasterHere(text: string): boolean {
  const { length } = text;
  if (!littleEndian) return false;
  if (length <= charLoop) return true;
  if (nativeEncodesFast || length > longestText) return false;
  const step = length >>> 3;
  for (let at = step >>> 1; at < length; at += step) {
    const unit = text.charCodeAt(at);
    // Up to U+00FF, V8 keeps one byte a character, and is fast with that; with pairs of surrogates it is as well.
    if (unit > 0xff && (unit & 0xf800) !== 0xd800) return true;
  }
  return false;
}

export interface Utf8Encoder {
  /**
   * Encodes a text of at most `longestText` characters; lone surrogates become U+FFFD, as with `Buffer.from`.
   *
   * @returns how many bytes it takes
   */
  encode(text: string): number;

  /**
   * Copies the first `size` bytes of the text that was encoded last to `bytes[at…]`, masked with a key (RFC 6455 §5.3);
   * 0 leaves them as they are.
   *
   * @param words the same memory as 32-bit words: its first word is `bytes[0…4)`
   * @param phase how many bytes of the payload came before, for payloads that are masked in pieces
   */
  copyMasked(bytes: Uint8Array, words: Int32Array, at: number, size: number, key: number, phase: number): void;
}

let shared: Utf8Encoder | undefined;

/** The one encoder, made on first use: it holds 128 KiB, and more where many characters are met. */
export function utf8Encoder(): Utf8Encoder {
  return (shared ??= createEncoder());
}

function createEncoder(): Utf8Encoder {
  // A character is stored as four bytes, whatever it needs.
  const view = new DataView(new ArrayBuffer(longestText * 3 + 3));
  return { encode: createEncode(codeUnits(), view), copyMasked: createCopyMasked(view) };
}

/**
 * The arrays are constants of one closure: V8 then knows their addresses and sizes, which makes the loops twice as
 * fast. So are those of `createCopyMasked`.
 */
function createEncode({ units, bytes: unitBytes }: CodeUnits, view: DataView): Utf8Encoder['encode'] {
  /**
   * The UTF-8 of every code unit met so far, surrogates left out: the first byte lowest, and minus the number of bytes
   * in the highest 8 bits; 0 for those not met. The system gives memory only to those pages that are in use.
   */
  const sequences = new Int32Array(65536);

  return function encode(text: string): number {
    const { length } = text;
    if (length > charLoop) {
      unitBytes.write(text, 0, length * 2, 'utf16le');
    } else {
      let i = 0;
      for (; i + 3 < length; i += 4) {
        units[i] = text.charCodeAt(i);
        units[i + 1] = text.charCodeAt(i + 1);
        units[i + 2] = text.charCodeAt(i + 2);
        units[i + 3] = text.charCodeAt(i + 3);
      }
      for (; i < length; i++) units[i] = text.charCodeAt(i);
    }
    let at = 0;
    for (let i = 0; ; ) {
      // Four at a time, and without a branch on how long each is: the processor could not guess it.
      for (; i + 3 < length; i += 4) {
        const unit0 = units[i]!;
        const unit1 = units[i + 1]!;
        const unit2 = units[i + 2]!;
        const unit3 = units[i + 3]!;
        if ((unit0 | unit1 | unit2 | unit3) < 0x80) {
          view.setInt32(at, unit0 | (unit1 << 8) | (unit2 << 16) | (unit3 << 24), true);
          at += 4;
          continue;
        }
        const sequence0 = sequences[unit0]!;
        const sequence1 = sequences[unit1]!;
        const sequence2 = sequences[unit2]!;
        const sequence3 = sequences[unit3]!;
        if ((sequence0 & sequence1 & sequence2 & sequence3) >= 0) break;
        view.setInt32(at, sequence0, true);
        at -= sequence0 >> 24;
        view.setInt32(at, sequence1, true);
        at -= sequence1 >> 24;
        view.setInt32(at, sequence2, true);
        at -= sequence2 >> 24;
        view.setInt32(at, sequence3, true);
        at -= sequence3 >> 24;
      }
      if (i >= length) return at;
      const unit = units[i++]!;
      if ((unit & 0xf800) !== 0xd800) {
        let sequence = sequences[unit]!;
        if (sequence === 0) sequences[unit] = sequence = sequenceOf(unit);
        view.setInt32(at, sequence, true);
        at -= sequence >> 24;
      } else if (unit < 0xdc00 && i < length && (units[i]! & 0xfc00) === 0xdc00) {
        view.setInt32(at, pairOf(unit, units[i++]!), true);
        at += 4;
      } else {
        view.setInt32(at, 0xbdbfef, true); // U+FFFD
        at += 3;
      }
    }
  };
}

function createCopyMasked(view: DataView): Utf8Encoder['copyMasked'] {
  const encoded = new Uint8Array(view.buffer);
  return function copyMasked(
    bytes: Uint8Array,
    words: Int32Array,
    start: number,
    size: number,
    key: number,
    phase: number,
  ): void {
    const end = start + size;
    let at = start;
    let from = 0;
    let shift = (phase & 3) << 3;
    for (const aligned = Math.min(end, (start + 3) & ~3); at < aligned; at++, from++, shift += 8) {
      bytes[at] = encoded[from]! ^ (key >>> shift);
    }
    const endWord = end >>> 2;
    let word = at >>> 2;
    if (word < endWord) {
      const rotated = (key >>> shift) | (key << (32 - shift));
      for (const endBlock = endWord - 3; word < endBlock; word += 4, from += 16) {
        words[word] = view.getInt32(from, true) ^ rotated;
        words[word + 1] = view.getInt32(from + 4, true) ^ rotated;
        words[word + 2] = view.getInt32(from + 8, true) ^ rotated;
        words[word + 3] = view.getInt32(from + 12, true) ^ rotated;
      }
      for (; word < endWord; word++, from += 4) words[word] = view.getInt32(from, true) ^ rotated;
      at = word << 2;
    }
    for (; at < end; at++, from++, shift += 8) bytes[at] = encoded[from]! ^ (key >>> shift);
  };
}

function sequenceOf(unit: number): number {
  if (unit < 0x80) return unit | (-1 << 24);
  const last = 0x80 | (unit & 0x3f);
  if (unit < 0x800) return 0xc0 | (unit >> 6) | (last << 8) | (-2 << 24);
  return 0xe0 | (unit >> 12) | ((0x80 | ((unit >> 6) & 0x3f)) << 8) | (last << 16) | (-3 << 24);
}

function pairOf(high: number, low: number): number {
  const codePoint = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
  const head = 0xf0 | (codePoint >> 18) | ((0x80 | ((codePoint >> 12) & 0x3f)) << 8);
  const tail = 0x80 | ((codePoint >> 6) & 0x3f) | ((0x80 | (codePoint & 0x3f)) << 8);
  return head | (tail << 16);
}
