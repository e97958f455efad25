/** What a case of a fuzz target is made of: choices that its seed decides. */
import { Buffer } from 'node:buffer';
import { seeded } from '../protocol/random.js';

/** Sizes at which the code takes another way: headers, text in one go, runs, slabs, stores. */
const edges = [0, 1, 2, 23, 24, 25, 41, 42, 43, 47, 48, 49, 63, 64, 65, 124, 125, 126, 127, 128, 255, 256];
const largeEdges = [4090, 4096, 16383, 16384, 16385, 21844, 21845, 21846, 65530, 65535, 65536, 65537, 65600, 131072];

const characters = [
  ...['a', 'Z', '\0', '\x7f', '\x80', 'ß', '\u07ff'],
  ...['\u0800', '中', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'],
];
/** What no UTF-8 can carry: half a pair. */
const halves = ['\ud83d', '\ude00', '\udbff', '\udc00'];

export class Random {
  /** A number of 32 bits. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor((this.next() / 2 ** 32) * count);
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; at++) bytes[at] = this.next() >>> 24;
    return bytes;
  }

  /** Mostly small, often an edge, now and then large. */
  size(): number {
    if (this.once(200)) return this.pick(largeEdges) + this.below(3);
    return this.once(2) ? this.pick(edges) : this.below(this.pick([8, 60, 300]));
  }

  /** A string of about `size` characters: ASCII only, of one further kind, or mixed. `torn`: with halves of pairs. */
  text(size = this.size(), torn = false): string {
    const kind = this.below(torn ? 4 : 3);
    if (kind === 0) return this.#ascii(size);
    const mixed = kind === 1 ? [this.pick(characters)] : kind === 2 ? characters : [...characters, ...halves];
    // A large one repeats a small part: what matters are its size and what lies at the edges.
    const part: string[] = [];
    const parts = Math.min(size, 97);
    for (let count = 0; count < parts; count++) part.push(this.once(3) ? 'x' : this.pick(mixed));
    const repeated = part.join('').repeat(Math.ceil(size / Math.max(1, parts)));
    return torn ? repeated.slice(0, size) : [...repeated].slice(0, size).join('');
  }

  #ascii(size: number): string {
    const start = this.below(64);
    const line = 'The quick brown fox jumps over the lazy dog 0123456789; {"a":[1]} ';
    return line.repeat(2 + size / 64).slice(start, start + size);
  }

  /** A message's content as bytes: sometimes compressible, sometimes not. */
  payload(size = this.size()): Buffer {
    if (size > 300 || this.once(3)) return Buffer.alloc(size, this.once(2) ? 'abcabcabd' : this.bytes(61));
    return this.bytes(size);
  }

  /** Where to cut so many bytes: nowhere, everywhere, or at random. */
  cuts(size: number): number[] {
    const kind = this.below(4);
    if (kind === 0) return [];
    if (kind === 1 && size < 1000) return Array.from({ length: Math.max(0, size - 1) }, (_, at) => at + 1);
    const most = this.pick([3, 17, 130, 5000, 70_000]);
    const cuts: number[] = [];
    const step = Math.max(most, Math.ceil(size / 2000));
    for (let at = 1 + this.below(step); at < size; at += 1 + this.below(step)) cuts.push(at);
    return cuts;
  }
}

/** What arrives of a string: halves of pairs become U+FFFD. */
export const wellFormed = (text: string): string => Buffer.from(text).toString();

/** The pieces between the cuts, each in memory of its own. */
export function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  return [0, ...cuts].map((start, index) => Buffer.from(bytes.subarray(start, cuts[index] ?? bytes.length)));
}
