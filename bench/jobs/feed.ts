import type { Client, Link } from '../clients/client.js';
import { payload } from '../payload.js';
import type { Sample, Task } from '../task.js';
import { check } from './check.js';
import { Meter } from './meter.js';
import { openMany } from './open.js';
import { targetOf } from './target.js';

/** How many different messages are sent: a compressor that sees one message only has nothing to do. */
export const varied = 64;

/**
 * Messages both ways as a compressed feed has them: `each` in flight on each of the connections, every answer, which is
 * the next message of the server's, followed by our next one.
 */
export async function feed(client: Client, task: Task): Promise<Sample> {
  const messages = Array.from({ length: varied }, (_, i) =>
    client.prepare(payload(task.kind, task.size, i + 1), 'text'),
  );
  const meter = new Meter(task.server.pid);
  let links: Link[] = [];
  let sent = 0;
  let received = 0;
  let base = 0;
  let end = 0;
  let measuring = false;
  let done: (sample: Sample) => void;
  const finished = new Promise<Sample>((resolve) => {
    done = resolve;
  });
  const send = (index: number): void => links[index]!.send(messages[sent++ % varied], 1);
  const answer =
    (index: number) =>
    (data: unknown): void => {
      if (received++ === 0) check(task, data);
      send(index);
      if ((received & 15) !== 0) return;
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
    };
  links = await openMany(client, targetOf(task, `/feed?size=${task.size}`), task.connections, answer);
  end = performance.now() + task.warmMs;
  for (let i = 0; i < task.each; i++) links.forEach((_, index) => send(index));
  return finished;
}
