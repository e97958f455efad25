import type { ClientName } from '../clients/names.js';
import { clientNames } from '../clients/names.js';
import { digits, lowerIsBetter, quantity, short, shown } from '../format.js';
import type { Cell } from '../plan.js';
import type { CellResult, Figure, Results } from '../results.js';
import { figure } from '../results.js';
import { escapeHtml } from './escape.js';
import type { Line, LinePlot } from './plot.js';
import { barPlot, legend, linePlot } from './plot.js';
import { titles } from './series.js';

/** The cells of each row of the tables, in the order of the plan. */
function rowsOf(results: Results, wanted: (cell: Cell) => boolean): CellResult[][] {
  const rows = new Map<string, CellResult[]>();
  for (const result of results.cells) {
    if (!wanted(result.cell)) continue;
    const row = rows.get(result.cell.row);
    if (row === undefined) rows.set(result.cell.row, [result]);
    else row.push(result);
  }
  return [...rows.values()];
}

function measuredClients(cells: readonly CellResult[]): ClientName[] {
  return clientNames.filter((name) => cells.some((cell) => figure(cell, name) !== undefined));
}

function linesOf(
  row: readonly CellResult[],
  clients: readonly ClientName[],
  pick: (figure: Figure, cell: Cell) => Line['points'][number],
): Line[] {
  return clients
    .filter((client) => row.some((result) => figure(result, client) !== undefined))
    .map((client) => ({
      client,
      points: row.map((result) => {
        const measured = figure(result, client);
        const point = measured === undefined ? undefined : pick(measured, result.cell);
        return point === undefined || !(point.value > 0) ? undefined : point;
      }),
    }));
}

function panels(plots: readonly string[]): string {
  return `<div class="panels">${plots.filter((plot) => plot !== '').join('')}</div>`;
}

function section(title: string, text: string, body: string): string {
  return body === ''
    ? ''
    : `<section aria-label="${escapeHtml(title)}"><h2>${escapeHtml(title)}</h2><p>${text}</p>${body}</section>`;
}

/** What is wider than a narrow screen scrolls on its own, by keyboard as well. */
function scrolling(label: string, body: string): string {
  return `<div class="scroll" role="region" aria-label="${escapeHtml(label)}" tabindex="0">${body}</div>`;
}

function plotRows(
  rows: readonly CellResult[][],
  clients: readonly ClientName[],
  pick: (figure: Figure, cell: Cell) => Line['points'][number],
  rest: Partial<LinePlot> & Pick<LinePlot, 'scale' | 'format'>,
): string {
  return panels(
    rows.map((row) => {
      const lines = linesOf(row, clients, pick);
      return linePlot({
        title: row[0]!.cell.row,
        columns: row.map(({ cell }) => cell.column),
        lines,
        ...rest,
      });
    }),
  );
}

const times = (value: number): string => `${value >= 1 ? Number(value.toFixed(1)) : Number(value.toPrecision(2))}×`;
const percent = (value: number): string => `${Math.round(value * 100)} %`;
const isTraffic = (cell: Cell): boolean => ['send', 'receive', 'echo'].includes(cell.area);

function ratioPoint(measured: Figure, cell: Cell): Line['points'][number] {
  const { median, min, max } = measured.toWs;
  const spread = `${digits(min)}–${digits(max)}`;
  const hint = `${cell.column}: ${digits(median)} times ws (${spread}), ${quantity(cell, measured.value.median)}`;
  return { value: median, low: min, high: max, hint };
}

/** Ratio to ws for every job and size. */
export function ratios(results: Results, secure: boolean): string {
  const rows = rowsOf(results, (cell) => (secure ? cell.area === 'wss' : isTraffic(cell)));
  if (rows.every((row) => row.length === 1)) return '';
  const clients = measuredClients(rows.flat()).filter((client) => client !== 'ws');
  const plots = plotRows(rows, clients, ratioPoint, { scale: 'log', format: times, reference: 1 });
  return section(
    secure ? 'The same over TLS' : 'Messages per second, as a multiple of ws',
    secure
      ? 'One connection over <code>wss:</code>. Both ends encrypt, so the gains are smaller and the floor is lower.'
      : `The line at 1× is ws. Logarithmic; each point is the median of the ratios of the rounds, the whisker its
whole spread. The dashed grey line is the
floor: prepared bytes on a bare socket.`,
    legend(clients) + plots,
  );
}

