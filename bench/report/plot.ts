import type { ClientName } from '../clients/names.js';
import { escapeHtml } from './escape.js';
import { styles, titles } from './series.js';

/** One value of a line; `low` and `high` are drawn as a whisker. */
export interface Point {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** What the reader sees when pointing at it. */
  readonly hint: string;
}

export interface Line {
  readonly client: ClientName;
  /** One place for each column; `undefined` where nothing was measured. */
  readonly points: readonly (Point | undefined)[];
}

export interface LinePlot {
  readonly title: string;
  readonly columns: readonly string[];
  readonly lines: readonly Line[];
  readonly scale: 'log' | 'linear';
  readonly format: (value: number) => string;
  /** A reference line over the whole width. */
  readonly reference?: number;
  readonly xTitle?: string;
}

const width = 380;
const height = 270;
const left = 52;
const right = 12;
const top = 30;
const bottom = 44;

interface Axis {
  at(value: number): number;
  readonly ticks: readonly number[];
}

function logAxis(low: number, high: number): Axis {
  const from = Math.log10(low / 1.15);
  const to = Math.log10(high * 1.15);
  const decades = to - from;
  const steps = decades > 4 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let exponent = Math.floor(from); exponent <= Math.ceil(to); exponent++) {
    for (const step of steps) {
      const tick = step * 10 ** exponent;
      if (Math.log10(tick) >= from && Math.log10(tick) <= to) ticks.push(tick);
    }
  }
  const at = (value: number): number =>
    height - bottom - ((Math.log10(value) - from) / (to - from)) * (height - top - bottom);
  return { at, ticks };
}

function linearAxis(high: number): Axis {
  const raw = high / 4;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= raw) ?? raw;
  const ticks = Array.from({ length: Math.floor((high * 1.02) / step) + 1 }, (_, i) => i * step);
  return { at: (value) => height - bottom - (value / (high * 1.05)) * (height - top - bottom), ticks };
}

const n = (value: number): string => value.toFixed(1);

type Attributes = { readonly [name: string]: string | number };

/** One SVG element; numbers are rounded to a tenth, `content` is markup. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? n(value) : value}"`,
  );
  return `<${name}${list.join('')}>${content}</${name}>`;
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeHtml(content));
}

/** A plot as an SVG element; an empty string when nothing was measured. */
export function linePlot(plot: LinePlot): string {
  const values = plot.lines.flatMap((line) =>
    line.points.flatMap((point) => (point === undefined ? [] : [point.value])),
  );
  if (values.length === 0) return '';
  const all = [...values];
  if (plot.reference !== undefined) all.push(plot.reference);
  const axis = plot.scale === 'log' ? logAxis(Math.min(...all), Math.max(...all)) : linearAxis(Math.max(...all));
  const span = width - left - right;
  const x = (column: number): number => left + (span * (column + 0.5)) / plot.columns.length;
  const parts: string[] = [text(left, 18, plot.title, { class: 'title' })];
  const across = (name: string, y: number): string =>
    element('line', { class: name, x1: left, x2: width - right, y1: y, y2: y });
  const centred = { class: 'tick', 'text-anchor': 'middle' };

  for (const tick of axis.ticks) {
    parts.push(across('grid', axis.at(tick)));
    parts.push(text(left - 6, axis.at(tick) + 4, plot.format(tick), { class: 'tick', 'text-anchor': 'end' }));
  }
  plot.columns.forEach((column, i) => parts.push(text(x(i), height - bottom + 16, column, centred)));
  if (plot.xTitle !== undefined) parts.push(text(left + span / 2, height - 8, plot.xTitle, centred));
  if (plot.reference !== undefined) parts.push(across('reference', axis.at(plot.reference)));
  // Ours last, so that it lies on top.
  for (const line of [...plot.lines].reverse()) parts.push(drawLine(line, x, axis));
  const label = `${plot.title}: ${plot.lines.map((line) => titles[line.client]).join(', ')}`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${parts.join('')}</svg>`;
}

function drawLine(line: Line, x: (column: number) => number, axis: Axis): string {
  const style = styles[line.client];
  const bottomEdge = height - bottom;
  const clamp = (value: number): number => Math.max(top, Math.min(bottomEdge, axis.at(value)));
  let path = '';
  let pen = 'M';
  const marks: string[] = [];
  line.points.forEach((point, i) => {
    if (point === undefined) {
      pen = 'M';
      return;
    }
    const px = x(i);
    const py = axis.at(point.value);
    path += `${pen}${n(px)} ${n(py)}`;
    pen = 'L';
    if (point.low !== undefined && point.high !== undefined) {
      const ends = { x1: px, x2: px, y1: clamp(point.low), y2: clamp(point.high) };
      marks.push(element('line', { ...ends, stroke: style.color, 'stroke-opacity': '.45' }));
    }
    const hint = `<title>${escapeHtml(`${titles[line.client]}: ${point.hint}`)}</title>`;
    marks.push(element('circle', { cx: px, cy: py, r: style.width > 2 ? 4 : 3, fill: style.color }, hint));
  });
  const dash: Attributes = style.dash === '' ? {} : { 'stroke-dasharray': style.dash };
  return (
    element('path', { d: path, fill: 'none', stroke: style.color, 'stroke-width': style.width, ...dash }) +
    marks.join('')
  );
}

export interface Bar {
  readonly client: ClientName;
  readonly value: number;
  readonly label: string;
}

/** Horizontal bars, one for each client, with the figure written beside it. */
export function barPlot(title: string, bars: readonly Bar[]): string {
  if (bars.length === 0) return '';
  const rowHeight = 26;
  const names = 124;
  const labels = 70;
  const full = top + bars.length * rowHeight + 8;
  const most = Math.max(...bars.map((bar) => bar.value));
  const parts = bars.map((bar, i) => {
    const y = top + i * rowHeight;
    const length = Math.max(1, ((width - names - labels - right) * bar.value) / most);
    const weight: Attributes = bar.client === 'ohos-websocket' ? { class: 'ours' } : {};
    const name = titles[bar.client].replace(' (floor)', '');
    const { color } = styles[bar.client];
    return (
      text(names - 8, y + 15, name, { 'text-anchor': 'end', ...weight }) +
      element('rect', { x: names, y: y + 3, width: length, height: rowHeight - 9, rx: 2, fill: color }) +
      text(names + length + 6, y + 15, bar.label, weight)
    );
  });
  const body = text(8, 18, title, { class: 'title' }) + parts.join('');
  return `<svg viewBox="0 0 ${width} ${full}" role="img" aria-label="${escapeHtml(title)}">${body}</svg>`;
}

/** The legend that goes with the plots. */
export function legend(clients: readonly ClientName[]): string {
  const entries = clients.map((client) => {
    const { color, width: thick, dash } = styles[client];
    const stroke = { stroke: color, 'stroke-width': thick, 'stroke-dasharray': dash };
    const sample =
      element('line', { x1: 0, x2: 26, y1: 6, y2: 6, ...stroke }) +
      element('circle', { cx: 13, cy: 6, r: 3, fill: color });
    return `<span><svg width="26" height="12" aria-hidden="true">${sample}</svg> ${escapeHtml(titles[client])}</span>`;
  });
  return `<p class="legend">${entries.join('')}</p>`;
}
