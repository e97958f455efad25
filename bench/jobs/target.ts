import type { Target } from '../clients/client.js';
import type { Task } from '../task.js';

/** The address of one of the server's modes; always by IP, so that no name is resolved. */
export function targetOf(task: Task, path: string): Target {
  const { server } = task;
  return task.secure
    ? { url: `wss://127.0.0.1:${server.securePort}${path}`, caPath: server.caPath }
    : { url: `ws://127.0.0.1:${server.port}${path}`, caPath: '' };
}
