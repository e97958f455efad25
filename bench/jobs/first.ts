import type { Client, Link } from '../clients/client.js';
import { payload } from '../payload.js';
import type { Sample, Task } from '../task.js';
import { check } from './check.js';
import { targetOf } from './target.js';

/** Milliseconds after the first connect that are asked about. */
const firstMs = 500;
/** From here on, for as long again, the client is taken to be at its steady pace. */
const steadyMs = 2000;

/**
 * The pace of a process's first half second with a connection as a share of its steady pace: echo with `each` messages
 * in flight, or receiving with none.
 */
export async function first(client: Client, task: Task): Promise<Sample> {
  const message = client.prepare(payload(task.kind, task.size), task.kind);
  const path = task.each > 0 ? '/echo' : `/source?kind=${task.kind}&size=${task.size}`;
  let link: Link | undefined;
  let received = 0;
  let look = 1;
  let start = Infinity;
  let cpu = process.cpuUsage();
  let early = 0;
  let steadyFrom: { readonly received: number; readonly at: number } | undefined;
  let done: (sample: Sample) => void;
  const finished = new Promise<Sample>((resolve) => {
    done = resolve;
  });
  link = await client.connect(targetOf(task, path), (data, count) => {
    if (received === 0) check(task, data);
    received += count;
    if (task.each > 0) link!.send(message, count);
    if (received < look) return;
    look = received + 16;
    const now = performance.now();
    const elapsed = now - start;
    if (early === 0 && elapsed >= firstMs) {
      early = received / elapsed;
    } else if (steadyFrom === undefined && elapsed >= steadyMs) {
      steadyFrom = { received, at: now };
      cpu = process.cpuUsage();
    } else if (steadyFrom !== undefined && now - steadyFrom.at >= firstMs) {
      const count = received - steadyFrom.received;
      const steady = count / (now - steadyFrom.at);
      const { user, system } = process.cpuUsage(cpu);
      done({
        value: early / steady,
        cpu: (user + system) / count,
        more: { first: early * 1000, steady: steady * 1000 },
      });
      look = Infinity;
    }
  });
  start = performance.now();
  link.send(message, Math.max(1, task.each));
  return finished;
}
