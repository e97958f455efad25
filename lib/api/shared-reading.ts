/** A connection that reads as long as none of its slow readers holds it. */
import type { Connection } from '../transport/connection.js';
import type { ReadingHold } from './beside-program.js';

/** Who may be held by several at once. */
export interface HeldReading {
  /** How many hold. */
  holds: number;
  readonly connection: Connection | undefined;
}

/** A hold on a connection that reads as long as nobody holds. */
export function shareReading(held: HeldReading): ReadingHold {
  let holds = false;
  return {
    hold: () => {
      if (!holds) held.holds++;
      holds = true;
      held.connection?.pause();
    },
    release: () => {
      if (!holds) return;
      holds = false;
      if (--held.holds === 0) held.connection?.resume();
    },
  };
}
