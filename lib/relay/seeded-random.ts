/** Random numbers that come again with the same seed: each connection and direction has a series of its own. */

/** Numbers from 0 up to 1, by Mulberry32: 32 bits of state are enough to choose places and times. */
export class SeededRandom {
  #state: number;

  /** @param stream tells series of one seed apart, e.g. a connection and a direction */
  constructor(seed: number, ...stream: readonly number[]) {
    this.#state = seed >>> 0;
    for (const part of stream) this.#state = (Math.imul(this.#state ^ part, 0x9e3779b1) + 0x7f4a7c15) >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to below `most`. */
  below(most: number): number {
    return Math.floor(this.next() * most);
  }
}
