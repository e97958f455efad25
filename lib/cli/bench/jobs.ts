/** The measurements of `bench`: each on a connection of its own, bounded in time and memory. */
import { Buffer } from 'node:buffer';
import type { ConnectPlan } from '../../transport/connect-plan.js';
import { Link, type LinkHandler } from '../link.js';
import { Histogram } from './histogram.js';

export const jobNames = ['connect', 'ping', 'echo', 'send', 'receive'] as const;
export type JobName = (typeof jobNames)[number];

export interface JobOptions {
  readonly plan: ConnectPlan;
  /** Bytes of a message. */
  readonly size: number;
  readonly binary: boolean;
  /** How long each job measures. */
  readonly seconds: number;
  /** Messages that `echo` has under way. */
  readonly inFlight: number;
  /** Ends a job early; what it has measured counts. */
  readonly signal: AbortSignal;
}

/** What a job has measured, also while it runs. */
export interface Measurement {
  readonly job: JobName;
  /** Messages, pings or connections. */
  count: number;
  /** Payload bytes, in one direction. */
  bytes: number;
  /** How long it has taken. */
  seconds: number;
  readonly latency: Histogram | undefined;
  /** Why there is nothing, or what the reader has to know. */
  note: string | undefined;
}

export type OnProgress = (measurement: Measurement) => void;

/** Milliseconds for an answer, when nothing else is measured. */
const patience = 2000;
/** Bytes that `receive` has under way: enough to keep any link busy, and less than servers cut off for. */
const receiveWindow = 2 ** 20;
const maxInFlight = 65536;
/** Connections: each leaves a port behind for a minute. */
const maxConnections = 5000;
const oneBurst = 65536;

/** Runs one job. @throws {ConnectError} there is no connection */
export function runJob(job: JobName, options: JobOptions, onProgress: OnProgress): Promise<Measurement> {
  const window = Math.max(1, Math.min(maxInFlight, Math.round(receiveWindow / Math.max(1, options.size))));
  switch (job) {
    case 'connect':
      return measureConnect(options, onProgress);
    case 'ping':
      return measurePing(options, onProgress);
    case 'echo':
      return measureEcho(job, options, options.inFlight, onProgress);
    case 'send':
      return measureSend(options, onProgress);
    case 'receive':
      return measureEcho(job, options, Math.max(window, options.inFlight), onProgress);
  }
}

/** Whether the server sends back what it gets. @throws {ConnectError} */
export async function sendsBack({ plan, signal }: JobOptions): Promise<boolean> {
  const probe = `ohos-websocket bench ${Math.random().toString(36).slice(2)}`;
  let answered!: () => void;
  const answer = new Promise<void>((resolve) => (answered = resolve));
  const link = await open(plan, { text: (message) => message === probe && answered(), binary: () => {} });
  link.send(probe);
  const first = await within(patience, signal, answer, link.ended);
  await shut(link);
  return first === 0;
}

/** Opening handshakes, one after the other. */
async function measureConnect({ plan, seconds, signal }: JobOptions, onProgress: OnProgress): Promise<Measurement> {
  const measured = start('connect', new Histogram());
  const clock = startClock(measured, seconds, onProgress);
  while (!clock.isOver() && !signal.aborted && measured.count < maxConnections) {
    const began = performance.now();
    const link = await open(plan, { text: () => {}, binary: () => {} });
    measured.latency!.record(performance.now() - began);
    measured.count++;
    await shut(link);
  }
  clock.stop();
  return measured;
}

/** One ping at a time: the round trip to whatever answers for the server. */
async function measurePing({ plan, seconds, signal }: JobOptions, onProgress: OnProgress): Promise<Measurement> {
  const measured = start('ping', new Histogram());
  const payload = Buffer.alloc(8);
  let answered = (): void => {};
  const pong = (echoed: Buffer): unknown => echoed.equals(payload) && answered();
  const link = await open(plan, { text: () => {}, binary: () => {}, pong });
  const clock = startClock(measured, seconds, onProgress);
  for (let number = 1; !clock.isOver() && !signal.aborted; number++) {
    payload.writeUInt32BE(number);
    const began = performance.now();
    const answer = new Promise<void>((resolve) => (answered = resolve));
    if (!link.ping(payload)) break;
    if ((await within(patience, signal, answer, link.ended)) !== 0) {
      if (!signal.aborted) measured.note = link.isOpen ? 'a ping was not answered' : 'the connection ended';
      break;
    }
    measured.latency!.record(performance.now() - began);
    measured.count++;
    measured.bytes += payload.length;
  }
  clock.stop();
  await shut(link);
  return measured;
}

