/**
 * How much may still be done before the event loop is due, so that no input, however plentiful, keeps it away from
 * timers and other sockets. Pure code reads no clock: work is counted in units of about a nanosecond instead.
 */

/** Whoever runs the turn sets `left`; whatever is done to a peer's bytes lowers it, below 0 by at most one step. */
export interface Budget {
  left: number;
}

/** A frame, whatever its size: its header, the rules on it, what it leads to here. */
export const frameCost = 150;

/** A text in a run (`text-run.ts`). */
export const runTextCost = 15;

/** For input that has no event loop to share. */
export function unlimited(): Budget {
  return { left: Infinity };
}
