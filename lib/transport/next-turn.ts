/**
 * The next turn of the event loop: what needs no I/O is reported there, so that a program that tries again in its listener
 * leaves timers and sockets their turn, which a microtask would not.
 */

/** Node's own, whatever a test puts in its place later: a connection must not wait for a clock that nobody moves. */
const { setImmediate: defer } = globalThis;

/** Runs a function in the next turn, in the async context of the caller. */
export function nextTurn(run: () => void): void {
  defer(run);
}

/** How long an asynchronous loop may run on before it leaves the event loop a turn, in milliseconds. */
const longestTurn = 10;

/**
 * The time that an asynchronous loop has had since it last waited for the event loop: promises that are settled already
 * go on in microtasks, which nothing else can interrupt.
 */
export class TurnBudget {
  #startedAt = 0;
  /** Whether this turn's time is being counted: one turn brings up to 32 reads of a socket, and a loop may wait for each. */
  #isCounting = false;

  /** What the loop waited for has come; the time counts from here, if that is the first of this turn. */
  restart(): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    this.#startedAt = performance.now();
    nextTurn(() => (this.#isCounting = false));
  }

  /** Waits for the next turn if the time is used up; `undefined` if it is not. */
  spend(): Promise<void> | undefined {
    if (performance.now() - this.#startedAt < longestTurn) return undefined;
    return new Promise((resolve) => {
      nextTurn(() => {
        this.restart();
        resolve();
      });
    });
  }
}
