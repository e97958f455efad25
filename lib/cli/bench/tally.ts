/** What one process counts in a piece of time, and what all of them have counted together. */
import process from 'node:process';
import { Histogram, type HistogramData } from './histogram.js';

/** Where a load is. In `opening` no message is sent yet; in `drain` none any more. */
export type LoadPhase = 'opening' | 'ramp-up' | 'warm-up' | 'measured' | 'drain';

/** Errors of one kind. */
export interface ErrorCount {
  readonly count: number;
  /** What the first one said. */
  readonly example: string;
}

/** A piece of time of one process; can be cloned. */
export interface LoadTick {
  /** Of the process. */
  readonly process: number;
  readonly phase: LoadPhase;
  /** Seconds since the load began, at the end of the piece. */
  readonly at: number;
  /** Seconds. */
  readonly elapsed: number;
  /** Messages that were due, or without a rate sent. */
  readonly due: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Answers that were right, or messages of a feed. */
  readonly received: number;
  readonly receivedBytes: number;
  /** Messages that nobody waited for. */
  readonly unasked: number;
  /** Answers that came when their message had been given up. */
  readonly late: number;
  readonly attempted: number;
  readonly opened: number;
  /** Connections that are open at the end of the piece. */
  readonly open: number;
  readonly errors: Readonly<Record<string, ErrorCount>>;
  /** Milliseconds from when a message was due to its answer. */
  readonly latency: HistogramData;
  /** … from when it was sent. */
  readonly service: HistogramData;
  /** … from when it was due to when it was sent. */
  readonly delay: HistogramData;
  /** … of the opening of a connection. */
  readonly opening: HistogramData;
  /** Seconds of CPU. */
  readonly cpu: number;
  /** Seconds in which the process was not waiting for anything. */
  readonly busy: number;
}

/** Longer ones are cut. */
const maxExample = 200;

/** Counts in the piece of time that is going on. */
export class Tally {
  readonly #process: number;
  readonly #began = performance.now();
  #since = this.#began;
  #cpu = process.cpuUsage();
  #loop = performance.eventLoopUtilization?.();
  #errors = new Map<string, { count: number; example: string }>();
  readonly latency = new Histogram();
  readonly service = new Histogram();
  readonly delay = new Histogram();
  readonly opening = new Histogram();
  due = 0;
  sent = 0;
  sentBytes = 0;
  received = 0;
  receivedBytes = 0;
  unasked = 0;
  late = 0;
  attempted = 0;
  opened = 0;

  /** @param process its number */
  constructor(process: number) {
    this.#process = process;
  }

  error(kind: string, example: string, count = 1): void {
    const known = this.#errors.get(kind);
    if (known === undefined) this.#errors.set(kind, { count, example: example.slice(0, maxExample) });
    else known.count += count;
  }

  /** Ends the piece of time and begins the next one. */
  cut(phase: LoadPhase, open: number): LoadTick {
    const now = performance.now();
    const elapsed = (now - this.#since) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const loop = this.#loop && performance.eventLoopUtilization(this.#loop);
    const { due, sent, sentBytes, received, receivedBytes, unasked, late, attempted, opened } = this;
    const tick: LoadTick = {
      process: this.#process,
      phase,
      at: (now - this.#began) / 1000,
      elapsed,
      ...{ due, sent, sentBytes, received, receivedBytes, unasked, late, attempted, opened, open },
      errors: Object.fromEntries(this.#errors),
      latency: this.latency.toData(),
      service: this.service.toData(),
      delay: this.delay.toData(),
      opening: this.opening.toData(),
      cpu: (user + system) / 1e6,
      busy: loop === undefined ? (user + system) / 1e6 : loop.utilization * elapsed,
    };
    this.#since = now;
    this.#cpu = process.cpuUsage();
    this.#loop = performance.eventLoopUtilization?.();
    this.#errors = new Map();
    for (const histogram of [this.latency, this.service, this.delay, this.opening]) histogram.clear();
    this.due = this.sent = this.sentBytes = this.received = this.receivedBytes = 0;
    this.unasked = this.late = this.attempted = this.opened = 0;
    return tick;
  }
}
