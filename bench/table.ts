import type { Summary } from '../lib/cli/bench/statistics.js';
import type { ClientName } from './clients/names.js';
import { clientNames } from './clients/names.js';
import { digits, shown } from './format.js';
import type { CellResult, Results } from './results.js';
import { figure } from './results.js';

function row(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    .join('  ')
    .trimEnd();
}

/** A head and its lines in columns: the first to the left, the others to the right. */
export function aligned(head: readonly string[], lines: readonly string[][]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]!.length)));
  return [head, ...lines].map((line) => row(line, widths));
}

/** What the terminal shows at the end: our figure, every client's ratio to ws (median of the rounds). */
export function table(results: Results): string {
  const missing = Object.entries(results.missing).map(([name, why]) => `${name} was left out: ${why}`);
  const codec = results.codec.map(({ name, time }) => `${name.padEnd(44)} ${digits(time.median).padStart(10)} ns`);
  const others = results.others.flatMap(({ node, cells }) => [
    '',
    `On Node ${node.replace(/^v/, '')}:`,
    '',
    ...figures(cells),
  ]);
  return [...figures(results.cells), ...others, '', ...codec, ...missing, ...results.skipped].join('\n').trimEnd();
}

/** How far the rounds are from their median at most. */
function spreadOf({ median, min, max }: Summary): string {
  return `±${Math.round((100 * Math.max(median - min, max - median)) / median)} %`;
}

function figures(cells: readonly CellResult[]): string[] {
  const measured = clientNames.filter((name) => cells.some((cell) => figure(cell, name) !== undefined));
  const others = measured.filter((name) => name !== 'ohos-websocket' && name !== 'ws');
  const ours: ClientName = 'ohos-websocket';
  const head = [
    'job',
    'ws',
    ours,
    `${ours} / ws`,
    'spread',
    'own spread',
    'cpu / ws',
    ...others.map((name) => `${name} / ws`),
  ];
  const lines = cells.map((result) => {
    const { cell } = result;
    const mine = figure(result, ours);
    const ws = figure(result, 'ws');
    return [
      `${cell.row} ${cell.column}`.trimEnd(),
      ws === undefined ? '' : shown(cell, ws),
      mine === undefined ? '' : shown(cell, mine),
      mine === undefined ? '' : digits(mine.toWs.median),
      mine === undefined ? '' : `${digits(mine.toWs.min)}–${digits(mine.toWs.max)}`,
      mine === undefined ? '' : spreadOf(mine.value),
      mine === undefined || mine.cpuToWs.rounds === 0 ? '' : digits(mine.cpuToWs.median),
      ...others.map((name) => {
        const other = figure(result, name);
        return other === undefined ? '' : digits(other.toWs.median);
      }),
    ];
  });
  return aligned(head, lines);
}
