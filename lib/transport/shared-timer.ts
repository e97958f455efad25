/**
 * Timers that connections share. One of Node's timers for each would be the largest thing that an idle connection holds
 * besides its socket, and thousands of heartbeats would wake the process thousands of times.
 */

/** What a timer wakes. One that is woken early re-arms itself. */
export interface TimerClient {
  wakeUp(): void;
}

/**
 * A time is rounded up to a multiple of the largest power of two that is at most 1/32 of the wait: nothing wakes too
 * early, nor more than 1/32 of its wait too late, and all that wakes within such a step does so together.
 */
const precision = 32;
/** The longest time that a Node timer takes. Who is woken too early asks again. */
const maxTimer = 2 ** 31 - 1;

/** Those who wake at the same time, and the timer that does it. */
export class SharedTimer {
  /** On the clock of `performance.now()`. */
  readonly time: number;
  readonly #clients = new Set<TimerClient>();
  readonly #timer: NodeJS.Timeout;

  private constructor(time: number, wait: number) {
    this.time = time;
    this.#timer = setTimeout(() => this.#fire(), wait);
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
    return timer;
  }

  cancel(client: TimerClient): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearTimeout(this.#timer);
    this.#forget();
  }

  #fire(): void {
    this.#forget();
    for (const client of this.#clients) client.wakeUp();
  }

  #forget(): void {
    if (planned.get(this.time) === this) planned.delete(this.time);
  }
}

const planned = new Map<number, SharedTimer>();
