/** All that a session waits for: the step in progress and the heartbeat, on its clock and with the progress of its output. */
import type { OutputSink } from './framing/output-queue.js';
import { Heartbeat } from './heartbeat.js';
import { StepDeadline } from './step-deadline.js';

const never = Infinity;

/** How long a client waits for the server to close the TCP connection first (RFC 6455 §7.1.1) before it does. */
export const lingerTimeout = 1000;
/** How long the body of a refusal may take. */
export const refusalTimeout = 1000;

export class Deadlines {
  readonly now: () => number;
  readonly heartbeat: Heartbeat;
  readonly #sink: OutputSink;
  /** The opening handshake, the closing handshake, or the end of the connection. */
  #step: StepDeadline | undefined;

  /** @param options times in milliseconds: see `Heartbeat` */
  constructor(now: () => number, sink: OutputSink, options: { pingInterval?: number; pongTimeout?: number }) {
    this.now = now;
    this.#sink = sink;
    this.heartbeat = new Heartbeat(options.pingInterval ?? 0, options.pongTimeout ?? 0);
  }

  /** When the first of them is due; `Infinity`: never. */
  get next(): number {
    return Math.min(this.#step?.due ?? never, this.heartbeat.deadline);
  }

  /** Whether the step's time is up. */
  get isStepOver(): boolean {
    return this.now() >= (this.#step?.due ?? never);
  }

  /** Starts a step that begins when what has been written so far has left. */
  startStep(timeout: number): void {
    this.#step = new StepDeadline(timeout, this.now(), this.#sink.position);
  }

  /** Has the step end at a time of its own, or at the time before that which it has already. */
  endStepAt(due: number): void {
    this.#step = new StepDeadline(0, Math.min(this.#step?.due ?? never, due));
  }

  stopStep(): void {
    this.#step = undefined;
  }

  startHeartbeat(): void {
    this.heartbeat.start(this.now());
  }

  /** Whether `written` makes a difference now. */
  get awaitWriting(): boolean {
    return this.#step?.waits === true || this.heartbeat.waits;
  }

  /** See `Session.written`. */
  written(position: number, transit: number): void {
    if (!this.awaitWriting) return;
    const now = this.now();
    this.#step?.written(position, now, transit);
    this.heartbeat.written(position, now, transit);
  }

  /** Bytes have arrived, or the program has taken its time for them. */
  received(): void {
    if (this.heartbeat.waits) this.heartbeat.received(this.now());
  }
}
