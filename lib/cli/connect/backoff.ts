/** How long to wait before connecting again: twice as long each time, never at the same moment as everybody else. */
import { backOffDelay } from '../../api/retry-rule.js';

export interface BackoffOptions {
  /** Seconds: the first wait, and the longest one. */
  readonly first: number;
  readonly longest: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Seconds to wait now: a half to the whole of a time that doubles, or what the server asks for if that is longer. */
  next(asked = 0): number {
    const { first, longest, random } = this.#options;
    const wait = backOffDelay(++this.#failures, { minDelay: first * 1000, maxDelay: longest * 1000 }, random());
    return Math.max(Math.min(asked, longest), wait / 1000);
  }

  /** A connection lasted: begin anew. */
  reset(): void {
    this.#failures = 0;
  }
}
