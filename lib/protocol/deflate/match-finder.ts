/** LZ77 (RFC 1951 §4): a message as bytes and references to what came before, in itself or in earlier messages. */
import { Buffer } from 'node:buffer';
import { longestMatch } from './alphabets.js';
import type { SlidingWindow } from './sliding-window.js';

/** A shorter match is hardly shorter than its bytes, and four bytes are one word to look up. */
const shortestMatch = 4;

/** A match of this length is taken without looking for a longer one. */
const goodMatch = 16;

/** Where to look for a match: by the hash of four bytes, the last two places at which they may stand. */
const buckets = 2048;
const ways = 2;

/** The places of one text. A place is a position in its ring; it may be stale, so what stands there is always compared. */
export class MatchTable {
  readonly places: Uint16Array = new Uint16Array(ways * buckets);
  /** Bytes at the end of the text whose places are not in it yet. */
  behind: number;

  constructor(behind: number) {
    this.behind = behind;
  }
}

/** The index of a word's first place. */
function bucketOf(word: number): number {
  return (((Math.imul(word, 0x9e3779b1) >>> 16) * buckets) >>> 16) * ways;
}

/** Holds nothing between two messages: all connections share one. */
export class MatchFinder {
  /** The message's tokens: a byte, or `length << 16 | distance`. */
  readonly tokens: Uint32Array;
  readonly #source: Buffer;
  readonly #view: DataView;

  /** @param longest bytes of a message */
  constructor(longest: number) {
    this.tokens = new Uint32Array(longest);
    this.#source = Buffer.allocUnsafeSlow(longest + shortestMatch);
    this.#view = new DataView(this.#source.buffer, this.#source.byteOffset, this.#source.length);
  }

  /**
   * Writes the message into the ring behind the text, and its tokens to `tokens`.
   *
   * @param reach bytes that a reference may go back
   * @returns how many tokens there are
   */
  find(bytes: Uint8Array, window: SlidingWindow, table: MatchTable, reach: number): number {
    const size = bytes.length;
    this.#begin(bytes, window, table);
    const { tokens } = this;
    const { places } = table;
    const source = this.#source;
    const view = this.#view;
    const { ring, position, size: before } = window;
    const text = new DataView(ring.buffer);
    const mask = ring.length - 1;
    const lastPlace = ring.length - shortestMatch;
    const last = size - shortestMatch;
    let count = 0;
    let at = 0;
    while (at <= last) {
      const word = view.getInt32(at, true);
      const bucket = bucketOf(word);
      const place = (position + at) & mask;
      const newer = places[bucket]!;
      const older = places[bucket + 1]!;
      places[bucket] = place;
      places[bucket + 1] = newer;
      const furthest = Math.min(reach, before + at);
      let distance = (place - newer) & mask;
      let length = 0;
      if (distance > 0 && distance <= furthest && newer <= lastPlace && text.getInt32(newer, true) === word)
        length = matchLength(view, at, size, text, newer);
      const second = (place - older) & mask;
      if (
        length < goodMatch &&
        second > 0 &&
        second <= furthest &&
        older <= lastPlace &&
        text.getInt32(older, true) === word
      ) {
        const other = matchLength(view, at, size, text, older);
        if (other > length) {
          length = other;
          distance = second;
        }
      }
      if (length === 0) {
        tokens[count++] = source[at++]!;
        continue;
      }
      tokens[count++] = (length << 16) | distance;
      const end = at + length;
      for (const indexed = Math.min(end, last + 1); ++at < indexed; ) {
        const inside = bucketOf(view.getInt32(at, true));
        places[inside + 1] = places[inside]!;
        places[inside] = (position + at) & mask;
      }
      at = end;
    }
    while (at < size) tokens[count++] = source[at++]!;
    table.behind = shortestMatch - 1;
    return count;
  }

  #begin(bytes: Uint8Array, window: SlidingWindow, table: MatchTable): void {
    this.#source.set(bytes);
    window.write(bytes);
    // The message has taken the place of the oldest bytes.
    window.size = Math.min(window.size, window.ring.length - bytes.length);
    this.#catchUp(window, table);
  }

  /** Notes the places of text that went another way. */
  #catchUp(window: SlidingWindow, table: MatchTable): void {
    const { ring, position } = window;
    const mask = ring.length - 1;
    const { places } = table;
    const missing = Math.min(table.behind, window.size);
    table.behind = 0;
    for (let at = position - missing; at < position; at++) {
      const word =
        ring[at & mask]! |
        (ring[(at + 1) & mask]! << 8) |
        (ring[(at + 2) & mask]! << 16) |
        (ring[(at + 3) & mask]! << 24);
      const bucket = bucketOf(word);
      places[bucket + 1] = places[bucket]!;
      places[bucket] = at & mask;
    }
  }
}

/** How many bytes from `at` on, four or more, stand in the ring at `place`: 258 at most (RFC 1951 §3.2.5). */
function matchLength(source: DataView, at: number, size: number, text: DataView, place: number): number {
  const most = Math.min(longestMatch, size - at);
  const mask = text.byteLength - 1;
  let length = shortestMatch;
  // A word at a time, up to the end of the ring; then byte by byte, around it.
  const words = Math.min(most, text.byteLength - place) - 4;
  while (length <= words && source.getInt32(at + length, true) === text.getInt32(place + length, true)) length += 4;
  while (length < most && source.getUint8(at + length) === text.getUint8((place + length) & mask)) length++;
  return length;
}
