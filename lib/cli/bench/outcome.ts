/** What a load has brought: the pieces of time of all processes, put together. */
import { availableParallelism } from 'node:os';
import { Histogram } from './histogram.js';
import type { LoadJob } from './load-plan.js';
import type { ErrorCount, LoadPhase, LoadTick } from './tally.js';

/** A point of the figures over time. */
export interface LoadPoint {
  /** Seconds since the first message could be sent. */
  readonly at: number;
  readonly phase: LoadPhase;
  /** Messages that came back, or came. */
  readonly perSecond: number;
  readonly open: number;
  readonly errors: number;
  /** Milliseconds; `undefined` when nothing came. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
}

/** What the client took of the machine in the measured time. */
export interface ClientShare {
  /** Cores that it used, of those that there are. */
  readonly cores: number;
  readonly available: number;
  /** How much of the time its busiest process was not waiting for anything, 0 to 1, and what it had of a core. */
  readonly busiest: number;
  readonly busiestCores: number;
}

export interface LoadOutcome {
  readonly job: LoadJob;
  readonly startedAt: string;
  /** Whether it was ended before its time. */
  readonly interrupted: boolean;
  readonly attempted: number;
  readonly opened: number;
  /** Connections that were open when the measured time was over. */
  readonly open: number;
  /** Milliseconds of the opening of each connection. */
  readonly opening: Histogram;
  /** Seconds that were measured. */
  readonly seconds: number;
  /** Messages of these seconds that were due, or without a rate sent. */
  readonly due: number;
  /** Messages that came, and went, in these seconds. */
  readonly received: number;
  readonly receivedBytes: number;
  readonly sentInTime: number;
  readonly sentBytes: number;
  /** Of the messages of these seconds: from when they were due to the answer, in milliseconds … */
  readonly latency: Histogram;
  /** … from when they were sent … */
  readonly service: Histogram;
  /** … and from when they were due to when they were sent. */
  readonly delay: Histogram;
  readonly unasked: number;
  readonly late: number;
  /** Of the whole run, the most frequent first. */
  readonly errors: readonly (ErrorCount & { readonly kind: string })[];
  readonly points: readonly LoadPoint[];
  readonly client: ClientShare;
}

/** At most so many points are shown: neighbours of a long run are put together. */
const maxPoints = 120;
/** Seconds: shorter pieces, between two phases, are not points; a drain shows only when answers were late. */
const [leastPiece, leastDrain] = [0.005, 0.1];
/** A process with so many pieces has its neighbours put together: an hour takes no more memory than a minute. */
const maxPieces = 1024;

/** Puts together what the processes of a load report. */
export class LoadRecord {
  readonly #job: LoadJob;
  readonly #startedAt = new Date().toISOString();
  /** Of each process, in order. */
  readonly #pieces: LoadTick[][];

  constructor(job: LoadJob) {
    this.#job = job;
    this.#pieces = Array.from({ length: job.load.processes }, () => []);
  }

  add(tick: LoadTick): void {
    const own = this.#pieces[tick.process]!;
    own.push(tick);
    if (own.length >= maxPieces) this.#pieces[tick.process] = inPairs(own);
  }

