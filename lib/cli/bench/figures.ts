/** Figures as a report writes them. */
import type { Paint } from '../terminal.js';
import type { Histogram } from './histogram.js';

const barCount = 10;
const barWidth = 40;

/** The shares that a load is described by, with their names in JSON. */
export const loadQuantiles = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999, p9999: 0.9999 } as const;

/** `12 345`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** With a digit behind the point when it is small. */
export function countText(value: number): string {
  return value < 100 ? value.toFixed(1) : grouped(Math.round(value));
}

export function mebibytes(bytes: number): string {
  const value = bytes / 2 ** 20;
  return value < 10 ? value.toFixed(2) : grouped(Math.round(value));
}

export function milliseconds(value: number): string {
  return `${value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(2) : grouped(Math.round(value))} ms`;
}

/** Six digits, for JSON. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** Percentiles by the names of their shares, in milliseconds. */
export function quantilesOf<Name extends string>(
  latency: Histogram,
  shares: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const entries = Object.entries<number>(shares).map(([name, share]) => [name, latency.quantile(share)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** The least, the percentiles, the highest and the mean in one line. */
export function quantilesText(
  latency: Histogram,
  shares: Readonly<Record<string, number>>,
  titleOf: (name: string) => string,
): string {
  const values = { min: latency.min, ...quantilesOf(latency, shares), max: latency.max, mean: latency.mean };
  return Object.entries(values)
    .map(([name, value]) => `${titleOf(name)} ${milliseconds(value)}`)
    .join('  ');
}

/** The same with the histogram, for JSON. */
export function jsonOfLatency(latency: Histogram, shares: Readonly<Record<string, number>>): object {
  const values = { min: latency.min, mean: latency.mean, ...quantilesOf(latency, shares), max: latency.max };
  return {
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)])),
    histogram: jsonBars(latency),
  };
}

/** The share that a name like `p999` stands for, as people write it: `p99.9`. */
export function quantileText(name: string): string {
  return name.replace(/^p(\d\d)(\d+)$/, 'p$1.$2');
}

/** Lines of bars, with an indent. */
export function renderBars(latency: Histogram, paint: Paint): string[] {
  const bars = latency.bars(barCount);
  const highest = Math.max(...bars.map(({ count }) => count));
  const edges = bars.map(({ to }) => milliseconds(to));
  const width = Math.max(...edges.map((edge) => edge.length));
  return bars.map(({ count }, index) => {
    const share = `${((count / latency.count) * 100).toFixed(1)} %`.padStart(7);
    const bar = '█'.repeat(Math.round((count / highest) * barWidth)) || (count > 0 ? '▏' : '');
    return `         ≤ ${edges[index]!.padStart(width)} ${share} ${paint('cyan', bar)}`.trimEnd();
  });
}

/** A histogram for JSON: milliseconds. */
function jsonBars(latency: Histogram): object[] {
  return latency.bars(barCount).map(({ from, to, count }) => ({ from: rounded(from), to: rounded(to), count }));
}
