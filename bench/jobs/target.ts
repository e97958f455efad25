import type { Target } from '../clients/client.js';
import type { Task } from '../task.js';

/** The address of one of the server's modes; always by IP, so that no name is resolved. */
export function targetOf(task: Task, path: string): Target {
  const { server } = task;
  const deflate = task.kind === 'json';
  return task.secure
    ? { url: `wss://127.0.0.1:${server.securePort}${path}`, caPath: server.caPath, resume: task.job === 'handshakes' }
    : { url: `ws://127.0.0.1:${server.port}${path}`, caPath: '', deflate };
}
