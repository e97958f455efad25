/** Medians, spreads and ratios of figures that were measured in rounds. */

/** The value at share `q` (0 … 1) of ascending numbers, interpolated between neighbours; `NaN` for none. */
export function quantile(ascending: readonly number[], q: number): number {
  if (ascending.length === 0) return NaN;
  const at = q * (ascending.length - 1);
  const low = Math.floor(at);
  const from = ascending[low]!;
  const to = ascending[Math.min(low + 1, ascending.length - 1)]!;
  return from + (to - from) * (at - low);
}

/** What is kept of a figure that was measured in several rounds. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** Median and spread, in any order of `values`; all `NaN` when there are none. */
export function summarize(values: readonly number[]): Summary {
  const ascending = [...values].sort((a, b) => a - b);
  return {
    median: quantile(ascending, 0.5),
    min: ascending[0] ?? NaN,
    max: ascending[ascending.length - 1] ?? NaN,
    rounds: ascending.length,
  };
}

/**
 * The ratio of two clients round by round, then its median and spread: what disturbs a whole round disturbs both and
 * cancels out.
 * Rounds in which one of the two was not measured do not count.
 */
export function ratio(values: readonly (number | undefined)[], base: readonly (number | undefined)[]): Summary {
  const ratios: number[] = [];
  for (let round = 0; round < values.length; round++) {
    const a = values[round];
    const b = base[round];
    if (a !== undefined && b !== undefined && b !== 0) ratios.push(a / b);
  }
  return summarize(ratios);
}
