import { rankTest, significance } from '../../lib/cli/bench/rank-test.js';
import { quantile, ratio, type Summary } from '../../lib/cli/bench/statistics.js';
import type { Sample } from '../task.js';

/** Wall clock decides while its middle half spreads less than this share of the median, processor time above. */
const noisy = 0.1;

/** How the working tree stands against the base by one measure: below 1 a ratio says less of it. */
export interface Measure {
  readonly ratio: Summary;
  /** Probability of such a distance if there were none. */
  readonly p: number;
}

export interface Verdict {
  readonly word: 'faster' | 'slower' | 'no difference';
  /** What it was judged by. */
  readonly by: 'wall clock' | 'processor time';
  /** The job's own figure. */
  readonly wall: Measure;
  /** Processor time of the client for each thing counted; not known of every job. */
  readonly cpu: Measure | undefined;
}

/** The samples of both sides, one place a round. */
export interface Sides {
  readonly tree: readonly Sample[];
  readonly base: readonly Sample[];
}

/** Width of the middle half, as a share of the median. */
function spread(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  return (quantile(ascending, 0.75) - quantile(ascending, 0.25)) / quantile(ascending, 0.5);
}

function measure(tree: readonly number[], base: readonly number[]): Measure {
  return { ratio: ratio(tree, base), p: rankTest(tree, base) };
}

/** Judges by a test of ranks, never by the size of the ratio: by wall clock, or by processor time on a noisy machine. */
export function verdict({ tree, base }: Sides, lowerIsBetter: boolean): Verdict {
  const value = (sample: Sample): number => sample.value;
  const wall = measure(tree.map(value), base.map(value));
  const cpuOf = (samples: readonly Sample[]): number[] =>
    samples.flatMap((sample) => (sample.cpu === undefined ? [] : [sample.cpu]));
  const treeCpu = cpuOf(tree);
  const cpu = treeCpu.length < tree.length || tree.length === 0 ? undefined : measure(treeCpu, cpuOf(base));
  const quiet = Math.max(spread(tree.map(value)), spread(base.map(value))) < noisy;
  const judged = quiet || cpu === undefined ? wall : cpu;
  const gained = judged.ratio.median < 1 === (judged === cpu || lowerIsBetter);
  return {
    word: judged.p >= significance ? 'no difference' : gained ? 'faster' : 'slower',
    by: judged === cpu ? 'processor time' : 'wall clock',
    wall,
    cpu,
  };
}
