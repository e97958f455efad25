import type { Client } from '../clients/client.js';
import type { Sample, Task } from '../task.js';
import { receiveWatched, type Watch } from './receive.js';

const everyMs = 1;

/** How late a timer is that asks for each millisecond: the longest delay of anything else in the event loop. */
export class DelayWatch implements Watch {
  private timer: ReturnType<typeof setInterval> | undefined;
  private last = 0;
  private longest = 0;
  private readonly now: () => number;

  constructor(now = () => performance.now()) {
    this.now = now;
  }

  start(): void {
    this.last = this.now();
    this.timer = setInterval(() => this.look(), everyMs);
  }

  /** The turn in which the measurement ends counts as well: it may be the only one. */
  stop(): { delay: number } {
    clearInterval(this.timer);
    this.look();
    return { delay: this.longest };
  }

  private look(): void {
    const now = this.now();
    this.longest = Math.max(this.longest, now - this.last - everyMs);
    this.last = now;
  }
}

/** Receiving without a pause, and how late the event loop gets to anything else meanwhile: the longest delay. */
export function flood(client: Client, task: Task): Promise<Sample> {
  return receiveWatched(client, task, new DelayWatch());
}