  outcome(interrupted: boolean): LoadOutcome {
    const ticks = this.#pieces.flat();
    const { processes } = this.#job.load;
    const measured = ticks.filter(({ phase }) => phase === 'measured');
    const own = ticks.filter(({ phase }) => phase === 'measured' || phase === 'drain');
    const seconds = sumOf(measured, ({ elapsed }) => elapsed) / processes;
    const shares = this.#pieces.map((own) => shareOfCore(own.filter(({ phase }) => phase === 'measured')));
    const busiest = shares.reduce((best, share) => (share.busy > best.busy ? share : best));
    return {
      job: this.#job,
      startedAt: this.#startedAt,
      interrupted,
      attempted: sumOf(ticks, ({ attempted }) => attempted),
      opened: sumOf(ticks, ({ opened }) => opened),
      open: lastOfEach(measured.length > 0 ? measured : ticks),
      opening: histogramOf(ticks, ({ opening }) => opening),
      seconds,
      due: sumOf(measured, ({ due }) => due),
      received: sumOf(measured, ({ received }) => received),
      receivedBytes: sumOf(measured, ({ receivedBytes }) => receivedBytes),
      sentInTime: sumOf(measured, ({ sent }) => sent),
      sentBytes: sumOf(measured, ({ sentBytes }) => sentBytes),
      latency: histogramOf(own, ({ latency }) => latency),
      service: histogramOf(own, ({ service }) => service),
      delay: histogramOf(own, ({ delay }) => delay),
      unasked: sumOf(ticks, ({ unasked }) => unasked),
      late: sumOf(ticks, ({ late }) => late),
      errors: errorsOf(ticks),
      points: pointsOf(this.#pieces),
      client: {
        cores: seconds === 0 ? 0 : sumOf(measured, ({ cpu }) => cpu) / seconds,
        available: availableParallelism(),
        busiest: Math.min(1, busiest.busy),
        busiestCores: busiest.cores,
      },
    };
  }

  /** The last piece of time of each process: for the line that is drawn meanwhile. */
  latest(): readonly LoadTick[] {
    return this.#pieces.flatMap((own) => own.slice(-1));
  }
}

function shareOfCore(ticks: readonly LoadTick[]): { busy: number; cores: number } {
  const seconds = sumOf(ticks, ({ elapsed }) => elapsed) || 1;
  return { busy: sumOf(ticks, ({ busy }) => busy) / seconds, cores: sumOf(ticks, ({ cpu }) => cpu) / seconds };
}

/** Half as many pieces: neighbours of the same phase in one. */
function inPairs(ticks: readonly LoadTick[]): LoadTick[] {
  const joined: LoadTick[] = [];
  for (let at = 0; at < ticks.length; at++) {
    const [first, second] = [ticks[at]!, ticks[at + 1]];
    if (second === undefined || second.phase !== first.phase) joined.push(first);
    else {
      joined.push(joinTicks(first, second));
      at++;
    }
  }
  return joined;
}

const summed = [
  'elapsed',
  'due',
  'sent',
  'sentBytes',
  'received',
  'receivedBytes',
  'unasked',
  'late',
  'attempted',
  'opened',
  'cpu',
  'busy',
] as const;
const histograms = ['latency', 'service', 'delay', 'opening'] as const;

function joinTicks(first: LoadTick, second: LoadTick): LoadTick {
  const both = [first, second];
  const errors = Object.fromEntries(errorsOf(both).map(({ kind, ...error }) => [kind, error]));
  return {
    ...second,
    errors,
    ...Object.fromEntries(summed.map((name) => [name, sumOf(both, (tick) => tick[name])])),
    ...Object.fromEntries(histograms.map((name) => [name, histogramOf(both, (tick) => tick[name]).toData()])),
  };
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

function histogramOf(ticks: readonly LoadTick[], data: (tick: LoadTick) => Parameters<Histogram['add']>[0]): Histogram {
  const histogram = new Histogram();
  for (const tick of ticks) histogram.add(data(tick));
  return histogram;
}

function lastOfEach(ticks: readonly LoadTick[]): number {
  return [...new Map(ticks.map(({ process, open }) => [process, open])).values()].reduce((sum, open) => sum + open, 0);
}

function errorsOf(ticks: readonly LoadTick[]): LoadOutcome['errors'] {
  const kinds = new Map<string, { count: number; example: string }>();
  for (const { errors } of ticks) {
    for (const [kind, { count, example }] of Object.entries(errors)) {
      const known = kinds.get(kind);
      if (known === undefined) kinds.set(kind, { count, example });
      else known.count += count;
    }
  }
  return [...kinds].map(([kind, error]) => ({ kind, ...error })).sort((a, b) => b.count - a.count);
}

/** The pieces of all processes by time: those of the same number in a phase belong together. */
function pointsOf(pieces: readonly (readonly LoadTick[])[]): readonly LoadPoint[] {
  const processes = pieces.length;
  const perProcess = pieces.map((own) =>
    own.filter(({ phase, elapsed }) => phase !== 'opening' && elapsed > (phase === 'drain' ? leastDrain : leastPiece)),
  );
  const longest = Math.max(...perProcess.map(({ length }) => length));
  const step = Math.ceil(longest / maxPoints);
  const points: LoadPoint[] = [];
  const began = Math.min(...perProcess.map(([first]) => (first === undefined ? Infinity : first.at - first.elapsed)));
  for (let from = 0; from < longest; from += step) {
    const group = perProcess.flatMap((own) => own.slice(from, from + step));
    const latency = histogramOf(group, (tick) => tick.latency);
    const elapsed = sumOf(group, (tick) => tick.elapsed) / processes;
    const value = (share: number): number | undefined => (latency.count === 0 ? undefined : latency.quantile(share));
    points.push({
      at: Math.max(...group.map(({ at }) => at)) - began,
      phase: group[0]!.phase,
      perSecond: elapsed === 0 ? 0 : sumOf(group, ({ received }) => received) / elapsed,
      open: lastOfEach(group),
      errors: sumOf(group, ({ errors }) => sumOf(Object.values(errors), ({ count }) => count)),
      p50: value(0.5),
      p99: value(0.99),
      max: latency.count === 0 ? undefined : latency.max,
    });
  }
  return points;
}
