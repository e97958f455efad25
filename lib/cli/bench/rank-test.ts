/** Whether two samples differ by more than chance. */

/** Chance of a wrong "faster" or "slower" for one row. */
export const significance = 0.01;
/** Fewer rounds of each side cannot reach that. */
export const leastRounds = 5;

/** Midranks of all values together, doubled so that ties stay whole numbers. */
function doubledRanks(values: readonly number[]): number[] {
  const ascending = [...values].sort((a, b) => a - b);
  const rank = new Map<number, number>();
  for (let from = 0; from < ascending.length; ) {
    let to = from;
    while (to < ascending.length && ascending[to] === ascending[from]) to++;
    rank.set(ascending[from]!, from + 1 + to);
    from = to;
  }
  return values.map((value) => rank.get(value)!);
}

/** In how many ways `count` of the ranks sum up to each number: the place is the sum. */
function sumsOf(ranks: readonly number[], count: number): Float64Array {
  const most = ranks.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: count + 1 }, () => new Float64Array(most + 1));
  ways[0]![0] = 1;
  for (const rank of ranks) {
    for (let taken = count; taken > 0; taken--) {
      const from = ways[taken - 1]!;
      const to = ways[taken]!;
      for (let sum = rank; sum <= most; sum++) to[sum]! += from[sum - rank]!;
    }
  }
  return ways[count]!;
}

/**
 * Mann-Whitney's test of two samples: the probability (two-sided) of rank sums at least this far apart if both came
 * from the same source. Exact, ties included: every way to deal the ranks out is counted. 1 when a sample is empty.
 */
export function rankTest(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 1;
  const ranks = doubledRanks([...a, ...b]);
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const seen = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  const expected = (total * a.length) / ranks.length;
  const distance = Math.abs(seen - expected);
  let all = 0;
  let extreme = 0;
  sumsOf(ranks, a.length).forEach((ways, sum) => {
    all += ways;
    // The tolerance only covers rounding: sums are whole numbers.
    if (Math.abs(sum - expected) >= distance - 1e-9) extreme += ways;
  });
  return extreme / all;
}
