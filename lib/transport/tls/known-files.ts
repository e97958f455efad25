/** Files of CAs that were read before and have not changed since: reading them takes as long as a resumed handshake. */
import type { BigIntStats } from 'node:fs';
import { readRegularFile } from './regular-file.js';

/** Characters of all files that are kept; a system's bundle of CAs has a quarter of it. */
export const maxKept = 2 ** 20;

/** Milliseconds. What changed so shortly before it was read can change again without a trace in its times. */
const settled = 3000;

interface KnownFile {
  readonly stats: BigIntStats;
  readonly text: string;
}

export class KnownFiles {
  readonly #files = new Map<string, KnownFile>();
  #size = 0;

  /** Characters that are kept. */
  get size(): number {
    return this.#size;
  }

  /**
   * The text of a file, as `readRegularFile` has it.
   *
   * @param stats of the file now
   * @param now milliseconds since the epoch
   */
  async read(path: string, stats: BigIntStats, now = Date.now()): Promise<string> {
    const known = this.#files.get(path);
    if (known !== undefined) {
      if (isSame(known.stats, stats)) return known.text;
      this.#drop(path, known);
    }
    const text = await readRegularFile(path);
    const changed = Math.max(Number(stats.ctimeMs), Number(stats.mtimeMs));
    if (changed + settled < now && text.length <= maxKept) this.#keep(path, { stats, text });
    return text;
  }

  #keep(path: string, file: KnownFile): void {
    const before = this.#files.get(path);
    if (before !== undefined) this.#drop(path, before);
    this.#files.set(path, file);
    this.#size += file.text.length;
    while (this.#size > maxKept) this.#drop(...this.#files.entries().next().value!);
  }

  #drop(path: string, { text }: KnownFile): void {
    if (this.#files.delete(path)) this.#size -= text.length;
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ctimeNs === b.ctimeNs && a.mtimeNs === b.mtimeNs && a.size === b.size && a.ino === b.ino && a.dev === b.dev;
}