/** Messages that come back, some under way at any time: with few of them it measures latency, with many throughput. */
async function measureEcho(
  job: JobName,
  { plan, size, binary, seconds, signal }: JobOptions,
  inFlight: number,
  onProgress: OnProgress,
): Promise<Measurement> {
  const measured = start(job, job === 'echo' ? new Histogram() : undefined);
  const message = payload(size, binary);
  /** When each message under way was sent, the oldest at `oldest`: a server answers in order. */
  const sent = new Float64Array(inFlight);
  let oldest = 0;
  let underWay = 0;
  let stopping = false;
  let drained = (): void => {};
  const send = (): void => {
    sent[(oldest + underWay) % inFlight] = performance.now();
    if (link.send(message)) underWay++;
  };
  const arrived = (): void => {
    if (underWay === 0) return;
    const began = sent[oldest]!;
    oldest = (oldest + 1) % inFlight;
    underWay--;
    if (stopping) return underWay === 0 ? drained() : undefined; // after the time: it does not count
    measured.latency?.record(performance.now() - began);
    measured.count++;
    measured.bytes += size;
    send();
  };
  // What a server sends on its own is no echo.
  const link: Link = await open(plan, {
    text: (text) => text === message && arrived(),
    binary: (bytes) => binary && bytes.byteLength === size && arrived(),
  });
  const clock = startClock(measured, seconds, onProgress);
  while (underWay < inFlight && link.isOpen) send();
  await within(seconds * 1000, signal, link.ended);
  stopping = true;
  clock.stop();
  const rest = new Promise<void>((resolve) => (drained = resolve));
  if (underWay > 0) await within(patience, signal, rest, link.ended);
  if (!signal.aborted && underWay > 0) {
    measured.note = link.isOpen ? `${underWay} messages did not come back` : 'the connection ended';
  }
  await shut(link);
  return measured;
}

/** As fast as the connection takes messages; a pong at the end tells that the server has read them all. */
async function measureSend(options: JobOptions, onProgress: OnProgress): Promise<Measurement> {
  const { plan, size, binary, seconds, signal } = options;
  const measured = start('send', undefined);
  const message = payload(size, binary);
  let answers = 0;
  let answered = (): void => {};
  const last = Buffer.from('last');
  const link = await open(plan, {
    text: () => answers++,
    binary: () => answers++,
    pong: (pong) => pong.equals(last) && answered(),
  });
  const burst = Math.max(1, Math.floor(oneBurst / Math.max(64, size)));
  const clock = startClock(measured, seconds, onProgress);
  const time = new AbortController();
  // Back-pressure may hold longer than the job has.
  const over = within(seconds * 1000, AbortSignal.any([signal, time.signal]), link.ended);
  while (!clock.isOver() && !signal.aborted && link.isOpen) {
    for (let sent = 0; sent < burst && link.send(message); sent++) {
      measured.count++;
      measured.bytes += size;
    }
    await Promise.race([link.flushed(), over]);
  }
  time.abort();
  const pong = new Promise<void>((resolve) => (answered = resolve));
  const read = link.ping(last) ? await within(patience + seconds * 1000, signal, pong, link.ended) : 1;
  clock.stop();
  if (!link.isOpen) measured.note = 'the connection ended';
  else if (read !== 0 && !signal.aborted) measured.note = 'the server did not say that it had read them all';
  else if (answers > 0) measured.note = 'with what the server sent back';
  await shut(link);
  return measured;
}

function start(job: JobName, latency: Histogram | undefined): Measurement {
  return { job, count: 0, bytes: 0, seconds: 0, latency, note: undefined };
}

function startClock(measured: Measurement, seconds: number, onProgress: OnProgress) {
  const began = performance.now();
  const tick = (): void => {
    measured.seconds = (performance.now() - began) / 1000;
    onProgress(measured);
  };
  const timer = setInterval(tick, 100);
  return {
    isOver: () => performance.now() - began >= seconds * 1000,
    stop: () => {
      clearInterval(timer);
      tick();
    },
  };
}

function payload(size: number, binary: boolean): string | Buffer {
  return binary ? Buffer.alloc(size, 0xa5) : 'x'.repeat(size);
}

/** `plan.signal` gives up an attempt under way. */
async function open(plan: ConnectPlan, handler: Loosely<LinkHandler>): Promise<Link> {
  const link = new Link(plan, handler as LinkHandler);
  await link.opened;
  return link;
}

/** Handlers whose result nobody looks at, so that they may be expressions. */
type Loosely<T> = {
  [K in keyof T]: T[K] extends ((value: infer V) => void) | undefined ? (value: V) => unknown : never;
};

async function shut(link: Link): Promise<void> {
  link.close();
  await link.ended;
}

/** Which of the promises settled first; -1 when none did in time. */
async function within(milliseconds: number, signal: AbortSignal, ...promises: Promise<unknown>[]): Promise<number> {
  let end!: (index: number) => void;
  const ended = new Promise<number>((resolve) => (end = resolve));
  const giveUp = (): void => end(-1);
  const timer = setTimeout(giveUp, milliseconds);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  promises.forEach((promise, index) => void promise.then(() => end(index)));
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
