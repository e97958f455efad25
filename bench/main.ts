/** The benchmarks: `make bench`, `make bench QUICK=1`, or this program with its options. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { otherNode } from '../spec/packed/tool.js';
import { makeCertificate } from './certificate.js';
import { compare } from './compare/compare.js';
import { buildRevision } from './compare/revision.js';
import { machine } from './machine.js';
import { measureAll, type NodeCells, stepsOf } from './measure-all.js';
import type { Options } from './options.js';
import { readOptions, usage } from './options.js';
import { fetchRuntimes, findPeers, otherNodes } from './peers.js';
import type { Cell } from './plan.js';
import { otherNodePlan, plan } from './plan.js';
import { measureCodec, pinned } from './processes.js';
import { report } from './report/page.js';
import { publishedPicture, withTable } from './report/published.js';
import type { CodecResult, Results } from './results.js';
import { measuredCells } from './results.js';
import { measurable, startServers } from './servers.js';
import { table } from './table.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const wanted =
  ({ only }: Options) =>
  (cell: Cell): boolean =>
    only.length === 0 || only.includes(cell.area);

/** Hands in a folder with certificate and key, none where they cannot be made, and removes it afterwards. */
async function withCertificate(use: (tls: ReturnType<typeof makeCertificate>) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-bench-'));
  try {
    await use(makeCertificate(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The rows of a quick run: another revision is a question of every day. */
async function runCompare(options: Options, name: string): Promise<void> {
  const started = performance.now();
  const node = options.node === undefined ? undefined : otherNode(options.node);
  if (options.node !== undefined && node === undefined) {
    throw new Error(`--node: ${options.node} has not been fetched: make matrix MATRIX=${options.node}`);
  }
  const base = buildRevision(root, name);
  try {
    await withCertificate(async (tls) => {
      const servers = await startServers(tls);
      try {
        const { cells, skipped } = measurable(plan(true).filter(wanted(options)), servers, tls !== undefined);
        const times = { warmMs: 500, measureMs: 250, budgetMs: options.minutes * 60_000, mostRounds: 20 };
        process.stdout.write(
          `${[await compare(cells, base, servers, node === undefined ? {} : { node }, times), ...skipped].join('\n')}\n`,
        );
      } finally {
        await servers.stop();
      }
    });
  } finally {
    base.remove();
  }
  process.stderr.write(`\n${Math.round((performance.now() - started) / 1000)} s\n`);
}

/** Whole runs replace the published figures, no other may. */
function writeReport(results: Results, options: Options): string {
  const output = fileURLToPath(new URL('../../bench/results/', import.meta.url));
  mkdirSync(output, { recursive: true });
  const whole = !options.quick && options.only.length === 0 && options.clients.length > 3;
  const [data, page] = whole
    ? ['latest.json', 'report.html']
    : options.quick
      ? ['quick.json', 'quick.html']
      : ['partial.json', 'partial.html'];
  writeFileSync(join(output, data!), `${JSON.stringify(results)}\n`);
  writeFileSync(join(output, page!), report(results));
  if (whole) publish(results);
  return join(output, page!);
}

/** The figures that pages show are those of this run. */
function publish(results: Results): void {
  const page = fileURLToPath(new URL('../../bench/README.md', import.meta.url));
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), results));
  const picture = fileURLToPath(new URL('../../lib/pictures/bench.svg', import.meta.url));
  writeFileSync(picture, publishedPicture(results));
}

async function run(options: Options): Promise<void> {
  const started = performance.now();
  const about = machine(pinned);
  if (options.fetch) await fetchRuntimes();
  const peers = findPeers(options.clients, options.prototype);
  const available = options.clients.filter((name) => peers.missing[name] === undefined);
  const nodes = options.quick || options.thisNode ? [] : otherNodes();
  const measured: NodeCells[] = [];
  const skipped: string[] = [];
  await withCertificate(async (tls) => {
    const servers = await startServers(tls);
    const cellsOf = (cells: Cell[]): NodeCells['cells'] => {
      const possible = measurable(cells.filter(wanted(options)), servers, tls !== undefined);
      skipped.push(...possible.skipped.filter((line) => !skipped.includes(line)));
      return possible.cells.map((cell) => ({ cell, samples: {} }));
    };
    try {
      measured.push({ node: undefined, cells: cellsOf(plan(options.quick)) });
      measured.push(...nodes.map(({ program }) => ({ node: program, cells: cellsOf(otherNodePlan()) })));
      const steps = stepsOf(measured, available, options);
      // The codec's own figures and the report come afterwards.
      const deadline = started + options.minutes * 60_000 * 0.95;
      const done = await measureAll(steps, servers, peers.programs, options, deadline);
      if (done < steps.length) skipped.push(`the time was over after ${done} of ${steps.length} samples`);
    } finally {
      await servers.stop();
    }
  });
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
    skipped,
    cells: measuredCells(measured[0]!.cells),
    others: nodes.map(({ version }, i) => ({ node: version, cells: measuredCells(measured[i + 1]!.cells) })),
    codec,
  };
  const page = writeReport(results, options);
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `${table(results)}\n`);
  process.stderr.write(`\n${results.seconds} s; report: ${page}\n`);
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
