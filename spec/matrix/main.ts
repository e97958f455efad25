/**
 * Runs the specs against the packed package on other versions of Node: `node dist/spec/matrix/main.js 20.19 22 24 26`.
 *
 * The folder in which they run is the unpacked tarball with the compiled specs beside its `dist/lib`: what they import is
 * what a user gets. The binaries come from npm's `node` package, and stay in the cache folder.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { esbuild, tool } from '../packed/tool.js';
import { placeSpecs } from './place.js';

const leftOut: readonly RegExp[] = [
  // Needs the sources, a compiler, a browser, or other programs.
  /^(interop|fuzz|soak|bench|types|footprint|matrix|browser|docs)\/|^architecture|^api\/document\.spec|^packed\/runtimes\.spec/,
  // Bytes in, bytes out, without a call of Node's.
  /^rfc6455\/|^protocol\/(framing|messages|closing|handshake|http|socks)\/|^kit\/(document|readme)\.spec/,
  // Our own decisions, on sockets and terminals that other specs here try: `api`, `transport`, `cli/connect/terminal`.
  /^audit\/(?!raw-connection)|^cli\/(audit|bench|relay|completion)\/|^cli\/(replay|manual)\.spec|^cli\/connect\/(?!terminal)/,
  /^field\/(command|liveness)\.spec/,
];

/** What depends on the engine at most: `make test` ran it on that of this Node, which is a minor version away. */
const sameEngine = /^(protocol|trace|relay|echo|faults|cli|field|audit)\//;
const isSameEngine = (version: string): boolean => version.split('.')[0] === process.versions.node.split('.')[0];

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

async function runSpecs(node: string, place: string, specs: readonly string[]): Promise<Outcome> {
  const args = ['--test', '--test-reporter=tap', '--test-concurrency=2', '--test-timeout=120000', ...specs];
  const child = spawn(node, args, { cwd: place, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, status] = await Promise.all([readAll(child.stdout), ended]);
  return { status, output };
}

/** The lines of a TAP report that say what failed, each with the lines that say why. */
function failures(output: string): string {
  return output
    .split('\n')
    .flatMap((line, index, lines) => (/^\s*not ok /.test(line) ? lines.slice(index, index + 24) : []))
    .join('\n');
}

async function main(versions: readonly string[]): Promise<number> {
  await esbuild(); // for the spec of the bundled package, which runs when it is there
  const place = await placeSpecs();
  const all = readdirSync(join(place, 'dist/spec'), { recursive: true, encoding: 'utf8' });
  const specs = all
    .filter((name) => name.endsWith('.spec.js') && !leftOut.some((pattern) => pattern.test(name)))
    .sort();
  console.log(`specs in ${place}`);
  let failed = 0;
  for (const version of versions) {
    const node = await tool('node', version, 'node/bin/node');
    const chosen = isSameEngine(version) ? specs.filter((name) => !sameEngine.test(name)) : specs;
    const start = performance.now();
    const { status, output } = await runSpecs(
      node,
      place,
      chosen.map((name) => join('dist/spec', name)),
    );
    const count = (what: string): string => new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? '?';
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(
      `Node ${version}: ${count('pass')} passed, ${count('fail')} failed, ${count('skipped')} skipped, of ${chosen.length} files (${seconds} s)`,
    );
    if (status === 0) continue;
    failed++;
    console.error(failures(output));
  }
  return failed === 0 ? 0 : 1;
}

const versions = process.argv.slice(2);
process.exitCode = await main(versions.length === 0 ? ['20.19', '22', '24', '26'] : versions);
