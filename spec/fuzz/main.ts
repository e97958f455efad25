/**
 * Fuzzes without end, or for `--seconds N`, and prints a table. Environment: FUZZ_SEED (default: a random one),
 * FUZZ_CASES, FUZZ_SECONDS, FUZZ_TARGET. The exit status is 1 when a case failed; its message says how to run it alone.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { FailedCase, runCase, setting, type Target } from './fuzzer.js';
import { targets } from './targets/all.js';

interface Tally {
  cases: number;
  milliseconds: number;
  slowest: number;
  slowestSeed: number;
}

/** A failure of every kind is worth a look; a hundred of one kind are not. */
const maxFailures = 10;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, cases: { type: 'string' } } });
  const seconds = Number(values.seconds ?? setting('FUZZ_SECONDS') ?? Infinity);
  const cases = Number(values.cases ?? setting('FUZZ_CASES') ?? Infinity);
  const seed = setting('FUZZ_SEED') ?? randomInt(2 ** 31);
  const chosen = targets.filter(({ name }) => name === (process.env['FUZZ_TARGET'] ?? name));
  if (chosen.length === 0) throw new Error(`FUZZ_TARGET is one of ${targets.map(({ name }) => name).join(', ')}`);
  if (!(seconds > 0) || !(cases > 0)) throw new Error('expected a positive time and number of cases');
  console.log(`FUZZ_SEED=${seed}`);

  const tallies = new Map(chosen.map((target) => [target, { cases: 0, milliseconds: 0, slowest: 0, slowestSeed: 0 }]));
  const order = chosen.flatMap((target) => new Array<Target>(target.share).fill(target));
  const ends: (() => Promise<void>)[] = [];
  for (const target of chosen) await target.prepare?.({ after: (end) => ends.push(end) });
  const start = performance.now();
  let failures = 0;
  let done = 0;
  for (; done < cases && performance.now() - start < seconds * 1000 && failures < maxFailures; done++) {
    // In turns, spread evenly: 37 shares no factor with any likely sum of shares.
    const target = order[(done * 37) % order.length]!;
    if (!(await tryCase(target, seed + done, tallies.get(target)!))) failures++;
  }
  for (const end of ends) await end();
  report(tallies, done, performance.now() - start);
  console.log(failures === 0 ? 'no case failed' : `${failures} cases failed`);
  process.exitCode = failures === 0 ? 0 : 1;
}

async function tryCase(target: Target, seed: number, tally: Tally): Promise<boolean> {
  const start = performance.now();
  try {
    await runCase(target, seed);
    return true;
  } catch (error) {
    if (!(error instanceof FailedCase)) throw error;
    console.error(error.message);
    return false;
  } finally {
    const milliseconds = performance.now() - start;
    tally.cases++;
    tally.milliseconds += milliseconds;
    if (milliseconds > tally.slowest) Object.assign(tally, { slowest: milliseconds, slowestSeed: seed });
  }
}

function report(tallies: ReadonlyMap<Target, Tally>, done: number, milliseconds: number): void {
  console.log('target            cases        s   µs/case   slowest');
  for (const [{ name }, tally] of tallies) {
    const each = (tally.milliseconds * 1000) / Math.max(1, tally.cases);
    console.log(
      `${name.padEnd(12)} ${String(tally.cases).padStart(10)} ${(tally.milliseconds / 1000).toFixed(1).padStart(8)} ` +
        `${each.toFixed(0).padStart(9)}   ${tally.slowest.toFixed(0)} ms (seed ${tally.slowestSeed})`,
    );
  }
  console.log(`${done} cases in ${(milliseconds / 1000).toFixed(1)} s`);
}

await main();
