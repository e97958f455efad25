/**
 * Liveness: when to send a ping, and when a link is dead, because nothing moved on it for the time that a pong may take.
 * Bytes that arrive move it, and so do bytes that leave in front of the ping. Knows no frame and no clock.
 */
import { Buffer } from 'node:buffer';
import { StepDeadline } from './step-deadline.js';

const never = Infinity;

/** Times in milliseconds, on whatever clock the caller has. */
export class Heartbeat {
  readonly #interval: number;
  readonly #timeout: number;
  #pingDue = never;
  /** While a pong is waited for. */
  #pongDue: StepDeadline | undefined;
  /** The ping that waits for its pong: its payload, and where it ends in the output. */
  #expected: Uint8Array | undefined;
  #pingEnd = 0;

  /**
   * @param interval between pings; 0: none are sent
   * @param timeout without any movement, at most `interval`; 0 or Infinity: no matter how long
   */
  constructor(interval: number, timeout: number) {
    this.#interval = interval;
    this.#timeout = timeout === 0 ? never : timeout;
  }

  get timeout(): number {
    return this.#timeout;
  }

  /** When to ask `verdict` next. */
  get deadline(): number {
    return Math.min(this.#pingDue, this.#pongDue?.due ?? never);
  }

  /** Whether `written` and `received` make a difference. */
  get waits(): boolean {
    return this.#pongDue !== undefined;
  }

  start(now: number): void {
    if (this.#interval > 0) this.#pingDue = now + this.#interval;
  }

  stop(): void {
    this.#pingDue = never;
    this.#pongDue = undefined;
    this.#expected = undefined;
  }

  /** What is due: a ping has to be sent (see `pinged`), or the link is dead. */
  verdict(now: number): 'ping' | 'dead' | undefined {
    if (now >= (this.#pongDue?.due ?? never)) return 'dead';
    if (now < this.#pingDue) return undefined;
    if (this.#expected === undefined || this.#timeout === never) return 'ping';
    // The last ping is still on its way, and the link lives: another one behind it would tell nothing new.
    this.#pingDue = now + this.#interval;
    return undefined;
  }

  /** What to ping with: four unpredictable bytes, so that an unsolicited pong does not pass for an answer. */
  static payload(random: number): Buffer {
    const payload = Buffer.alloc(4);
    payload.writeInt32LE(random);
    return payload;
  }

  /** A ping has been written, which ends at `end` in the output. */
  pinged(payload: Uint8Array, now: number, end: number): void {
    this.#expected = payload;
    this.#pingEnd = end;
    if (this.#timeout !== never) this.#pongDue = new StepDeadline(this.#timeout, now, end);
    this.#pingDue = now + this.#interval;
  }

  /** The system has taken the output up to `position`; see `StepDeadline`. */
  written(position: number, now: number, transit: number): void {
    this.#pongDue?.written(position, now, transit);
  }

  /** Bytes have arrived. */
  received(now: number): void {
    this.#pongDue?.move(now);
  }

  /** @returns when the pong answers our ping: up to where the peer has received our output; else nothing */
  ponged(payload: Uint8Array): number | undefined {
    const expected = this.#expected;
    if (expected?.length !== payload.length) return undefined;
    if (!expected.every((byte, index) => byte === payload[index])) return undefined;
    this.#expected = undefined;
    this.#pongDue = undefined;
    return this.#pingEnd;
  }
}
