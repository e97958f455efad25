import { significance } from '../../lib/cli/bench/rank-test.js';
import type { Cell } from '../plan.js';
import { aligned } from '../table.js';
import type { Measure, Verdict } from './verdict.js';

/** One row's verdict. */
export interface Judged extends Verdict {
  readonly cell: Pick<Cell, 'row' | 'column'>;
  readonly rounds: number;
}

function numbers({ ratio, p }: Measure): [string, string, string] {
  const [median, min, max] = [ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(3));
  return [median!, `${min}–${max}`, p < 0.001 ? '<0.001' : p.toFixed(3)];
}

/** What the terminal shows: ratios of the working tree to the base, by wall clock and by processor time. */
export function comparison(base: string, rows: readonly Judged[]): string {
  const head = ['job', 'verdict', 'by', 'figure', 'spread', 'p', 'cpu each', 'spread', 'p', 'rounds'];
  const lines = rows
    .filter(({ rounds }) => rounds > 0)
    .map(({ cell, word, by, wall, cpu, rounds }) => [
      `${cell.row} ${cell.column}`.trimEnd(),
      word,
      by,
      ...numbers(wall),
      ...(cpu === undefined ? ['', '', ''] : numbers(cpu)),
      String(rounds),
    ]);
  return [
    `The working tree as a ratio to ${base}: the job's figure, and the client's processor time for each message.`,
    `Median and whole spread of the rounds' ratios. A verdict needs p < ${significance} (Mann-Whitney, two-sided).`,
    '',
    ...aligned(head, lines),
  ].join('\n');
}
