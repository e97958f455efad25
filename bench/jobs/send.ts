import type { Client } from '../clients/client.js';
import { payload } from '../payload.js';
import type { Sample, Task } from '../task.js';
import { headerSize } from '../wire.js';
import { varied } from './feed.js';
import { Meter } from './meter.js';
import { targetOf } from './target.js';

const burstBytes = 1024 * 1024;

/**
 * Sends to the sink in bursts: at most `most` messages or 1 MiB in a turn, whichever comes first. The next burst
 * starts in a later turn,
 * once the client has said by its documented means that the last one was handed over. Timed from the first send to
 * the sink's
 * acknowledgement of the last byte, so that nothing counts that has not arrived.
 */
async function sendInBursts(client: Client, task: Task, most: number, waits: boolean): Promise<Sample> {
  const burst = Math.max(1, Math.min(most, Math.floor(burstBytes / task.size)));
  const bursts = Math.max(1, Math.min(Math.ceil(4096 / burst), Math.floor((4 * burstBytes) / (burst * task.size))));
  const lap = burst * bursts;
  const compressed = task.kind === 'json';
  const messages = Array.from({ length: compressed ? varied : 1 }, (_, i) =>
    client.prepare(payload(task.kind, task.size, i + 1), task.kind),
  );
  const lapBytes = lap * (headerSize(task.size) + 4 + task.size);
  const path = compressed ? `/feed-sink?lap=${lap}` : `/sink?lap=${lapBytes}`;
  let acknowledged = 0;
  let arrived: () => void = () => undefined;
  const link = await client.connect(targetOf(task, path), (data) => {
    acknowledged = Number(data);
    arrived();
  });
  let sent = 0;
  let variant = 0;
  /** A compressor must not see the same message again and again. */
  const send = (count: number, handedOver?: () => void): void => {
    if (compressed) {
      for (let i = 1; i < count; i++) link.send(messages[variant++ % varied], 1);
    }
    const message = messages[variant++ % messages.length];
    const left = compressed ? 1 : count;
    if (handedOver === undefined) link.send(message, left);
    else link.burst(message, left, handedOver);
  };

  const until = async (milliseconds: number): Promise<void> => {
    const deadline = performance.now() + milliseconds;
    await new Promise<void>((resolve) => {
      let left = bursts;
      const next = (): void => {
        if (left === 0) {
          sent++;
          if (performance.now() >= deadline) {
            resolve();
            return;
          }
          left = bursts;
        }
        left--;
        // One turn in `bursts` waits for the hand-over even where sends a turn are the question: it bounds what is
        // buffered.
        if (waits || left === 0) {
          send(burst, () => setImmediate(next));
        } else {
          send(burst);
          setImmediate(next);
        }
      };
      next();
    });
    if (acknowledged < sent) {
      await new Promise<void>((resolve) => {
        arrived = () => {
          if (acknowledged === sent) resolve();
        };
      });
    }
  };

  await until(task.warmMs);
  const before = sent;
  const meter = new Meter(task.server.pid);
  meter.start();
  await until(task.measureMs);
  return meter.stop((sent - before) * lap);
}

/** Sending with back-pressure, in bursts of at most 256 messages a turn. */
export function send(client: Client, task: Task): Promise<Sample> {
  return sendInBursts(client, task, 256, true);
}

/**
 * `each` sends in every turn of the event loop, nothing waited for in between: what batching is worth at little
 * traffic.
 */
export function turns(client: Client, task: Task): Promise<Sample> {
  return sendInBursts(client, task, task.each, false);
}
