/** A load as one self-contained page: nothing is fetched, no script runs; it follows the reader's colour scheme. */
import { style } from '../../audit/reports/html-style.js';
import { escapeMarkup } from '../../audit/reports/markup.js';
import { type ComparedFigure, comparisonCells, verdictText } from './compare.js';
import { countText, grouped, loadQuantiles, milliseconds, quantilesOf, quantileText } from './figures.js';
import type { Histogram } from './histogram.js';
import { loadStyle } from './load-page-style.js';
import { clientText, describeLoad, loadWarnings, throughputOf } from './load-report.js';
import type { LoadOutcome, LoadPoint } from './outcome.js';
import { type AxisMark, linearAxis, logarithmicAxis, type PlotLine, renderFigures, renderPlot } from './plot.js';

export interface LoadPage {
  readonly title: string;
  /** One, or two that were compared. */
  readonly loads: readonly NamedLoad[];
  readonly figures?: readonly ComparedFigure[];
}

export interface NamedLoad {
  readonly name: string;
  readonly outcome: LoadOutcome;
}

const colors = ['one', 'two', 'three', 'four', 'five', 'six'] as const;
/** Nines of the percentiles that the distribution goes to. */
const nines = 4;
/** Places of the distribution's line to the nine of a percentile. */
const placesPerNine = 24;
const maxTableRows = 200;