/** What batching is worth: sends in one turn of the event loop. */
export function turns(results: Results): string {
  const rows = rowsOf(results, (cell) => cell.area === 'turns');
  const clients = measuredClients(rows.flat());
  if (clients.length === 0) return '';
  const rate = (measured: Figure, cell: Cell): Line['points'][number] => ({
    value: measured.value.median,
    hint: `${cell.column} a turn: ${quantity(cell, measured.value.median)}, ${digits(measured.toWs.median)} times ws`,
  });
  const wide = { scale: 'log', xTitle: 'sends in one turn of the event loop' } as const;
  const left = plotRows(rows, clients, rate, { ...wide, format: short, title: 'messages per second' });
  const right = plotRows(
    rows,
    clients.filter((client) => client !== 'ws'),
    ratioPoint,
    { ...wide, format: times, reference: 1, title: 'as a multiple of ws' },
  );
  return section(
    'Where the gain comes from: sends per turn',
    `ohos-websocket gathers what a program sends in one turn of the event loop and writes it once. <strong>A
program that sends one message a turn gains little; one that sends many gains much.</strong> The headline
figures above are bursts of up to 256. Text, 16 B.`,
    legend(clients) + `<div class="pair">${left}${right}</div>`,
  );
}

/** How much of what the socket can carry is left. */
export function floor(results: Results): string {
  const rows = rowsOf(results, (cell) => isTraffic(cell) || cell.area === 'utf8').filter((row) => row.length > 1);
  const clients = measuredClients(rows.flat()).filter((client) => client !== 'raw');
  const share = (measured: Figure, cell: Cell): Line['points'][number] => {
    const value = measured.toRaw.median;
    const whole = quantity(cell, measured.value.median / value);
    const hint = `${cell.column}: ${(value * 100).toFixed(1)} % of the raw socket's ${whole}`;
    return Number.isNaN(value) ? undefined : { value, hint };
  };
  const body = plotRows(rows, clients, share, { scale: 'linear', format: percent });
  return rows.length === 0 || !results.cells.some((cell) => cell.samples.raw !== undefined)
    ? ''
    : section(
        'Share of the raw socket',
        `The same bytes, framed and masked beforehand, written and read by Node's bare sockets. 100&nbsp;% cannot be
passed: a client still has to encode, mask, decode and call a listener.`,
        legend(clients) + body,
      );
}

/** Single figures as bars. */
export function singles(results: Results): string {
  const cells = results.cells.filter(({ cell }) =>
    ['latency', 'handshakes', 'memory', 'import', 'utf8'].includes(cell.area),
  );
  const plots = cells.map((result) => {
    const { cell } = result;
    const better = lowerIsBetter(cell) ? 'lower is better' : 'higher is better';
    const names: { [row: string]: string } = {
      'one in flight': 'One 16 B message in flight: p50',
      'idle connection': 'Idle connection: resident memory',
      import: 'Import time',
      handshakes: 'Opened and closed per second',
    };
    const title = `${names[cell.row] ?? `${cell.row}, ${cell.column}`} (${better})`;
    const bars = clientNames.flatMap((client) => {
      const measured = figure(result, client);
      if (measured === undefined) return [];
      return [{ client, value: measured.value.median, label: quantity(cell, measured.value.median) }];
    });
    return barPlot(title, bars);
  });
  return cells.length === 0
    ? ''
    : section(
        'Other languages, latency, handshakes, memory, import',
        `The server does not sleep while it answers, so that no wake-up time of the machine is measured. Memory is
the growth of the process for each of 3 000 idle connections (1 000 with <code>--quick</code>), Node's own
socket included: the raw socket shows how much that is.`,
        panels(plots),
      );
}

