import type { Client, Link } from '../clients/client.js';
import { payload } from '../payload.js';
import type { Sample, Task } from '../task.js';
import { Meter } from './meter.js';
import { openMany } from './open.js';
import { targetOf } from './target.js';

/**
 * Many connections at once, one message in flight on each: echoes per second over all of them, and connections opened
 * per second.
 */
export async function connections(client: Client, task: Task): Promise<Sample> {
  const message = client.prepare(payload(task.kind, task.size), task.kind);
  const meter = new Meter(task.server.pid);
  let links: Link[] = [];
  let received = 0;
  let base = 0;
  let warm = Infinity;
  let end = Infinity;
  let done: (sample: Sample) => void;
  const finished = new Promise<Sample>((resolve) => {
    done = resolve;
  });
  const answer = (index: number) => (): void => {
    received++;
    links[index]!.send(message, 1);
    if ((received & 63) !== 0) return;
    const now = performance.now();
    // Everyone has had a turn before anything is timed, so that the cost of a connection's first message is not in
    // the figure.
    if (now >= warm && received >= 2 * task.connections) {
      warm = Infinity;
      base = received;
      end = now + task.measureMs;
      meter.start();
    } else if (now >= end && received - base >= task.connections) {
      end = Infinity;
      done(meter.stop(received - base, now));
    }
  };
  const started = performance.now();
  links = await openMany(client, targetOf(task, '/echo'), task.connections, answer);
  const opens = (task.connections * 1000) / (performance.now() - started);
  warm = performance.now() + task.warmMs;
  for (const link of links) link.send(message, 1);
  const sample = await finished;
  return { ...sample, more: { opens } };
}
