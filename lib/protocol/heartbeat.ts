/** Liveness: when to send a ping, and when a link on which no pong comes is dead. Knows no frame and no clock. */

const never = Infinity;

/** Times in milliseconds, on whatever clock the caller has. */
export class Heartbeat {
  readonly #interval: number;
  readonly #timeout: number;
  #pingDue = never;
  #pongDue = never;
  /** The payload of the ping that waits for its pong. */
  #expected: Uint8Array | undefined;

  /**
   * @param interval between pings; 0: none are sent
   * @param timeout to wait for a pong, at most `interval`; 0: no matter how long
   */
  constructor(interval: number, timeout: number) {
    this.#interval = interval;
    this.#timeout = timeout;
  }

  /** How long a pong may take. */
  get timeout(): number {
    return this.#timeout;
  }

  /** When to ask `verdict` next. */
  get deadline(): number {
    return Math.min(this.#pingDue, this.#pongDue);
  }

  start(now: number): void {
    if (this.#interval > 0) this.#pingDue = now + this.#interval;
  }

  stop(): void {
    this.#pingDue = never;
    this.#pongDue = never;
    this.#expected = undefined;
  }

  /** What is due: a ping has to be sent (see `pinged`), or the link is dead. */
  verdict(now: number): 'ping' | 'dead' | undefined {
    if (now >= this.#pongDue) return 'dead';
    return now >= this.#pingDue ? 'ping' : undefined;
  }

  /** A ping has been written. */
  pinged(payload: Uint8Array, now: number): void {
    this.#expected = payload;
    if (this.#timeout > 0) this.#pongDue = now + this.#timeout;
    this.#pingDue = now + this.#interval;
  }

  /** @returns whether the pong answers our ping */
  ponged(payload: Uint8Array): boolean {
    const expected = this.#expected;
    if (expected?.length !== payload.length || !expected.every((byte, index) => byte === payload[index])) return false;
    this.#expected = undefined;
    this.#pongDue = never;
    return true;
  }
}
