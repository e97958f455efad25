/** The benchmarks: `make bench`, `make bench QUICK=1`, or this program with its options. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from './certificate.js';
import type { ClientName } from './clients/names.js';
import { compare } from './compare/compare.js';
import { buildRevision } from './compare/revision.js';
import { machine } from './machine.js';
import type { Options } from './options.js';
import { readOptions, usage } from './options.js';
import { findPeers } from './peers.js';
import type { Cell } from './plan.js';
import { plan } from './plan.js';
import { measure, measureCodec, pinned, startServer } from './processes.js';
import { Progress } from './progress.js';
import { report } from './report/page.js';
import type { CellResult, CodecResult, Results } from './results.js';
import { table } from './table.js';
import type { ServerAddress } from './task.js';

/** Those that are not compared head to head are measured in every third round, two of five; in a quick run in the first. */
function takesPart(cell: Cell, client: ClientName, round: number, options: Options): boolean {
  if (round >= cell.rounds) return false;
  if (client === 'ohos-websocket' || client === 'ws' || options.clients.length <= 3) return true;
  if (options.quick) return round === 0;
  return client === 'raw' || round % 3 === 0;
}

async function measureAll(
  cells: readonly CellResult[],
  available: readonly ClientName[],
  server: ServerAddress,
  libwebsockets: string | undefined,
  options: Options,
): Promise<void> {
  const steps: { result: CellResult; client: ClientName; round: number }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const result of cells) {
      const clients = available.filter((name) => result.cell.clients.includes(name));
      // Rotated, so that no client is always the first or always after the same neighbour.
      const order = clients.map((_, i) => clients[(i + round) % clients.length]!);
      for (const client of order) {
        if (takesPart(result.cell, client, round, options)) steps.push({ result, client, round });
      }
    }
  }
  const progress = new Progress(steps.length);
  // Node compiles what runs often meanwhile, on the client's only core: after that time most of it is done.
  const times = options.quick ? { warmMs: 80, measureMs: 60 } : { warmMs: 800, measureMs: 250 };
  for (const { result, client, round } of steps) {
    const { cell } = result;
    progress.step(`round ${round + 1}/${options.rounds}  ${cell.row} ${cell.column}  ${client}`);
    const { job, kind, size, secure, each, connections } = cell;
    const rounds = (result.samples[client] ??= Array.from({ length: options.rounds }, () => null));
    try {
      rounds[round] = await measure(
        { job, client, kind, size, secure, each, connections, ...times, server },
        libwebsockets,
      );
    } catch (error) {
      progress.end();
      process.stderr.write(`${client}, ${cell.row} ${cell.column}: ${(error as Error).message}\n`);
    }
  }
  progress.end();
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The rows of a quick run: another revision is a question of every day. */
async function runCompare(options: Options, name: string): Promise<void> {
  const started = performance.now();
  const base = buildRevision(root, name);
  const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-bench-'));
  try {
    const tls = makeCertificate(folder);
    const wanted = (cell: Cell): boolean => options.only.length === 0 || options.only.includes(cell.area);
    const cells = plan(true).filter((cell) => wanted(cell) && (tls !== undefined || !cell.secure));
    const server = await startServer(tls);
    try {
      const times = { warmMs: 500, measureMs: 250, budgetMs: options.minutes * 60_000, mostRounds: 20 };
      process.stdout.write(`${await compare(cells, base, server.address, times)}\n`);
    } finally {
      await server.stop();
    }
  } finally {
    base.remove();
    rmSync(folder, { recursive: true });
  }
  process.stderr.write(`\n${Math.round((performance.now() - started) / 1000)} s\n`);
}

async function run(options: Options): Promise<void> {
  const started = performance.now();
  const about = machine(pinned);
  const peers = findPeers(options.clients);
  const available = options.clients.filter((name) => peers.missing[name] === undefined);
  const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-bench-'));
  const tls = makeCertificate(folder);
  const wanted = (cell: Cell): boolean => options.only.length === 0 || options.only.includes(cell.area);
  const cells = plan(options.quick).filter((cell) => wanted(cell) && (tls !== undefined || !cell.secure));
  const measured: CellResult[] = cells.map((cell) => ({ cell, samples: {} }));
  try {
    const server = await startServer(tls);
    try {
      await measureAll(measured, available, server.address, peers.libwebsockets, options);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  let codec: CodecResult[] = [];
  if ((options.only.length === 0 || options.only.includes('codec')) && options.clients.includes('ohos-websocket')) {
    codec = await measureCodec(options.rounds, options.quick ? 15 : 40);
  }
  const results: Results = {
    date: new Date().toISOString(),
    seconds: Math.round((performance.now() - started) / 1000),
    quick: options.quick,
    command: ['node dist/bench/main.js', ...process.argv.slice(2)].join(' '),
    machine: about,
    versions: peers.versions,
    missing: peers.missing,
    cells: measured,
    codec,
  };
  const output = fileURLToPath(new URL('../../bench/results/', import.meta.url));
  mkdirSync(output, { recursive: true });
  // Only a whole run may replace the published figures.
  const whole = !options.quick && options.only.length === 0 && options.clients.length > 3;
  const name = whole
    ? ['latest.json', 'report.html']
    : options.quick
      ? ['quick.json', 'quick.html']
      : ['partial.json', 'partial.html'];
  writeFileSync(join(output, name[0]!), `${JSON.stringify(results)}\n`);
  writeFileSync(join(output, name[1]!), report(results));
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `${table(results)}\n`);
  process.stderr.write(`\n${results.seconds} s; report: ${join(output, name[1]!)}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(`${usage}\n`);
  else if (options.compare !== undefined) await runCompare(options, options.compare);
  else await run(options);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
