import type { Client, Link } from '../clients/client.js';
import { payload } from '../payload.js';
import type { Sample, Task } from '../task.js';
import { check } from './check.js';
import { Meter } from './meter.js';
import { strideOf } from './receive.js';
import { targetOf } from './target.js';

/** Keeps `each` messages in flight: every answer is followed by the next message, from inside the listener. */
export async function echo(client: Client, task: Task): Promise<Sample> {
  const stride = Math.min(64, strideOf(task.size));
  const meter = new Meter(task.server.pid);
  const message = client.prepare(payload(task.kind, task.size), task.kind);
  let link: Link | undefined;
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
  link = await client.connect(targetOf(task, '/echo'), (data, count) => {
    if (first) {
      first = false;
      check(task, data);
      end = performance.now() + task.warmMs;
    }
    received += count;
    link!.send(message, count);
    if (received < look) return;
    look = received + stride;
    const now = performance.now();
    if (now < end) return;
    if (measuring) {
      done(meter.stop(received - base, now));
      end = Infinity;
    } else {
      measuring = true;
      base = received;
      end = now + task.measureMs;
      meter.start();
    }
  });
  link.send(message, task.each);
  return finished;
}
