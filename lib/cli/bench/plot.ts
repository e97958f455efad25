/** Plots for a page: shapes in SVG, which stretch, and labels in HTML, which do not. */
import { escapeMarkup } from '../../audit/reports/markup.js';

/** A line of a plot; a place without a value is a gap. */
export interface PlotLine {
  readonly name: string;
  /** One of `one`, `two`, `three`, … of the style sheet. */
  readonly color: string;
  /** Ascending in x; both between 0 and 1. */
  readonly points: readonly (readonly [x: number, y: number] | undefined)[];
}

/** A label of an axis, at a place between 0 and 1. */
export interface AxisMark {
  readonly at: number;
  readonly label: string;
}

export interface Plot {
  readonly title: string;
  /** What the plot shows, for readers who do not see it. */
  readonly summary: string;
  readonly lines: readonly PlotLine[];
  readonly x: readonly AxisMark[];
  readonly y: readonly AxisMark[];
  readonly xTitle: string;
  /** Spans of x that are not measured. */
  readonly shaded?: readonly (readonly [from: number, to: number])[];
  /** The figures behind it: a head and rows. */
  readonly table: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
}

const width = 1000;
const height = 300;

/** A figure with its legend, its axes and a table that unfolds. */
export function renderPlot({ title, summary, lines, x, y, xTitle, shaded = [], table }: Plot): string {
  const grid = y.map(({ at }) => `<path class="grid" d="M0 ${downFrom(at)}H${width}"/>`).join('');
  const spans = shaded
    .map(
      ([from, to]) => `<rect class="shade" x="${across(from)}" y="0" width="${across(to - from)}" height="${height}"/>`,
    )
    .join('');
  const shapes = lines.map(({ color, points }) => `<path class="line ${color}" d="${pathOf(points)}"/>`).join('');
  const legend = lines.map(({ name, color }) => `<li><i class="${color}"></i>${escapeMarkup(name)}</li>`).join('');
  return `<figure class="plot">
<figcaption>${escapeMarkup(title)}</figcaption>
<ul class="legend">${legend}</ul>
<div class="axes">
<div class="y" aria-hidden="true">${y.map(({ at, label }) => `<span style="bottom:${percent(at)}">${escapeMarkup(label)}</span>`).join('')}</div>
<svg role="img" aria-label="${escapeMarkup(summary)}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${spans}${grid}${shapes}</svg>
<div class="x" aria-hidden="true">${x.map(({ at, label }) => `<span${at > 0.97 ? ' class="end"' : ''} style="left:${percent(at)}">${escapeMarkup(label)}</span>`).join('')}</div>
</div>
<p class="axis">${escapeMarkup(xTitle)}</p>
<details><summary>Figures: ${escapeMarkup(title.toLowerCase())}</summary>
${renderFigures(table.head, table.rows)}
</details>
</figure>
`;
}

/** A table whose first column names its rows. */
export function renderFigures(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = head.map((cell) => `<th scope="col">${escapeMarkup(cell)}</th>`).join('');
  const body = rows.map(([first = '', ...cells]) => {
    return `<tr><th scope="row">${escapeMarkup(first)}</th>${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="Figures"><table class="figures"><thead><tr>${titles}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

/** Round values from 0 to at least the highest one, and where they stand. */
export function linearAxis(highest: number, label: (value: number) => string): { top: number; marks: AxisMark[] } {
  const rough = (highest > 0 ? highest : 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * (1 - 1e-9))!;
  const count = Math.ceil((highest > 0 ? highest : 1) / step - 1e-9);
  const marks = Array.from({ length: count + 1 }, (_, index) => ({ at: index / count, label: label(index * step) }));
  return { top: count * step, marks };
}

/** Powers of ten around two positive values, with a function from a value to its place. */
export function logarithmicAxis(
  lowest: number,
  highest: number,
  label: (value: number) => string,
): { place: (value: number) => number; marks: AxisMark[] } {
  const from = Math.floor(Math.log10(lowest));
  const to = Math.max(from + 1, Math.ceil(Math.log10(highest)));
  const place = (value: number): number => (Math.log10(Math.max(value, lowest)) - from) / (to - from);
  const marks = Array.from({ length: to - from + 1 }, (_, index) => {
    const value = 10 ** (from + index);
    return { at: place(Math.max(value, lowest)) < 0 || value < lowest ? 0 : place(value), label: label(value) };
  });
  return { place, marks };
}

function pathOf(points: PlotLine['points']): string {
  let isDrawing = false;
  let path = '';
  for (const point of points) {
    if (point === undefined) {
      isDrawing = false;
      continue;
    }
    path += `${isDrawing ? 'L' : 'M'}${across(point[0])} ${downFrom(point[1])}`;
    // A lone point has no length: round ends of the line make it a dot.
    if (!isDrawing) path += 'h0';
    isDrawing = true;
  }
  return path;
}

function across(x: number): string {
  return (x * width).toFixed(1);
}

function downFrom(y: number): string {
  return ((1 - y) * height).toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
