/** How long to wait before connecting again: twice as long each time, never at the same moment as everybody else. */

export interface BackoffOptions {
  /** Seconds: the first wait, and the longest one. */
  readonly first: number;
  readonly longest: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #attempts = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Seconds to wait now: a half to the whole of a time that doubles, or what the server asks for if that is longer. */
  next(asked = 0): number {
    const { first, longest, random } = this.#options;
    const time = Math.min(longest, first * 2 ** this.#attempts++);
    return Math.max(Math.min(asked, longest), time * (0.5 + random() / 2));
  }

  /** A connection lasted: begin anew. */
  reset(): void {
    this.#attempts = 0;
  }
}
