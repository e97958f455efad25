/**
 * Timers that connections share. One of Node's timers for each would be the largest thing that an idle connection holds
 * besides its socket, and thousands of heartbeats would wake the process thousands of times.
 */

/** What a timer wakes. One that is woken early re-arms itself. */
export interface TimerClient {
  wakeUp(): void;
  /** Whether the process may end without waking it; it does not change while a timer is set. */
  readonly isUnref?: boolean;
}

/**
 * A time is rounded up to a multiple of the largest power of two that is at most 1/32 of the wait: nothing wakes too
 * early, nor more than 1/32 of its wait too late, and all that wakes within such a step does so together.
 */
const precision = 32;
/** The longest time that a Node timer takes. Who is woken too early asks again. */
const maxTimer = 2 ** 31 - 1;
/** Milliseconds: a timer that is later than this had a process that was stopped, or busy. */
const tolerance = 100;

/** Those who wake at the same time, and the timer that does it. */
export class SharedTimer {
  /** On the clock of `performance.now()`. */
  readonly time: number;
  readonly #clients = new Set<TimerClient>();
  /** How many of them the process waits for. */
  #awaited = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #due: number;

  private constructor(time: number, wait: number) {
    this.time = time;
    this.#due = performance.now() + wait;
    this.#timer = setTimeout(() => this.#fire(), wait);
    this.#timer.unref();
  }

  /** Has `client` woken once, at `deadline` or shortly after it (a deadline that is weeks away: possibly before). */
  static at(deadline: number, now: number, client: TimerClient): SharedTimer {
    const wait = Math.max(1, Math.ceil(deadline - now));
    const step = wait < precision ? 1 : 2 ** Math.floor(Math.log2(wait / precision));
    const time = Math.ceil((now + wait) / step) * step;
    let timer = planned.get(time);
    if (timer === undefined) {
      timer = new SharedTimer(time, Math.min(maxTimer, Math.ceil(time - now)));
      planned.set(time, timer);
    }
    timer.#clients.add(client);
    if (client.isUnref !== true && timer.#awaited++ === 0) timer.#timer.ref();
    return timer;
  }

  cancel(client: TimerClient): void {
    // Kept for the next client of this time: connections that come and go would else make and clear one each.
    if (this.#clients.delete(client) && client.isUnref !== true && --this.#awaited === 0) this.#timer.unref();
  }

  #fire(): void {
    planned.delete(this.time);
    // Sockets are read first: a pong that came while the process was stopped is not late.
    if (performance.now() - this.#due > tolerance) setImmediate(() => this.#wake());
    else this.#wake();
  }

  #wake(): void {
    for (const client of this.#clients) client.wakeUp();
  }
}

const planned = new Map<number, SharedTimer>();
