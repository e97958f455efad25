/** Where one direction is written: at once, or late, slowly and in pieces. Says when it has enough. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { WayRules } from './relay-rules.js';
import type { SeededRandom } from './seeded-random.js';

/** Bytes that wait for their time: above it nothing more is taken. */
const mostWaiting = 2 ** 20;
/** What a piece takes beside its bytes: a peer may send them one by one. Measured on Node 20. */
const pieceCost = 256;
/** With a rate, what leaves at once is at most what passes in this many milliseconds. */
const rateStep = 20;

interface Waiting {
  bytes: Buffer;
  /** When it may leave, on the clock of `performance.now`. */
  readonly due: number;
}

export class PacedOutput {
  readonly #to: Socket;
  readonly #delay: number;
  readonly #jitter: number;
  /** Bytes a millisecond; none: as fast as it goes. */
  readonly #rate: number | undefined;
  readonly #split: number;
  readonly #random: SeededRandom;
  readonly #hasRoom: () => void;
  readonly #isPaced: boolean;
  #queue: Waiting[] = [];
  #waiting = 0;
  #lastDue = 0;
  /** When the rate allows the next piece. */
  #free = 0;
  #timer: NodeJS.Timeout | undefined;
  #isWriting = false;
  #isOver = false;
  /** What happens behind the last byte. */
  #after: (() => void) | undefined;

  /** @param hasRoom called when it had enough, and takes more again */
  constructor(to: Socket, rules: WayRules, random: SeededRandom, hasRoom: () => void) {
    const { delay = 0, jitter = 0, rate, split = Infinity } = rules;
    this.#to = to;
    this.#delay = delay;
    this.#jitter = jitter;
    this.#rate = rate === undefined ? undefined : rate / 1000;
    this.#split = split;
    this.#random = random;
    this.#hasRoom = hasRoom;
    this.#isPaced = delay > 0 || jitter > 0 || rate !== undefined || split !== Infinity;
    to.on('drain', () => this.#hasRoom());
  }

  /** Whether nothing more should be given until `hasRoom`. */
  get isFull(): boolean {
    return this.#isPaced ? this.#waiting > mostWaiting : this.#to.writableNeedDrain;
  }

  write(bytes: Buffer): void {
    if (this.#isOver || bytes.length === 0) return;
    if (!this.#isPaced) {
      if (this.#to.writable) this.#to.write(bytes);
      return;
    }
    const late = this.#delay + (this.#jitter > 0 ? this.#jitter * this.#random.next() : 0);
    this.#lastDue = Math.max(this.#lastDue, performance.now() + late);
    this.#queue.push({ bytes, due: this.#lastDue });
    this.#waiting += bytes.length + pieceCost;
    this.#work();
  }

  /** Does something when all that was written is the system's; nothing is taken from now on. */
  finish(after: () => void): void {
    this.#isOver = true;
    this.#after = after;
    this.#work();
  }

  /** Forgets what waits. */
  drop(): void {
    this.#isOver = true;
    this.#queue = [];
    this.#waiting = 0;
    clearTimeout(this.#timer);
  }

  #work(): void {
    if (this.#isWriting) return;
    clearTimeout(this.#timer);
    const [next] = this.#queue;
    if (next === undefined) return this.#done();
    const now = performance.now();
    const wait = Math.max(next.due, this.#free) - now;
    if (wait > 0) {
      // Node's timers may be up to a millisecond early.
      this.#timer = setTimeout(() => this.#work(), Math.ceil(wait));
      return;
    }
    this.#writePiece(next, now);
  }

  #writePiece(next: Waiting, now: number): void {
    const rate = this.#rate;
    const step = rate === undefined ? Infinity : Math.max(1, Math.floor(rate * rateStep));
    const piece = next.bytes.subarray(0, Math.min(this.#split, step));
    next.bytes = next.bytes.subarray(piece.length);
    const isDone = next.bytes.length === 0;
    if (isDone) this.#queue.shift();
    // A timer that was late is caught up with, by one step.
    if (rate !== undefined) this.#free = Math.max(this.#free, now - rateStep) + piece.length / rate;
    if (!this.#to.writable) {
      this.drop();
      return this.#done();
    }
    this.#isWriting = true;
    // The next piece waits for this one: two writes at a time would leave as one.
    this.#to.write(piece, () => {
      this.#isWriting = false;
      const wasFull = this.isFull;
      this.#waiting = Math.max(0, this.#waiting - piece.length - (isDone ? pieceCost : 0));
      if (wasFull && !this.isFull) this.#hasRoom();
      // A turn of its own for each piece, so that a reader nearby gets it on its own.
      if (this.#split === Infinity) this.#work();
      else setImmediate(() => this.#work());
    });
  }

  #done(): void {
    const after = this.#after;
    if (after === undefined) return;
    this.#after = undefined;
    if (this.#isPaced || this.#to.writableLength === 0 || !this.#to.writable) after();
    else this.#to.write('', () => after()); // called behind what is still being written
  }
}
