/** What README.md and `bench/README.md` show of a whole run: a table and a picture. `make bench` writes both. */

import type { Summary } from '../../lib/cli/bench/statistics.js';
import { digits } from '../format.js';
import type { CellResult, Results } from '../results.js';
import { figure } from '../results.js';
import { escapeHtml } from './escape.js';

const toWs = (result: CellResult | undefined): Summary | undefined => {
  const summary = result && figure(result, 'ohos-websocket')?.toWs;
  return summary === undefined || Number.isNaN(summary.median) ? undefined : summary;
};

const sizes: readonly string[] = ['16 B', '125 B', '1 KiB', '16 KiB', '64 KiB', '1 MiB'];

/** Of the busiest rows of the plan: each row of the table is one of the plan, its columns sizes. */
function sizeTable(results: Results): string[] {
  const cells = results.cells.filter(({ cell }) => sizes.includes(cell.column));
  const rows = [...new Set(cells.map(({ cell }) => cell.row))].flatMap((row) => {
    const figures = sizes.map((size) => toWs(cells.find(({ cell }) => cell.row === row && cell.column === size)));
    if (figures.filter((one) => one !== undefined).length < 2) return [];
    return [`| ${row} | ${figures.map((one) => (one === undefined ? '' : range(one))).join(' | ')} |`];
  });
  return [`| ratio to ws | ${sizes.join(' | ')} |`, `|---|${sizes.map(() => '--:').join('|')}|`, ...rows];
}

const range = ({ median, min, max }: Summary): string => `**${digits(median)}** ${digits(min)}–${digits(max)}`;

/** Every other row that `ws` has a figure of. */
function singleTable(results: Results, sized: ReadonlySet<CellResult>): string[] {
  const rows = results.cells.flatMap((result) => {
    const ratio = sized.has(result) ? undefined : toWs(result);
    return ratio === undefined ? [] : [`| ${`${result.cell.row} ${result.cell.column}`.trim()} | ${range(ratio)} |`];
  });
  return rows.length === 0 ? [] : ['| ratio to ws | |', '|---|--:|', ...rows, ''];
}

/** The table, with the machine and the day: every figure of it is in `latest.json`. */
export function publishedTable(results: Results): string {
  const { machine, versions, date, seconds } = results;
  const about =
    `Version ${versions['ohos-websocket']}, measured ${date.slice(0, 10)} in ${Math.round(seconds / 60)} minutes: Node ${machine['Node']}, ${machine['System']}, ` +
    `${machine['Processor']}; npm \`ws\` ${versions.ws}. Median of the rounds, in bold, and their range.`;
  const sized = new Set(results.cells.filter(({ cell }) => sizes.includes(cell.column)));
  return [about, '', ...sizeTable(results), '', ...singleTable(results, sized)].join('\n');
}

/** Row and column of the plan, and what they are called in the picture. */
const shown: readonly (readonly [row: string, column: string, title: string])[] = [
  ['send text', '16 B', 'send text, 16 B'],
  ['send text', '1 KiB', 'send text, 1 KiB'],
  ['send binary', '1 KiB', 'send binary, 1 KiB'],
  ['receive text', '16 B', 'receive text, 16 B'],
  ['receive text', '1 KiB', 'receive text, 1 KiB'],
  ['receive binary', '64 KiB', 'receive binary, 64 KiB'],
  ['echo text', '16 B', 'echo, 64 in flight, 16 B'],
  ['sends per turn', '1', 'one send a turn'],
  ['handshakes', '', 'handshakes'],
];

const [width, left, right, lineHeight, top] = [720, 210, 90, 26, 44];

/** One line a row, from the slowest round to the fastest, on a logarithmic scale; the line at 1 is `ws`. */
export function publishedPicture(results: Results): string {
  const lines = shown.flatMap(([row, column, title]) => {
    const found = results.cells.find(({ cell }) => cell.row === row && cell.column === column);
    const ratio = toWs(found);
    return ratio === undefined ? [] : [{ title, ratio }];
  });
  const from = Math.log(Math.min(0.8, ...lines.map(({ ratio }) => ratio.min)));
  const to = Math.log(Math.max(2, ...lines.map(({ ratio }) => ratio.max)));
  const x = (value: number): string =>
    (left + ((Math.log(value) - from) / (to - from)) * (width - left - right)).toFixed(1);
  const height = top + lines.length * lineHeight + 12;
  const body = lines.map(({ title, ratio: { median, min, max } }, index) => {
    const y = top + index * lineHeight + lineHeight / 2;
    return (
      `<text x="${left - 10}" y="${y + 4}" text-anchor="end">${escapeHtml(title)}</text>` +
      `<line class="range" x1="${x(min)}" x2="${x(max)}" y1="${y}" y2="${y}"/>` +
      `<circle class="ours" cx="${x(median)}" cy="${y}" r="5.5"/>` +
      `<text class="figure" x="${width - right + 12}" y="${y + 4}">${digits(median)} ×</text>`
    );
  });
  const title = 'Messages or handshakes a second, as a multiple of npm ws';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1d2733; } .title { font-weight: 600; } .figure { font-weight: 600; }
.one { stroke: #b35c00; stroke-width: 1.5; } .range { stroke: #9aa7b5; stroke-width: 3; } .ours { fill: #0b6bcb; }
.soft { fill: #5d6b7a; font-size: 12px; } .paper { fill: #fff; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e9ef; } .one { stroke: #ffb454; } .range { stroke: #5d6b7a; } .ours { fill: #6cb6ff; } .soft { fill: #9aa7b5; }
  .paper { fill: #14181d; }
}
</style>
<rect class="paper" width="100%" height="100%" rx="8"/>
<text class="title" x="12" y="20">${escapeHtml(title)}</text>
<text class="soft" x="${x(1)}" y="38" text-anchor="middle">ws</text>
<line class="one" x1="${x(1)}" x2="${x(1)}" y1="${top}" y2="${height - 8}"/>
${body.join('\n')}
</svg>
`;
}

/** The table of sizes and memory, as `footprint.json` holds it. */
export interface Footprint {
  readonly date: string;
  readonly node: string;
  readonly rows: readonly {
    readonly what: string;
    readonly unit: string;
    readonly values: { readonly [client: string]: string | undefined };
  }[];
}

/** Puts the tables of a whole run into the page. */
export const withTable = (page: string, results: Results): string =>
  between(page, 'results, by make bench', 'results', publishedTable(results));

/** Puts the figures of the footprint into the page. */
export function withFootprint(page: string, { date, node, rows }: Footprint): string {
  const clients = ['ohos-websocket', 'ws', 'undici'];
  const lines = rows.map(
    ({ what, unit, values }) =>
      `| ${unit === '' ? what : `${what}, ${unit}`} | ${clients.map((client) => values[client] ?? '').join(' | ')} |`,
  );
  const table = [`| Node ${node.slice(1)}, ${date} | ${clients.join(' | ')} |`, '|---|--:|--:|--:|', ...lines, ''];
  return between(page, 'footprint, by make footprint PUBLISH=1', 'footprint', table.join('\n'));
}

function between(page: string, opening: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${opening} -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected ${begin.trim()} and ${end} in bench/README.md`);
  return `${page.slice(0, from + begin.length)}\n${table}\n${page.slice(to)}`;
}
