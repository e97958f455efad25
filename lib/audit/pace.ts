/** How fast the server is asked: one that limits its clients gets fewer at once, then one at a time with pauses. */
import type { LimitRefusal } from './refusal.js';

/** Milliseconds: the first pause, and the longest. */
const leastPause = 100;
const mostPause = 2000;

export class Pace {
  /** How many probes at once. */
  width: number;
  readonly #patience: number;
  readonly #end: number;
  /** Before every probe, once there is one at a time. */
  #pause = 0;
  /** After a refusal. */
  #wait = leastPause;
  /** Since when there were only refusals. */
  #refusedSince: number | undefined;
  #room: Promise<boolean> | undefined;
  #isLimited = false;

  /**
   * @param patience milliseconds to wait for a server that refuses
   * @param end of the audit, on the clock of `performance.now`
   */
  constructor(width: number, patience: number, end: number) {
    this.width = width;
    this.#patience = patience;
    this.#end = end;
  }

  /** Whether the server has turned anybody away. */
  get isLimited(): boolean {
    return this.#isLimited;
  }

  /** Settles when the next probe may be put. */
  async ready(): Promise<void> {
    await this.#room;
    if (this.#pause > 0) await sleep(this.#pause);
  }

  /** The server took a client. */
  answered(): void {
    this.#refusedSince = undefined;
    this.#wait = leastPause;
    if (this.#pause > 0) this.#pause = Math.max(0.75 * this.#pause, leastPause);
  }

  /**
   * Slows down, once for refusals that come together, and waits as long as the server asks for, within bounds.
   *
   * @returns whether it may be asked on: it has not refused everybody for too long
   */
  makeRoom(refusal: LimitRefusal): Promise<boolean> {
    this.#isLimited = true;
    this.#room ??= this.#slowDown(refusal).finally(() => {
      this.#room = undefined;
    });
    return this.#room;
  }

  async #slowDown({ retryAfter = this.#wait }: LimitRefusal): Promise<boolean> {
    if (this.width > 1) this.width >>= 1;
    else this.#pause = 2 * this.#pause;
    if (this.width === 1) this.#pause = Math.min(Math.max(this.#pause, leastPause), mostPause);
    this.#wait = Math.min(2 * this.#wait, mostPause);
    this.#refusedSince ??= performance.now();
    const end = Math.min(this.#refusedSince + this.#patience, this.#end);
    const left = end - performance.now();
    if (left <= 0) return false;
    // No control handshake: it would take the place of the next probe.
    await sleep(Math.min(retryAfter, left));
    return true;
  }
}

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
