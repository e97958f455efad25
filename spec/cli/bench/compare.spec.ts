import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareLoads, jsonOfComparison, renderComparison } from '../../../lib/cli/bench/compare.js';
import { Histogram } from '../../../lib/cli/bench/histogram.js';
import type { LoadOutcome } from '../../../lib/cli/bench/outcome.js';
import { painter } from '../../../lib/cli/terminal.js';
import { sampleOutcome } from './outcomes.js';

/** Rounds with these latencies, and a throughput that is their inverse. */
function rounds(latencies: readonly number[]): LoadOutcome[] {
  return latencies.map((value) => {
    const latency = new Histogram();
    latency.record(value);
    return sampleOutcome({}, { latency: latency.toData(), received: Math.round(1000 / value) });
  });
}

const noisy = [1, 1.2, 0.9, 1.1, 1.3, 0.8, 1.05];

describe('two servers', () => {
  it('differ when every round says so', () => {
    const figures = compareLoads({ a: rounds(noisy), b: rounds(noisy.map((value) => value * 2)) });
    assert.deepEqual(
      figures.map(({ name, word }) => `${name}: ${word}`),
      ['messages/s: slower', 'p50: slower', 'p99: slower', 'opening p50: no difference'],
    );
    const swapped = compareLoads({ a: rounds(noisy.map((value) => value * 2)), b: rounds(noisy) });
    assert.deepEqual(
      swapped.slice(0, 2).map(({ word }) => word),
      ['faster', 'faster'],
    );
    assert.ok(Math.abs(figures[1]!.ratio.median - 2) < 0.01);
  });

  it('do not differ by what may be chance', () => {
    const figures = compareLoads({ a: rounds(noisy), b: rounds([...noisy].reverse().map((value) => value * 1.02)) });
    assert.ok(figures.every(({ word }) => word === 'no difference'));
  });

  it('are a table, and JSON', () => {
    const figures = compareLoads({ a: rounds(noisy), b: rounds(noisy.map((value) => value * 2)) });
    const lines = renderComparison(figures, painter({})).split('\n');
    assert.match(lines[0]!, /^ +A +B +B\/A +\(spread\) +B is$/);
    assert.match(lines[2]!, /^p50 +1\.05 ms +2\.10 ms +2\.000 +\(.*–.*\) +slower \(p < 0\.001\)$/);
    const [first] = jsonOfComparison(figures) as { verdict: string; a: number[] }[];
    assert.deepEqual([first!.verdict, first!.a.length], ['slower', 7]);
  });
});
