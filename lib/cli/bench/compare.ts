/** Two servers side by side: rounds in turn, and a test of ranks that says whether they differ. */
import type { Paint } from '../terminal.js';
import { countText, milliseconds, rounded } from './figures.js';
import { throughputOf } from './load-report.js';
import type { LoadOutcome } from './outcome.js';
import { rankTest, significance } from './rank-test.js';
import { ratio, type Summary, summarize } from './statistics.js';

/** One figure of both servers. */
export interface ComparedFigure {
  readonly name: string;
  readonly lowerIsBetter: boolean;
  readonly isTime: boolean;
  /** One place a round. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** b over a, round by round. */
  readonly ratio: Summary;
  /** Probability of such a distance if there were none. */
  readonly p: number;
  /** How the second server stands against the first. */
  readonly word: 'faster' | 'slower' | 'no difference';
}

/** The rounds of both servers, one place a round. */
export interface ComparedLoads {
  readonly a: readonly LoadOutcome[];
  readonly b: readonly LoadOutcome[];
}

const quantiles = { p50: 0.5, p99: 0.99 } as const;

/** Judges by a test of ranks, never by the size of a ratio. */
export function compareLoads({ a, b }: ComparedLoads): readonly ComparedFigure[] {
  const figures: ComparedFigure[] = [];
  const add = (name: string, isTime: boolean, value: (outcome: LoadOutcome) => number): void => {
    const [ofA, ofB] = [a.map(value), b.map(value)];
    const ratios = ratio(ofB, ofA);
    const p = rankTest(ofA, ofB);
    const better = ratios.median < 1 === isTime;
    const word = p >= significance || ratios.median === 1 ? 'no difference' : better ? 'faster' : 'slower';
    figures.push({ name, lowerIsBetter: isTime, isTime, a: ofA, b: ofB, ratio: ratios, p, word });
  };
  add('messages/s', false, (outcome) => throughputOf(outcome).rate);
  if ([...a, ...b].every(({ latency }) => latency.count > 0)) {
    for (const [name, share] of Object.entries(quantiles)) add(name, true, ({ latency }) => latency.quantile(share));
  }
  if ([...a, ...b].every(({ opening }) => opening.count > 0)) {
    add('opening p50', true, ({ opening }) => opening.quantile(0.5));
  }
  return figures;
}

/** A table for the terminal: medians, the ratio with its spread, and a verdict on the second server. */
export function renderComparison(figures: readonly ComparedFigure[], paint: Paint): string {
  const head = ['', 'A', 'B', 'B/A', '(spread)', 'B is'];
  const rows = figures.map((figure) => [...comparisonCells(figure), verdictText(figure)]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 || column === 5 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const colors = { faster: 'green', slower: 'red', 'no difference': 'dim' } as const;
  return [
    paint('bold', line(head)),
    ...rows.map((row, index) => {
      const text = line(row);
      const verdict = row[5]!;
      return text.slice(0, text.length - verdict.length) + paint(colors[figures[index]!.word], verdict);
    }),
  ]
    .map((text) => `${text}\n`)
    .join('');
}

/** Name, median of both, ratio and its spread. */
export function comparisonCells({
  name,
  isTime,
  a,
  b,
  ratio: { median, min, max },
}: ComparedFigure): readonly string[] {
  const text = isTime ? milliseconds : countText;
  return [
    name,
    text(summarize(a).median),
    text(summarize(b).median),
    median.toFixed(3),
    `(${min.toFixed(3)}–${max.toFixed(3)})`,
  ];
}

export function verdictText({ word, p }: ComparedFigure): string {
  return `${word} (p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`})`;
}

export function jsonOfComparison(figures: readonly ComparedFigure[]): object[] {
  return figures.map(({ name, a, b, ratio: ratios, p, word, isTime }) => ({
    figure: name,
    unit: isTime ? 'ms' : '1/s',
    a: a.map(rounded),
    b: b.map(rounded),
    ratio: Object.fromEntries(Object.entries(ratios).map(([key, value]) => [key, rounded(value)])),
    p: rounded(p),
    verdict: word,
  }));
}