export function renderLoadPage({ title, loads, figures }: LoadPage): string {
  const [{ outcome: first }] = loads as [NamedLoad];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WebSocket load on ${escapeMarkup(title)}</title>
<style>${style}${loadStyle}</style>
</head>
<body>
<main>
<header>
<p class="kind">WebSocket load</p>
<h1>${escapeMarkup(title)}</h1>
${first.interrupted ? '<p class="verdict warning">Stopped before its time.</p>' : ''}
<p>${escapeMarkup(describeLoad(first.job.load)).replaceAll('\n', '<br>')}</p>
<p>${escapeMarkup(first.startedAt)}</p>
</header>
${figures === undefined ? '' : comparison(figures)}
${loads.map((load) => summary(load, loads.length > 1)).join('')}
<section aria-labelledby="plots">
<h2 id="plots">Plots${loads.length > 1 ? ' of the last round' : ''}</h2>
${distributionPlot(loads)}
${throughputPlot(loads)}
${latencyPlots(loads)}
</section>
${loads.map(errors).join('')}
</main>
</body>
</html>
`;
}

function comparison(figures: readonly ComparedFigure[]): string {
  // The verdict first: a narrow screen shows the beginning of a row.
  const rows = figures.map((figure) => {
    const [name = '', ...cells] = comparisonCells(figure);
    return [name, verdictText(figure), ...cells];
  });
  return `<section aria-labelledby="comparison">
<h2 id="comparison">Comparison</h2>
${renderFigures(['', 'B is', 'A', 'B', 'B/A', 'spread'], rows)}
<p class="axis">Medians of ${figures[0]?.a.length ?? 0} rounds in turn; the verdict is that of a rank test.</p>
</section>`;
}

function summary({ name, outcome }: NamedLoad, isNamed: boolean): string {
  const { latency, service, opening, opened, attempted, due } = outcome;
  const { verb, rate } = throughputOf(outcome);
  const wrong = outcome.errors.reduce((sum, { count }) => sum + count, 0);
  const card = (kind: string, value: string, label: string): string =>
    `<div class="card ${kind}"><b>${value}</b><span>${escapeMarkup(label)}</span></div>`;
  const quantileRow = (label: string, histogram: Histogram): string[] => [
    label,
    ...[histogram.min, ...Object.values(quantilesOf(histogram, loadQuantiles)), histogram.max, histogram.mean].map(
      milliseconds,
    ),
  ];
  const isOpenModel = outcome.job.load.rate !== undefined;
  const rows = [
    ...(latency.count === 0 ? [] : [quantileRow(isOpenModel ? 'answer, from when due' : 'answer', latency)]),
    ...(latency.count === 0 || !isOpenModel ? [] : [quantileRow('answer, from sending', service)]),
    ...(opening.count === 0 ? [] : [quantileRow('opening', opening)]),
  ];
  const head = ['', 'min', ...Object.keys(loadQuantiles).map(quantileText), 'max', 'mean'];
  const warnings = loadWarnings(outcome).map((warning) => `<p class="verdict warning">${escapeMarkup(warning)}</p>`);
  return `<section>
${isNamed ? `<h2>${escapeMarkup(name)}</h2>` : '<h2>Result</h2>'}
<div class="cards load">
${card('', countText(rate), `messages/s ${verb}`)}
${card('', latency.count === 0 ? '–' : milliseconds(latency.quantile(0.5)), 'median latency')}
${card('', latency.count === 0 ? '–' : milliseconds(latency.quantile(0.99)), 'p99')}
${card(wrong > 0 ? 'fail' : 'zero', grouped(wrong), wrong === 1 ? 'error' : 'errors')}
</div>
${warnings.join('')}
${rows.length === 0 ? '' : renderFigures(head, rows)}
<dl>
<div><dt>opened</dt><dd>${grouped(opened)} of ${grouped(attempted)} connections</dd></div>
<div><dt>messages</dt><dd>${grouped(latency.count)} of ${grouped(due)} with a latency</dd></div>
<div><dt>client</dt><dd>${escapeMarkup(clientText(outcome))}</dd></div>
</dl>
</section>`;
}

/** Percentiles on an axis where each nine has the same width, as HdrHistogram draws them. */
function distributionPlot(loads: readonly NamedLoad[]): string {
  const measured = loads.filter(({ outcome }) => outcome.latency.count > 0);
  if (measured.length === 0) return '';
  const drawn = measured.flatMap(({ name, outcome: { latency, service, job } }) => [
    { name, latency },
    // What a closed model would have seen of the same run.
    ...(job.load.rate === undefined ? [] : [{ name: `${name}, from sending`, latency: service }]),
  ]);
  const all = drawn.map(({ latency }) => latency);
  const lowest = Math.max(0.001, Math.min(...all.map(({ min }) => min)));
  const highest = Math.max(...all.map((latency) => latency.quantile(1 - 10 ** -nines)));
  const axis = logarithmicAxis(lowest, Math.max(highest, lowest), axisTime);
  const share = (x: number): number => 1 - 10 ** (-x * nines);
  const places = Array.from({ length: nines * placesPerNine + 1 }, (_, index) => index / (nines * placesPerNine));
  const lines = drawn.map(({ name, latency }, index): PlotLine => {
    return {
      name,
      color: colors[index]!,
      points: places.map((x) => [x, axis.place(latency.quantile(share(x)))] as const),
    };
  });
  const marks: AxisMark[] = [0.5, 0.9, 0.99, 0.999, 0.9999].map((q) => ({
    at: -Math.log10(1 - q) / nines,
    label: `${Number((q * 100).toFixed(4))} %`,
  }));
  const rows = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1].map((q) => [
    `${Number((q * 100).toFixed(4))} %`,
    ...all.map((latency) => milliseconds(latency.quantile(q))),
  ]);
  const said = measured.map(({ name, outcome: { latency } }) => {
    return `${name}: half within ${milliseconds(latency.quantile(0.5))}, 99 % within ${milliseconds(latency.quantile(0.99))}`;
  });
  return renderPlot({
    title: 'Latency distribution',
    summary: `Latency by percentile. ${said.join('. ')}.`,
    lines,
    x: marks,
    y: axis.marks,
    xTitle: 'share of the messages that were answered within this time',
    table: { head: ['share', ...drawn.map(({ name }) => name)], rows },
  });
}

function throughputPlot(loads: readonly NamedLoad[]): string {
  const highest = Math.max(...loads.flatMap(({ outcome }) => outcome.points.map(({ perSecond }) => perSecond)), 0);
  const { top, marks } = linearAxis(highest, (value) => countText(value).replace(/\.0$/, ''));
  return overTime(loads, {
    title: 'Throughput over time',
    marks,
    lines: loads.map(({ name }, index) => ({
      name,
      color: colors[index]!,
      load: index,
      place: ({ perSecond }) => perSecond / top,
      text: ({ perSecond }) => countText(perSecond),
    })),
    said: `messages a second, up to ${countText(highest)}`,
  });
}

function latencyPlots(loads: readonly NamedLoad[]): string {
  const values = loads.flatMap(({ outcome }) =>
    outcome.points.flatMap(({ p50, max }) => (p50 === undefined ? [] : [p50, max!])),
  );
  if (values.length === 0) return '';
  const lowest = Math.max(0.001, Math.min(...values));
  const axis = logarithmicAxis(lowest, Math.max(...values, lowest), axisTime);
  const names = ['p50', 'p99', 'max'] as const;
  return overTime(loads, {
    title: 'Latency over time',
    marks: axis.marks,
    lines: loads.flatMap((load, index) =>
      names.map((name, place) => ({
        name: loads.length > 1 ? `${name} of ${load.name}` : name,
        color: colors[index * names.length + place]!,
        load: index,
        place: (point: LoadPoint) => (point[name] === undefined ? undefined : axis.place(point[name])),
        text: (point: LoadPoint) => (point[name] === undefined ? '–' : milliseconds(point[name])),
      })),
    ),
    said: `median, 99th percentile and maximum of each moment, between ${milliseconds(lowest)} and ${milliseconds(Math.max(...values))}`,
  });
}

interface TimePlot {
  readonly title: string;
  readonly marks: readonly AxisMark[];
  readonly lines: readonly {
    readonly name: string;
    readonly color: string;
    readonly load: number;
    place(point: LoadPoint): number | undefined;
    text(point: LoadPoint): string;
  }[];
  readonly said: string;
}

function overTime(loads: readonly NamedLoad[], { title, marks, lines, said }: TimePlot): string {
  const points = loads.map(({ outcome }) => outcome.points);
  const end = Math.max(...points.map((own) => own.at(-1)?.at ?? 0));
  if (!(end > 0)) return '';
  const axis = timeAxis(end);
  const longest = points.reduce((best, own) => (own.length > best.length ? own : best));
  const shown = longest.slice(0, maxTableRows);
  const unmeasured = longest.flatMap(({ phase, at }, index) =>
    phase === 'measured' ? [] : [[(longest[index - 1]?.at ?? 0) / end, at / end] as const],
  );
  return renderPlot({
    title,
    summary: `${title}, ${Number(end.toFixed(1))} s: ${said}.`,
    lines: lines.map(({ name, color, load, place }) => ({
      name,
      color,
      points: points[load]!.map((point) => {
        const y = place(point);
        return y === undefined ? undefined : ([point.at / end, y] as const);
      }),
    })),
    x: axis,
    y: marks,
    xTitle: 'seconds since the load began; what is shaded was not measured',
    shaded: unmeasured,
    table: {
      head: ['at', 'phase', ...lines.map(({ name }) => name)],
      rows: shown.map(({ at, phase }, index) => [
        `${at.toFixed(2)} s`,
        phase,
        ...lines.map(({ load, text }) => (points[load]![index] === undefined ? '–' : text(points[load]![index]!))),
      ]),
    },
  });
}

/** Round times up to the end. */
function timeAxis(end: number): readonly AxisMark[] {
  const { top, marks } = linearAxis(end, (value) => `${Number(value.toFixed(2))} s`);
  return marks.map(({ at, label }) => ({ at: (at * top) / end, label })).filter(({ at }) => at <= 1);
}

function axisTime(value: number): string {
  return value < 1000 ? `${Number(value.toPrecision(3))} ms` : `${Number((value / 1000).toPrecision(3))} s`;
}

function errors({ name, outcome }: NamedLoad, index: number, all: readonly NamedLoad[]): string {
  const heading = `Errors${all.length > 1 ? ` of ${name}` : ''}`;
  const rows = outcome.errors.map(({ kind, count, example }) => [kind, grouped(count), example]);
  return `<section class="errors" aria-labelledby="errors-${index}">
<h2 id="errors-${index}">${escapeMarkup(heading)}</h2>
${rows.length === 0 ? '<p class="none">None.</p>' : renderFigures(['kind', 'count', 'the first one'], rows)}
</section>`;
}
