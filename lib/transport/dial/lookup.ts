/** A file of its own for the declarations, which must not need Node's types. */

/** An address as a lookup gives it. */
export interface FoundAddress {
  address: string;
  /** 4 or 6. */
  family: number;
}

/**
 * A function that looks host names up, as `dns.lookup` does: it is called with `all: true`, and calls back with an array
 * of addresses. One that calls back with a single address and its family is understood as well, and one that gives a
 * promise of either, as `dns.promises.lookup` does.
 */
export type LookupFunction = (
  hostname: string,
  options: { all: true; hints: number; family?: 4 | 6 },
  callback: (error: Error | null, found: string | FoundAddress[], family?: number) => void,
) => unknown;
