import type { ClientName } from './clients/names.js';
import { clientNames } from './clients/names.js';
import { digits, quantity } from './format.js';
import type { Results } from './results.js';
import { figure, standing } from './results.js';
import { goalLabel } from './targets.js';

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

/** What the terminal shows at the end: our figure, every client's ratio to ws (median of the rounds), the goal. */
export function table(results: Results): string {
  const measured = clientNames.filter((name) => results.cells.some((cell) => figure(cell, name) !== undefined));
  const others = measured.filter((name) => name !== 'ohos-websocket' && name !== 'ws');
  const ours: ClientName = 'ohos-websocket';
  const head = ['job', 'ws', ours, `${ours} / ws`, 'spread', 'goal', '', ...others.map((name) => `${name} / ws`)];
  const lines = results.cells.map((result) => {
    const { cell } = result;
    const mine = figure(result, ours);
    const ws = figure(result, 'ws');
    const stand = standing(result);
    const goal = stand?.goal;
    return [
      `${cell.row} ${cell.column}`.trimEnd(),
      ws === undefined ? '' : quantity(cell, ws.value.median),
      mine === undefined ? '' : quantity(cell, mine.value.median),
      mine === undefined ? '' : digits(mine.toWs.median),
      mine === undefined ? '' : `${digits(mine.toWs.min)}–${digits(mine.toWs.max)}`,
      goal === undefined ? '' : goalLabel(goal),
      stand === undefined ? '' : stand.reached ? 'yes' : 'NO',
      ...others.map((name) => {
        const other = figure(result, name);
        return other === undefined ? '' : digits(other.toWs.median);
      }),
    ];
  });
  const missing = Object.entries(results.missing).map(([name, why]) => `${name} was left out: ${why}`);
  const codec = results.codec.map(({ name, time }) => `${name.padEnd(44)} ${digits(time.median).padStart(10)} ns`);
  return [...aligned(head, lines), '', ...codec, ...missing].join('\n').trimEnd();
}
