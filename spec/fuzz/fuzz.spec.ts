import { after, before, describe, it } from 'node:test';
import { runCases, setting } from './fuzzer.js';
import { targets } from './targets/all.js';

/** `node dist/spec/fuzz/main.js --seconds 60` goes on from here, with other seeds. */
const seed = setting('FUZZ_SEED') ?? 1;
const cases = setting('FUZZ_CASES') ?? 6000;

describe(`random input, FUZZ_SEED=${seed} FUZZ_CASES=${cases}`, () => {
  const ends: (() => Promise<void>)[] = [];
  before(async () => {
    for (const target of targets) await target.prepare?.({ after: (end) => ends.push(end) });
  });
  after(async () => {
    for (const end of ends) await end();
  });

  for (const target of targets) it(target.title, () => runCases(target, seed, Math.ceil((cases * target.share) / 100)));
});
