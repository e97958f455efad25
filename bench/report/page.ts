import { clientNames } from '../clients/names.js';
import { digits } from '../format.js';
import type { Results } from '../results.js';
import { figure } from '../results.js';
import { escapeHtml } from './escape.js';
import { method } from './method.js';
import { overview } from './overview.js';
import { codec, floor, numbers, ratios, scaling, singles, turns } from './sections.js';
import { titles } from './series.js';
import { style } from './style.js';

const headlines: readonly (readonly [string, string, string])[] = [
  ['send text', '16 B', 'sending 16 B text'],
  ['send text', '1 KiB', 'sending 1 KiB text'],
  ['receive text', '16 B', 'receiving 16 B text'],
  ['receive text', '1 KiB', 'receiving 1 KiB text'],
  ['echo text', '16 B', 'echo, 64 in flight, 16 B'],
  ['sends per turn', '1', 'one send a turn'],
  ['handshakes', '', 'handshakes'],
];

function tiles(results: Results): string {
  const items = headlines.flatMap(([row, column, text]) => {
    const found = results.cells.find(({ cell }) => cell.row === row && cell.column === column);
    const ours = found && figure(found, 'ohos-websocket');
    if (ours === undefined || Number.isNaN(ours.toWs.median)) return [];
    return [`<li><b>${digits(ours.toWs.median)}×</b><span>${escapeHtml(text)}</span></li>`];
  });
  return items.length === 0 ? '' : `<ul class="tiles" aria-label="As a multiple of ws">${items.join('')}</ul>`;
}

function facts(results: Results): string {
  const versions = clientNames.flatMap((name) => {
    const text = results.versions[name] ?? results.missing[name];
    return text === undefined ? [] : [[titles[name], text] as const];
  });
  const method = [
    [
      'Measured',
      `${results.date.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(results.seconds / 6) / 10} minutes` +
        (results.quick ? ', quick run' : ''),
    ],
    ['To repeat', 'make bench (all of it, 25 minutes), make bench QUICK=1 (two minutes)'],
    ['This run', results.command],
  ] as const;
  const skipped = results.skipped.map((line) => ['Left out', line] as const);
  const lines = [...Object.entries(results.machine), ...versions, ...skipped, ...method].map(
    ([name, text]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`,
  );
  return `<table class="facts"><tbody>${lines.join('')}</tbody></table>`;
}

/** The whole report: one HTML page that needs nothing else. */
export function report(results: Results): string {
  const sections = [
    overview(results),
    ratios(results, false),
    turns(results),
    floor(results),
    singles(results),
    ratios(results, true),
    scaling(results),
    codec(results),
    numbers(results),
    ...results.others.map(({ node, cells }) => numbers({ ...results, cells }, ` on Node ${node.replace(/^v/, '')}`)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ohos-websocket: benchmarks</title><style>${style}</style></head><body><main>
<header>
<h1>ohos-websocket: benchmarks</h1>
<p class="soft">A WebSocket client among its peers, on one machine, as ratios to <code>ws</code> in the same run.</p>
</header>
${sections[0]}
${tiles(results)}
${sections.slice(1).join('\n')}
<section aria-label="Method"><h2>Method</h2>${method}</section>
<section aria-label="Machine, versions, how to repeat"><h2>Machine, versions, how to repeat</h2>${facts(results)}</section>
</main></body></html>
`;
}
