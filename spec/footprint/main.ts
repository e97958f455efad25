/**
 * What the package costs its users, in numbers that are held: `node dist/spec/footprint/main.js`.
 *
 * Times and memory are medians of several processes, in turns with ws and undici in the same run; limits are ratios to
 * ws where the machine has a say in the number, and absolute where it has none. Ends with status 1 above a limit.
 */
import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeCertificate } from '../../bench/certificate.js';
import { measure, startServer } from '../../bench/processes.js';
import { type Footprint, withFootprint } from '../../bench/report/published.js';
import type { Task } from '../../bench/task.js';
import { summarize } from '../../lib/cli/bench/statistics.js';
import { bundle } from '../packed/bundle.js';
import { consumer, pack, root, temporaryFolder } from '../packed/package.js';
import { limits } from './limits.js';

const run = promisify(execFile);
const peers = createRequire(join(root, 'bench/package.json'));
const clients = ['ohos-websocket', 'ws', 'undici'] as const;
type Numbers = { readonly [Name in (typeof clients)[number]]?: number };

const rounds = { import: 7, heap: 3, memory: 3 };
const idleConnections = 2000;

interface Row {
  readonly what: string;
  readonly unit: string;
  readonly values: Numbers;
  /** Of our own value: at most this much, or this share of ws's. */
  readonly atMost?: number | undefined;
  readonly atMostOfWs?: number | undefined;
}

