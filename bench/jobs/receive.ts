import type { Client } from '../clients/client.js';
import { payload } from '../payload.js';
import type { Sample, Task } from '../task.js';
import { check } from './check.js';
import { Meter } from './meter.js';
import { targetOf } from './target.js';

/** Looking at the clock for each small message would cost more than receiving it. */
export function strideOf(size: number): number {
  return Math.max(1, Math.min(1024, Math.floor((256 * 1024) / size)));
}

/** Further figures of the same time. */
export interface Watch {
  start(): void;
  stop(): { readonly [name: string]: number };
}

/** Counts the messages that the listener gets while the server sends as fast as the client reads. */
export function receive(client: Client, task: Task): Promise<Sample> {
  return receiveWatched(client, task, undefined);
}

/** The same, with further figures. */
export async function receiveWatched(client: Client, task: Task, watch: Watch | undefined): Promise<Sample> {
  const stride = strideOf(task.size);
  const meter = new Meter(task.server.pid);
  let received = 0;
  let look = stride;
  let measuring = false;
  let first = true;
  let base = 0;
  let end = 0;
  let done: (sample: Sample) => void;
  const finished = new Promise<Sample>((resolve) => {
    done = resolve;
  });
  const message = client.prepare(payload(task.kind, task.size), task.kind);
  const path = task.kind === 'json' ? `/feed-source?size=${task.size}` : `/source?kind=${task.kind}&size=${task.size}`;
  const link = await client.connect(targetOf(task, path), (data, count) => {
    if (first) {
      first = false;
      check(task, data);
      end = performance.now() + task.warmMs;
    }
    received += count;
    if (received < look) return;
    look = received + stride;
    const now = performance.now();
    if (now < end) return;
    if (measuring) {
      const sample = meter.stop(received - base, now);
      done(watch === undefined ? sample : { ...sample, more: watch.stop() });
      end = Infinity;
    } else {
      measuring = true;
      base = received;
      end = now + task.measureMs;
      watch?.start();
      meter.start();
    }
  });
  // The source waits for the first bytes, so that nothing arrives before the listener is there.
  link.send(message, 1);
  return finished;
}
