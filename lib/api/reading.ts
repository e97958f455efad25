/**
 * Holding back what a WebSocket reads: its connection does not read as long as anybody holds.
 *
 * The method has a symbol for its name, so that it is not part of the documented API; a facade on top of another
 * WebSocket hands it on.
 */

/** The method of a WebSocket that makes one `ReadingHold` for each slow reader. */
export const holdReading = Symbol('ohos-websocket: hold reading');

/** One slow reader's say in whether the connection reads. */
export interface ReadingHold {
  /** Stops reading. Called again with every message that still arrives, it stops what a `close` had started again. */
  hold(): void;
  /** Lets go: the connection reads once nobody holds any more. */
  release(): void;
}

/** A WebSocket whose reading can be held. */
export interface Holdable {
  [holdReading](): ReadingHold;
}

/** The hold on a WebSocket; one that does nothing for a WebSocket that cannot be held, such as a test double. */
export function readingHold(ws: object): ReadingHold {
  return (ws as Partial<Holdable>)[holdReading]?.() ?? { hold() {}, release() {} };
}
