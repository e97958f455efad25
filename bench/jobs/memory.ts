import { setTimeout } from 'node:timers/promises';
import type { Client, Link } from '../clients/client.js';
import type { Sample, Task } from '../task.js';
import { openMany } from './open.js';
import { targetOf } from './target.js';

const settleMs = 100;

/** Garbage goes first, twice with a turn in between, because finalizers free what lies outside the heap. */
async function settled(): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await setTimeout(settleMs);
  }
  return process.memoryUsage();
}

/**
 * Bytes that an idle connection holds, the sockets of Node included: the growth between 100 connections (modules
 * loaded, pools made)
 * and `connections` more.
 */
export async function memory(client: Client, task: Task): Promise<Sample> {
  const target = targetOf(task, '/idle');
  const ignore = () => (): void => undefined;
  const kept: Link[][] = [await openMany(client, target, 100, ignore)];
  const before = await settled();
  kept.push(await openMany(client, target, task.connections, ignore));
  const after = await settled();
  const each = (bytes: number): number => bytes / task.connections;
  if (kept.flat().length !== task.connections + 100) throw new Error('not every connection opened');
  return {
    value: each(after.rss - before.rss),
    more: {
      heap: each(after.heapUsed - before.heapUsed),
      external: each(after.external - before.external),
    },
  };
}
