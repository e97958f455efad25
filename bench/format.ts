import type { Cell } from './plan.js';
import type { Figure } from './results.js';

/** Three significant digits with a thousands prefix: `1.23 M`, `45.6 k`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const [scaled, prefix] =
    value >= 1e9
      ? [value / 1e9, ' G']
      : value >= 1e6
        ? [value / 1e6, ' M']
        : value >= 1e3
          ? [value / 1e3, ' k']
          : [value, ''];
  return `${digits(scaled)}${prefix}`;
}

/** Three significant digits, none after the point from 100 on. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The figure of a cell with its unit. */
export function quantity(cell: Pick<Cell, 'job'>, value: number): string {
  switch (cell.job) {
    case 'latency':
      return `${digits(value)} µs`;
    case 'memory':
      return `${digits(value / 1024)} KiB`;
    case 'import':
    case 'start':
      return `${digits(value)} ms`;
    case 'first':
      return `${Math.round(value * 100)} %`;
    default:
      return `${short(value)}/s`;
  }
}

/** A client's figure in words, with the event loop's delay where that was measured. */
export function shown(cell: Pick<Cell, 'job'>, { value, more }: Pick<Figure, 'value' | 'more'>): string {
  const delay = more['delay'];
  return `${quantity(cell, value.median)}${delay === undefined ? '' : `, ${digits(delay.median)} ms late`}`;
}

/** Costs are better when lower, rates when higher. */
export function lowerIsBetter(cell: Pick<Cell, 'job'>): boolean {
  return cell.job === 'latency' || cell.job === 'memory' || cell.job === 'import' || cell.job === 'start';
}
