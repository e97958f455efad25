/** What `bench` measured, for people and for programs. */
import { printableJson } from '../../protocol/printable.js';
import type { Paint } from '../terminal.js';
import { countText, grouped, jsonBars, mebibytes, milliseconds, renderBars, rounded } from './figures.js';
import type { Histogram } from './histogram.js';
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
  if (latency !== undefined && latency.count > 0) lines.push(...renderLatency(latency, paint));
  return lines.map((line) => `${line}\n`).join('');
}

function renderLatency(latency: Histogram, paint: Paint): string[] {
  const values = { min: latency.min, ...quantilesOf(latency), max: latency.max, mean: latency.mean };
  return [
    `         ${Object.entries(values)
      .map(([name, value]) => `${name} ${milliseconds(value)}`)
      .join('  ')}`,
    ...renderBars(latency, paint),
  ];
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
    ...(latency === undefined || latency.count === 0 ? {} : { latency: jsonLatency(latency) }),
    ...(note === undefined ? {} : { note }),
  }));
  return `${printableJson({ ...about, node: process.version, jobs }, 2)}\n`;
}

function jsonLatency(latency: Histogram): object {
  const values = { min: latency.min, mean: latency.mean, ...quantilesOf(latency), max: latency.max };
  return {
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)])),
    histogram: jsonBars(latency),
  };
}

function quantilesOf(latency: Histogram): Record<keyof typeof quantiles, number> {
  const entries = Object.entries(quantiles).map(([name, share]) => [name, latency.quantile(share)]);
  return Object.fromEntries(entries) as Record<keyof typeof quantiles, number>;
}

function perSecond({ count, seconds }: Measurement): string {
  return countText(seconds === 0 ? 0 : count / seconds);
}
