import { quantile } from '../../lib/cli/bench/statistics.js';
import type { Client, Link } from '../clients/client.js';
import { payload } from '../payload.js';
import type { Sample, Task } from '../task.js';
import { check } from './check.js';
import { Meter } from './meter.js';
import { targetOf } from './target.js';

/** One message in flight: microseconds from send to its answer in the listener. */
export async function latency(client: Client, task: Task): Promise<Sample> {
  const meter = new Meter(task.server.pid);
  const message = client.prepare(payload(task.kind, task.size), task.kind);
  let link: Link | undefined;
  let times: number[] = [];
  let start = 0;
  let end = 0;
  let measuring = false;
  let done: (sample: Sample) => void;
  const finished = new Promise<Sample>((resolve) => {
    done = resolve;
  });
  const next = (): void => {
    start = performance.now();
    link!.send(message, 1);
  };
  link = await client.connect(targetOf(task, '/echo'), (data) => {
    const now = performance.now();
    if (end === 0) {
      check(task, data);
      end = now + task.warmMs;
    }
    times.push((now - start) * 1000);
    if (now >= end) {
      if (measuring) {
        times.sort((a, b) => a - b);
        done({
          ...meter.stop(times.length),
          value: quantile(times, 0.5),
          more: { p99: quantile(times, 0.99), round_trips: times.length },
        });
        return;
      }
      measuring = true;
      times = [];
      end = now + task.measureMs;
      meter.start();
    }
    // A turn of its own, as a program would answer: a send inside the listener may share its flush with other work.
    setImmediate(next);
  });
  next();
  return finished;
}
