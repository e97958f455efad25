import { Buffer } from 'node:buffer';
import { payload } from '../payload.js';
import type { Task } from '../task.js';

/** The first message that a client delivers must be the one that was sent: a wrong answer has no speed. */
export function check(task: Task, data: unknown): void {
  if (data === undefined) return;
  const expected = payload(task.kind, task.size);
  const same =
    typeof data === 'string'
      ? task.kind !== 'binary' && data === expected.toString('utf8')
      : task.kind === 'binary' && expected.equals(data instanceof ArrayBuffer ? Buffer.from(data) : (data as Buffer));
  if (!same)
    throw new Error(`${task.client} delivered something else than the ${task.size} bytes of ${task.kind} sent to it`);
}
