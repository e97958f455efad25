/**
 * Runs the specs against the packed package on Bun and Deno: `node dist/spec/matrix/runtimes.js bun deno`, or with
 * `--only api/send` the files whose names have that in them.
 *
 * Each file is a process of its own. What fails there is listed in `known-failures.ts` with its reason; a file that fails
 * otherwise, or that passes although it is listed, fails the run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { esbuild, runtime } from '../packed/tool.js';
import { type Failing, knownFailures } from './known-failures.js';
import { placeSpecs } from './place.js';

type Runtime = keyof typeof knownFailures;

/**
 * The library. The command runs on Node (`#!/usr/bin/env node`), what specs of `packed` try are options of Node, and the
 * document's programs need the sources, or hooks for module names.
 */
const chosen =
  /^(api|echo|faults|field|index|kit|protocol|recipes|relay|trace|transport|web)\b(?!.(document|command)\.spec)/;

/** Milliseconds that a file may take. */
const patience = 60_000;

const commands: Readonly<Record<Runtime, readonly string[]>> = {
  bun: ['test', '--timeout', '30000'],
  deno: ['test', '-A', '--no-check'],
};

interface Outcome {
  /** How many specs failed; `all` when the file could not be run to its end, `hangs` when it had to be ended. */
  readonly failing: Failing;
  readonly output: string;
}

async function runFile(name: Runtime, binary: string, place: string, file: string): Promise<Outcome> {
  const { NODE_TEST_CONTEXT: _test, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
  const child = spawn(binary, [...commands[name], `./dist/spec/${file}`], {
    cwd: place,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // with what it starts itself
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const end = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {} // they have ended
  };
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    end();
  }, patience);
  const [stdout, stderr, [status]] = await Promise.all([readAll(child.stdout), readAll(child.stderr), closed]);
  clearTimeout(timer);
  end();
  const output = `${stdout}\n${stderr}`;
  return { failing: hangs ? 'hangs' : status === 0 ? 0 : failures(name, output), output };
}

function failures(name: Runtime, output: string): Failing {
  if (name === 'bun') {
    if (/^ *\d+ errors?$/m.test(output)) return 'all';
    return Number(/^ *(\d+) fail$/m.exec(output)?.[1] ?? 0) || 'all';
  }
  const list = /^ FAILURES ?\n\n([^]*?)\n\n/m.exec(output)?.[1];
  return list === undefined ? 'all' : list.split('\n').length;
}

/** Runs the files; one that ends otherwise than expected is run again, alone. @returns what did so twice */
async function runAll(name: Runtime, place: string, files: readonly string[]): Promise<string[]> {
  const binary = await runtime(name);
  const expected = (file: string): Failing => knownFailures[name][file.replace('.spec.js', '')]?.[0] ?? 0;
  const isExpected = (file: string, { failing }: Outcome): boolean =>
    expected(file) === failing || expected(file) === 'sometimes';
  const again: string[] = [];
  const waiting = files.slice();
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      if (!isExpected(file, await runFile(name, binary, place, file))) again.push(file);
  };
  await Promise.all([work(), work()]);
  const wrong: string[] = [];
  for (const file of again) {
    const outcome = await runFile(name, binary, place, file);
    if (isExpected(file, outcome)) continue;
    const { failing, output } = outcome;
    wrong.push(`${file}: expected ${expected(file)} failing, got ${failing}`);
    if (failing !== 0) console.error(output.split('\n').slice(-60).join('\n'));
  }
  return wrong;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
  await esbuild(); // for the specs of bundled programs
  const place = await placeSpecs();
  const files = readdirSync(join(place, 'dist/spec'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.js') && chosen.test(file) && file.includes(values.only ?? ''))
    .sort();
  let status = 0;
  for (const name of (positionals.length === 0 ? ['bun', 'deno'] : positionals) as Runtime[]) {
    const start = performance.now();
    const wrong = await runAll(name, place, files);
    const failing = files.filter((file) => file.replace('.spec.js', '') in knownFailures[name]);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${name}: of ${files.length} files ${files.length - failing.length} are to pass (${seconds} s)`);
    for (const file of failing) {
      const [count, reason] = knownFailures[name][file.replace('.spec.js', '')]!;
      console.log(`  ${file}: ${count}: ${reason}`);
    }
    for (const line of wrong) console.error(`NOT AS EXPECTED on ${name}: ${line}`);
    if (wrong.length > 0) status = 1;
  }
  return status;
}

process.exitCode = await main();
