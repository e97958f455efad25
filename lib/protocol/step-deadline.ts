/**
 * A deadline that belongs to a step. It runs from the moment in which our frame has left for the peer, not from the one
 * in which it was asked for: while bytes leave in front of it, the deadline moves. When nothing leaves it stays.
 *
 * Times in milliseconds on the caller's clock, positions in bytes of the output.
 */
export class StepDeadline {
  readonly #timeout: number;
  /** Where our frame ends in the output. */
  readonly #frameEnd: number;
  #due: number;
  #left = false;

  /** @param frameEnd where the frame that starts the step ends in the output; 0: nothing has to leave first */
  constructor(timeout: number, now: number, frameEnd = 0) {
    this.#timeout = timeout;
    this.#frameEnd = frameEnd;
    this.#due = now + timeout;
    this.#left = frameEnd === 0;
  }

  get due(): number {
    return this.#due;
  }

  /** Whether bytes that leave still move it. */
  get waits(): boolean {
    return !this.#left;
  }

  /**
   * The system has taken more of the output, up to `position`.
   *
   * @param transit how long what the system holds is expected to be on its way to the peer
   */
  written(position: number, now: number, transit: number): void {
    if (this.#left) return;
    this.#left = position >= this.#frameEnd;
    this.#due = now + this.#timeout + (this.#left ? transit : 0);
  }

  /** Something else showed that the link lives. */
  move(now: number): void {
    this.#due = Math.max(this.#due, now + this.#timeout);
  }
}