/** Cost against number and size. */
export function scaling(results: Results): string {
  const rows = rowsOf(results, (cell) => cell.area === 'scaling');
  const clients = measuredClients(rows.flat());
  if (clients.length === 0) return '';
  const plots = rows.map((row) => {
    const bySize = row[0]!.cell.row === 'message size';
    const pick = (measured: Figure, cell: Cell): Line['points'][number] => {
      const value = 1e6 / measured.value.median;
      return { value, hint: `${cell.column}: ${digits(value)} µs` };
    };
    return linePlot({
      title: bySize ? 'µs a message echoed, by its size' : 'µs an echo, by connections open',
      columns: row.map(({ cell }) => cell.column.replace(' ', '')),
      lines: linesOf(row, clients, pick),
      scale: 'log',
      format: short,
    });
  });
  return section(
    'Scaling',
    `Left: one 16 B message in flight on every connection; a flat line is linear cost. Right: two messages in
flight on one connection; a straight rising line is linear cost. Both logarithmic, lower is better.`,
    legend(clients) + `<div class="panels two">${plots.join('')}</div>`,
  );
}

/** Everything, as numbers. */
export function numbers(results: Results, where = ''): string {
  const clients = measuredClients(results.cells);
  const others = clients.filter((client) => client !== 'ohos-websocket' && client !== 'ws');
  const head = [
    'job',
    '',
    'ws',
    'ohos-websocket',
    'ratio',
    'spread',
    'processor time',
    ...others.map((client) => titles[client]),
  ];
  const lines = results.cells.map((result) => {
    const { cell } = result;
    const of = (client: ClientName): Figure | undefined => figure(result, client);
    const ours = of('ohos-websocket');
    const value = (measured: Figure | undefined): string => (measured === undefined ? '' : shown(cell, measured));
    const cpu = ours === undefined || ours.cpuToWs.rounds === 0 ? '' : digits(ours.cpuToWs.median);
    const columns = [
      `<th scope="row">${escapeHtml(cell.row)}</th><td>${escapeHtml(cell.column)}</td><td>${value(of('ws'))}</td><td>${value(ours)}</td>`,
      `<td>${ours === undefined ? '' : digits(ours.toWs.median)}</td>`,
      `<td>${ours === undefined ? '' : `${digits(ours.toWs.min)}–${digits(ours.toWs.max)}`}</td><td>${cpu}</td>`,
      ...others.map((client) => `<td>${of(client) === undefined ? '' : digits(of(client)!.toWs.median)}</td>`),
    ];
    return `<tr>${columns.join('')}</tr>`;
  });
  if (lines.length === 0) return '';
  const titleRow = head
    .map((title) => (title === '' ? '<td></td>' : `<th scope="col">${escapeHtml(title)}</th>`))
    .join('');
  const table = `<table><thead><tr>${titleRow}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
  return section(
    `All figures${where}`,
    'Processor time of the client for each message and the columns of the other clients are ratios to ws. Where a lower figure is better, so is a lower ratio.',
    scrolling('All figures', table),
  );
}

/** The parts of the client on their own. */
export function codec(results: Results): string {
  if (results.codec.length === 0) return '';
  const lines = results.codec.map(({ name, size, time }) => {
    const rate = size > 0 ? `${short((size * 1e9) / time.median)}B/s` : '';
    const spread = `${digits(time.min)}–${digits(time.max)}`;
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${digits(time.median)} ns</td><td>${spread}</td><td>${rate}</td></tr>`;
  });
  const head = ['operation', 'time', 'spread (ns)', 'payload'].map((title) => `<th scope="col">${title}</th>`);
  return section(
    'The codec on its own',
    'The parts of <code>lib/protocol</code> without a socket, in processor time.',
    scrolling(
      'The codec on its own',
      `<table><thead><tr>${head.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>`,
    ),
  );
}
