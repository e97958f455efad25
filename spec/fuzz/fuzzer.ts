/** Runs cases of a target. Each has a seed of its own, which alone says what it does: seed, seed + 1, … */
import { Random } from './random.js';

export interface Target {
  readonly name: string;
  /** What has to hold. */
  readonly title: string;
  /** Of 100 cases of a long run, about so many. */
  readonly share: number;
  /** One case. @throws when what has to hold does not */
  run(random: Random): void;
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
export function runCase(target: Target, seed: number): void {
  try {
    target.run(new Random(seed));
  } catch (error) {
    throw new FailedCase(target, seed, error);
  }
}

/** @throws {FailedCase} of the first case that fails */
export function runCases(target: Target, seed: number, cases: number): void {
  for (let index = 0; index < cases; index++) runCase(target, seed + index);
}

/** A number from the environment. */
export function setting(name: 'FUZZ_SEED' | 'FUZZ_CASES' | 'FUZZ_SECONDS'): number | undefined {
  const value = process.env[name];
  if (value === undefined || value === '') return undefined;
  if (!/^\d+$/.test(value)) throw new Error(`${name}: expected a number, got ${JSON.stringify(value)}`);
  return Number(value);
}
