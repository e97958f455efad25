/** Runs cases of a target. Each has a seed of its own, which alone says what it does: seed, seed + 1, … */
import type { Scope } from '../peer/scripted.js';
import { Random } from './random.js';

export interface Target {
  readonly name: string;
  /** What has to hold. */
  readonly title: string;
  /** Of 100 cases of a long run, about so many. */
  readonly share: number;
  /** What its cases need; ends with the scope. */
  prepare?(scope: Scope): Promise<void>;
  /** One case. @throws when what has to hold does not */
  run(random: Random): void | Promise<void>;
}

/** A case that failed, and how to run it alone. */
export class FailedCase extends Error {
  override readonly name = 'FailedCase';

  constructor(target: Target, seed: number, cause: unknown) {
    const alone = `FUZZ_TARGET=${target.name} FUZZ_SEED=${seed} FUZZ_CASES=1 node dist/spec/fuzz/main.js`;
    super(`${target.title}; to run this case alone: ${alone}\n${(cause as Error).stack ?? String(cause)}`, { cause });
  }
}

/** @throws {FailedCase} */
export async function runCase(target: Target, seed: number): Promise<void> {
  try {
    // Most targets are synchronous, and a million cases should not wait a turn each.
    const running = target.run(new Random(seed));
    if (running !== undefined) await running;
  } catch (error) {
    throw new FailedCase(target, seed, error);
  }
}

/** @throws {FailedCase} of the first case that fails */
export async function runCases(target: Target, seed: number, cases: number): Promise<void> {
  for (let index = 0; index < cases; index++) await runCase(target, seed + index);
}

/** A number from the environment. */
export function setting(name: 'FUZZ_SEED' | 'FUZZ_CASES' | 'FUZZ_SECONDS'): number | undefined {
  const value = process.env[name];
  if (value === undefined || value === '') return undefined;
  if (!/^\d+$/.test(value)) throw new Error(`${name}: expected a number, got ${JSON.stringify(value)}`);
  return Number(value);
}
