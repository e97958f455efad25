/** Seeded random numbers: a failing case can be run again. */

/** mulberry32: 32-bit numbers from a 32-bit seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Fills bytes from a seed, in the place of `crypto.randomFillSync`. */
export function seededFill(seed: number): (bytes: Uint8Array) => void {
  const next = seeded(seed);
  return (bytes) => {
    for (let at = 0; at < bytes.length; at++) bytes[at] = next() & 0xff;
  };
}
