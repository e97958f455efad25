import { clientNames } from '../clients/names.js';
import { digits } from '../format.js';
import { figure, standing } from '../results.js';
import type { Results } from '../results.js';
import { escape } from './escape.js';
import { codec, floor, numbers, ratios, scaling, singles, turns } from './sections.js';
import { titles } from './series.js';

const style = `
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5d6b7a; --line: #dfe4ea; --paper: #fff; --card: #f7f9fb; --goal: #111; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ef; --soft: #9aa7b5; --line: #313a45; --paper: #14181d; --card: #1b2128; --goal: #fff; }
}
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 1240px; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.8rem; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .3rem; }
p { max-width: 76ch; margin: .3rem 0 1rem; } .soft { color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.4rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem 1rem; min-width: 9.5rem; }
.tiles b { display: block; font-size: 1.55rem; line-height: 1.25; font-variant-numeric: tabular-nums; } .tiles span { color: var(--soft); font-size: .85rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 1rem; }
.panels > svg { width: 100%; height: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 1rem; max-width: 820px; }
.pair .panels { grid-template-columns: 1fr; } .panels.two { max-width: 820px; }
svg text { fill: var(--ink); font-size: 12px; } svg .title { font-weight: 600; font-size: 13px; } svg .tick { fill: var(--soft); font-size: 11px; }
svg .ours { font-weight: 700; } .grid { stroke: var(--line); } .reference { stroke: #e69f00; stroke-width: 2; } .goal { stroke: var(--goal); stroke-width: 2.5; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; max-width: none; font-size: .88rem; } .legend svg { vertical-align: middle; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; } .scroll { overflow-x: auto; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child, .facts td { text-align: left; } th { color: var(--soft); font-weight: 600; } .facts td { white-space: normal; }
.yes { color: #0a7d43; font-weight: 600; } .no { color: #c4321c; font-weight: 600; }
@media (prefers-color-scheme: dark) { .yes { color: #4cc38a; } .no { color: #ff8266; } }
code { font-size: .92em; }
`;

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
    return [`<li><b>${digits(ours.toWs.median)}×</b><span>${escape(text)}</span></li>`];
  });
  return items.length === 0 ? '' : `<ul class="tiles">${items.join('')}</ul>`;
}

function goals(results: Results): string {
  const stands = results.cells.map(standing).filter((stand) => stand !== undefined);
  const reached = stands.filter((stand) => stand.reached).length;
  return stands.length === 0 ? '' : ` ${reached} of ${stands.length} goals were reached in this run; each is in the last table.`;
}

function facts(results: Results): string {
  const versions = clientNames.flatMap((name) => {
    const text = results.versions[name] ?? results.missing[name];
    return text === undefined ? [] : [[titles[name], text] as const];
  });
  const method = [
    ['Measured', `${results.date.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(results.seconds / 6) / 10} minutes${results.quick ? ', quick run' : ''}`],
    ['To repeat', 'make bench (all of it), make bench QUICK=1 (under two minutes)'],
    ['This run', results.command],
  ] as const;
  const lines = [...Object.entries(results.machine), ...versions, ...method].map(
    ([name, text]) => `<tr><td>${escape(name)}</td><td>${escape(text)}</td></tr>`,
  );
  return `<table class="facts"><tbody>${lines.join('')}</tbody></table>`;
}

const method = `
<p>Every measurement is a fresh process with one client in it, first warmed up, then timed. In each round every client does the job right after
the others, in rotated order; a ratio is taken round by round and its median shown, so that what disturbs the machine for a while
disturbs all alike. The server is 300 lines on Node's bare sockets, with no WebSocket library: it counts bytes, sends prepared frames or answers with a kept frame.</p>
<p><strong>Sending</strong> is timed until the server has acknowledged the last byte. Every client sends bursts of at most 256 messages or 1 MiB a turn, and
waits by its own documented means until a burst is handed over: the callback of its last send (ohos-websocket, ws, websocket), bufferedAmount
(undici), write and drain (faye-websocket), the writable callback (libwebsockets). <strong>Text is delivered as a string, binary as an ArrayBuffer</strong> where the client
has one (ohos-websocket, ws with binaryType 'arraybuffer', undici); websocket and faye-websocket hand out a Buffer, libwebsockets pieces of its read buffer, which
costs less. “ws, delivering Buffer” is ws as it comes. ws runs without optional add-ons; websocket brings its native ones along, and uses them. The first message that each
client delivers is compared with what was sent. Fragmentation of sent messages is switched off where a client does it (websocket), and nobody compresses.</p>`;

/** The whole report: one HTML page that needs nothing else. */
export function report(results: Results): string {
  const sections = [
    ratios(results, false),
    turns(results),
    floor(results),
    singles(results),
    ratios(results, true),
    scaling(results),
    codec(results),
    numbers(results),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ohos-websocket: benchmarks</title><style>${style}</style></head><body>
<h1>ohos-websocket: benchmarks</h1>
<p class="soft">A WebSocket client among its peers, on one machine, as ratios to <code>ws</code> in the same run.${goals(results)}</p>
${tiles(results)}
${sections.join('\n')}
<section><h2>Method</h2>${method}</section>
<section><h2>Machine, versions, how to repeat</h2>${facts(results)}</section>
</body></html>
`;
}
