import type { ClientName } from '../clients/names.js';
import { clientNames } from '../clients/names.js';
import { lowerIsBetter, shown } from '../format.js';
import type { CellResult, Results } from '../results.js';
import { figure } from '../results.js';
import { escapeHtml } from './escape.js';
import { element, legend, text } from './plot.js';
import { styles, titles } from './series.js';

const width = 860;
const left = 290;
const right = 16;
const top = 44;
const lineHeight = 15;
const groupGap = 8;

interface Dot {
  readonly client: ClientName;
  readonly share: number;
  readonly hint: string;
}

interface Line {
  readonly label: string;
  /** A new row of the plan begins here. */
  readonly begins: boolean;
  readonly dots: readonly Dot[];
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

/** Every client's share of the raw socket in one cell: of a cost, how much of it the raw socket needs. */
function dotsOf(result: CellResult): Dot[] {
  return clientNames.flatMap((client) => {
    const measured = client === 'raw' ? undefined : figure(result, client);
    if (measured === undefined || !(measured.toRaw.median > 0)) return [];
    const share = lowerIsBetter(result.cell) ? 1 / measured.toRaw.median : measured.toRaw.median;
    return [{ client, share, hint: `${titles[client]}: ${percent(share)}, ${shown(result.cell, measured)}` }];
  });
}

function linesOf(cells: readonly CellResult[]): Line[] {
  let last = '';
  return cells.flatMap((result) => {
    const dots = dotsOf(result);
    if (dots.length === 0) return [];
    const { row, column } = result.cell;
    const begins = row !== last;
    last = row;
    return [{ label: `${row} ${column}`.trimEnd(), begins, dots }];
  });
}

function picture(title: string, lines: readonly Line[]): string {
  const shares = lines.flatMap(({ dots }) => dots.map(({ share }) => share));
  const from = Math.log10(Math.min(...shares) / 1.2);
  const to = Math.log10(Math.max(1, ...shares) * 1.2);
  const x = (share: number): number => left + ((Math.log10(share) - from) / (to - from)) * (width - left - right);
  const parts: string[] = [];
  let y = top;
  for (const { label, begins, dots } of lines) {
    if (begins && y > top) y += groupGap;
    y += lineHeight;
    parts.push(element('line', { class: 'grid', x1: left, x2: width - right, y1: y - 4, y2: y - 4 }));
    parts.push(text(left - 8, y, label, { class: 'tick', 'text-anchor': 'end' }));
    // Ours last, so that it lies on top.
    for (const { client, share, hint } of [...dots].reverse()) {
      const r = client === 'ohos-websocket' ? 5 : 3.5;
      const fill = styles[client].color;
      parts.push(element('circle', { cx: x(share), cy: y - 4, r, fill }, `<title>${escapeHtml(hint)}</title>`));
    }
  }
  const height = y + 12;
  const ticks: string[] = [];
  for (let exponent = Math.ceil(from); exponent <= Math.floor(to); exponent++) {
    const at = x(10 ** exponent);
    ticks.push(element('line', { class: exponent === 0 ? 'reference' : 'grid', x1: at, x2: at, y1: top, y2: height }));
    ticks.push(text(at, top - 6, percent(10 ** exponent), { class: 'tick', 'text-anchor': 'middle' }));
  }
  const heading = text(left, 18, title, { class: 'title' });
  const label = `${title}: ${lines.length} rows, a dot for each client. The last tables hold the same figures.`;
  const body = heading + ticks.join('') + parts.join('');
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${body}</svg>`;
}

/** What the page opens with: every row that has a floor, in one picture for each Node. */
export function overview(results: Results): string {
  const own = /^v?(\d+)/.exec(results.machine['Node'] ?? '')?.[1];
  const runs = [
    { title: own === undefined ? 'Share of raw sockets' : `Node ${own}: share of raw sockets`, cells: results.cells },
    ...results.others.map(({ node, cells }) => ({
      title: `Node ${node.replace(/^v/, '')}: share of raw sockets`,
      cells,
    })),
  ];
  const pictures = runs.flatMap(({ title, cells }) => {
    const lines = linesOf(cells);
    return lines.length === 0 ? [] : [picture(title, lines)];
  });
  if (pictures.length === 0) return '';
  const all = runs.flatMap(({ cells }) => cells).flatMap(dotsOf);
  const clients = clientNames.filter((name) => all.some(({ client }) => client === name));
  return `<section aria-label="Every row as a share of raw sockets"><h2>Every row as a share of raw sockets</h2>
<p>100&nbsp;% is what Node’s bare sockets do with the same bytes, prepared beforehand. The scale is logarithmic; further
right is better, of times and memory too. Rows that raw sockets cannot do (import, compression) are in the tables.</p>
${legend(clients)}<div class="overview">${pictures.join('')}</div></section>`;
}