async function loaded(specifier: string, what: 'heap' | 'files'): Promise<Record<string, unknown>> {
  const script = fileURLToPath(new URL('loaded.js', import.meta.url));
  const { stdout } = await run(process.execPath, ['--expose-gc', '--no-warnings', script, specifier, what]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const medianOf = (values: readonly number[]): number => summarize(values).median;

/** In turns, so that whatever else the machine does is shared. */
async function inTurns(count: number, one: (client: (typeof clients)[number]) => Promise<number>): Promise<Numbers> {
  const samples = new Map<string, number[]>(clients.map((client) => [client, []]));
  for (let round = 0; round < count; round++) {
    for (const client of clients) samples.get(client)!.push(await one(client));
  }
  return Object.fromEntries([...samples].map(([client, values]) => [client, medianOf(values)]));
}

async function packedRows(): Promise<Row[]> {
  const { size, unpackedSize, files } = await pack();
  const folder = await consumer({ 'entry.js': `export { webSocket } from 'ohos-websocket';` });
  const file = await bundle(join(folder, 'entry.js'), join(folder, 'bundle.mjs'));
  return [
    { what: 'packed', unit: 'KiB', values: { 'ohos-websocket': size / 1024 }, atMost: limits.packed },
    { what: 'unpacked', unit: 'KiB', values: { 'ohos-websocket': unpackedSize / 1024 }, atMost: limits.unpacked },
    { what: 'files', unit: '', values: { 'ohos-websocket': files.length }, atMost: limits.files },
    { what: 'one file, minified', unit: 'KiB', values: await bundled(statSync(file).size), atMost: limits.minified },
  ];
}

async function bundled(own: number): Promise<Numbers> {
  const folder = temporaryFolder('bundles');
  const sizes: Record<string, number> = { 'ohos-websocket': own / 1024 };
  for (const name of ['ws', 'undici']) {
    sizes[name] = statSync(await bundle(peers.resolve(name), join(folder, `${name}.cjs`), 'cjs')).size / 1024;
  }
  return sizes;
}

async function importRows(specifiers: Readonly<Record<string, string>>, task: Task): Promise<Row[]> {
  const files: Record<string, number> = {};
  const builtins: Record<string, number> = {};
  for (const client of clients) {
    const modules = (await loaded(specifiers[client]!, 'files')) as { files: string[]; builtins: string[] };
    files[client] = modules.files.length;
    builtins[client] = modules.builtins.length;
  }
  const heap = await inTurns(rounds.heap, async (client) => {
    const { heap: bytes } = (await loaded(specifiers[client]!, 'heap')) as { heap: number };
    return bytes / 1024;
  });
  const time = await inTurns(rounds.import, async (client) => {
    return (await measure({ ...task, job: 'import', client }, undefined)).value;
  });
  return [
    { what: 'import: files', unit: '', values: files, atMost: limits.importedFiles },
    { what: 'import: modules of Node', unit: '', values: builtins, atMost: limits.importedBuiltins },
    { what: 'import: heap', unit: 'KiB', values: heap, atMostOfWs: limits.heapOfWs },
    { what: 'import: time', unit: 'ms', values: time, atMostOfWs: limits.timeOfWs },
  ];
}

async function idleRows(task: Task, secure: boolean): Promise<Row[]> {
  const heaps = new Map<string, number[]>();
  const rss = await inTurns(rounds.memory, async (client) => {
    const { value, more } = await measure({ ...task, job: 'memory', client, secure }, undefined);
    heaps.set(client, [...(heaps.get(client) ?? []), more!['heap']! / 1024]);
    return value / 1024;
  });
  const heap = Object.fromEntries([...heaps].map(([client, values]) => [client, medianOf(values)]));
  const scheme = secure ? 'wss' : 'ws';
  return [
    { what: `idle ${scheme} connection: RSS`, unit: 'KiB', values: rss, atMostOfWs: limits.idle[scheme].rssOfWs },
    { what: `idle ${scheme} connection: heap`, unit: 'KiB', values: heap, atMost: limits.idle[scheme].heap },
  ];
}

/** @returns what is above its limit, in words */
function judge({ what, unit, values, atMost, atMostOfWs }: Row): string | undefined {
  const own = values['ohos-websocket']!;
  const most = atMost ?? atMostOfWs! * values.ws!;
  return own <= most ? undefined : `${what}: expected at most ${show(most)} ${unit}, got ${show(own)}`;
}

const show = (value: number | undefined): string =>
  value === undefined ? '' : value.toFixed(value < 100 && !Number.isInteger(value) ? 1 : 0);

function print(rows: readonly Row[]): void {
  const cells = rows.map(({ what, unit, values, atMost, atMostOfWs }) => [
    unit === '' ? what : `${what}, ${unit}`,
    ...clients.map((client) => show(values[client])),
    atMost === undefined ? `${atMostOfWs} of ws` : String(atMost),
  ]);
  const table = [['', ...clients, 'limit'], ...cells];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table) {
    console.log(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
    );
  }
}

/** Puts the figures into `bench/results` and the page. */
function publish(rows: readonly Row[]): void {
  const figures: Footprint = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    rows: rows.map(({ what, unit, values }) => ({
      what,
      unit,
      values: Object.fromEntries(Object.entries(values).map(([client, value]) => [client, show(value)])),
    })),
  };
  writeFileSync(join(root, 'bench/results/footprint.json'), `${JSON.stringify(figures, undefined, 1)}\n`);
  const page = join(root, 'bench/README.md');
  writeFileSync(page, withFootprint(readFileSync(page, 'utf8'), figures));
}

async function main(): Promise<number> {
  const folder = temporaryFolder('footprint');
  const server = await startServer(makeCertificate(folder));
  const task: Task = {
    ...{ job: 'memory', client: 'ws', kind: 'text', size: 16, secure: false, each: 1 },
    ...{ connections: idleConnections, warmMs: 0, measureMs: 0, server: server.address },
  };
  const specifiers = {
    'ohos-websocket': new URL('../../lib/index.js', import.meta.url).href,
    ws: peers.resolve('ws'),
    undici: peers.resolve('undici'),
  };
  try {
    const rows = [
      ...(await packedRows()),
      ...(await importRows(specifiers, task)),
      ...(await idleRows(task, false)),
      ...(server.address.caPath === '' ? [] : await idleRows(task, true)),
    ];
    print(rows);
    if (process.argv.includes('--publish')) publish(rows);
    const { memory, import: imports, heap } = rounds;
    console.log(
      `\nmedians of ${imports} (time), ${heap} (heap) and ${memory} (${idleConnections} idle connections) processes`,
    );
    const findings = rows.map(judge).filter((finding) => finding !== undefined);
    for (const finding of findings) console.error(finding);
    return findings.length === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

process.exitCode = await main();
