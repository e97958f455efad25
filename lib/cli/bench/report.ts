/** What `bench` measured, for people and for programs. */
import { printableJson } from '../../protocol/printable.js';
import type { Paint } from '../terminal.js';
import {
  countText,
  grouped,
  jsonOfLatency,
  mebibytes,
  milliseconds,
  quantilesText,
  renderBars,
  rounded,
} from './figures.js';
import type { JobName, Measurement } from './jobs.js';

export interface BenchReport {
  /** Without credentials. */
  readonly url: string;
  readonly date: string;
  readonly size: number;
  readonly binary: boolean;
  readonly inFlight: number;
  /** Whether the server sends back what it gets; not known when no job needed to know. */
  readonly echoes: boolean | undefined;
  readonly measurements: readonly Measurement[];
}

const units: Record<JobName, string> = {
  connect: 'connections',
  ping: 'pings',
  echo: 'messages',
  send: 'messages',
  receive: 'messages',
};
const quantiles = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;

/** The line that is drawn while a job runs. */
export function liveLine(measured: Measurement, seconds: number): string {
  const { job, count, latency } = measured;
  const time = `${measured.seconds.toFixed(1)}/${seconds} s`;
  const rate = `${perSecond(measured)} ${units[job]}/s`;
  const middle = latency === undefined || count === 0 ? '' : `  p50 ${milliseconds(latency.quantile(0.5))}`;
  return `${job.padEnd(8)} ${time}  ${rate}${middle}`;
}

/** One job: its rate, its latencies, its histogram. */
export function renderMeasurement(measured: Measurement, paint: Paint): string {
  const { job, count, bytes, seconds, latency, note } = measured;
  const lines: string[] = [];
  if (count === 0) {
    lines.push(`${paint('bold', job.padEnd(8))} ${paint('yellow', note ?? 'nothing was measured')}`);
  } else {
    const volume = job === 'connect' || job === 'ping' ? '' : `, ${mebibytes(bytes / seconds)} MiB/s`;
    const rate = `${perSecond(measured)} ${units[job]}/s${volume}`;
    const total = paint('dim', `(${grouped(count)} in ${seconds.toFixed(2)} s)`);
    const remark = note === undefined ? '' : `, ${paint('yellow', note)}`;
    lines.push(`${paint('bold', job.padEnd(8))} ${paint('green', rate)} ${total}${remark}`);
  }
  if (latency !== undefined && latency.count > 0) {
    lines.push(`         ${quantilesText(latency, quantiles, (name) => name)}`, ...renderBars(latency, paint));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** Times in milliseconds, sizes in bytes. */
export function renderBenchJson({ measurements, ...about }: BenchReport): string {
  const jobs = measurements.map(({ job, count, bytes, seconds, latency, note }) => ({
    job,
    count,
    bytes,
    seconds: rounded(seconds),
    perSecond: count === 0 ? 0 : rounded(count / seconds),
    bytesPerSecond: count === 0 ? 0 : rounded(bytes / seconds),
    ...(latency === undefined || latency.count === 0 ? {} : { latency: jsonOfLatency(latency, quantiles) }),
    ...(note === undefined ? {} : { note }),
  }));
  return `${printableJson({ ...about, node: process.version, jobs }, 2)}\n`;
}

function perSecond({ count, seconds }: Measurement): string {
  return countText(seconds === 0 ? 0 : count / seconds);
}
