/** What `bench` measured, for people and for programs. */

import type { Paint } from '../terminal.js';
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
const barCount = 10;
const barWidth = 40;

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
    const volume = job === 'connect' || job === 'ping' ? '' : `, ${megabytes(bytes / seconds)} MiB/s`;
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
  const bars = latency.bars(barCount);
  const highest = Math.max(...bars.map(({ count }) => count));
  const edges = bars.map(({ to }) => milliseconds(to));
  const width = Math.max(...edges.map((edge) => edge.length));
  return [
    `         ${Object.entries(values)
      .map(([name, value]) => `${name} ${milliseconds(value)}`)
      .join('  ')}`,
    ...bars.map(({ count }, index) => {
      const share = `${((count / latency.count) * 100).toFixed(1)} %`.padStart(7);
      const bar = '█'.repeat(Math.round((count / highest) * barWidth)) || (count > 0 ? '▏' : '');
      return `         ≤ ${edges[index]!.padStart(width)} ${share} ${paint('cyan', bar)}`.trimEnd();
    }),
  ];
}

/** Times in milliseconds, sizes in bytes. */
export function renderBenchJson({ measurements, ...about }: BenchReport): string {
  const jobs = measurements.map(({ job, count, bytes, seconds, latency, note }) => ({
    job,
    count,
    bytes,
    seconds: round(seconds),
    perSecond: count === 0 ? 0 : round(count / seconds),
    bytesPerSecond: count === 0 ? 0 : round(bytes / seconds),
    ...(latency === undefined || latency.count === 0 ? {} : { latency: jsonLatency(latency) }),
    ...(note === undefined ? {} : { note }),
  }));
  return `${JSON.stringify({ ...about, node: process.version, jobs }, null, 2)}\n`;
}

function jsonLatency(latency: Histogram): object {
  const values = { min: latency.min, mean: latency.mean, ...quantilesOf(latency), max: latency.max };
  return {
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value)])),
    histogram: latency.bars(barCount).map(({ from, to, count }) => ({ from: round(from), to: round(to), count })),
  };
}

function quantilesOf(latency: Histogram): Record<keyof typeof quantiles, number> {
  const entries = Object.entries(quantiles).map(([name, share]) => [name, latency.quantile(share)]);
  return Object.fromEntries(entries) as Record<keyof typeof quantiles, number>;
}

function perSecond({ count, seconds }: Measurement): string {
  const rate = seconds === 0 ? 0 : count / seconds;
  return rate < 100 ? rate.toFixed(1) : grouped(Math.round(rate));
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function megabytes(bytes: number): string {
  const value = bytes / 2 ** 20;
  return value < 10 ? value.toFixed(2) : grouped(Math.round(value));
}

function milliseconds(value: number): string {
  return `${value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(2) : Math.round(value)} ms`;
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
