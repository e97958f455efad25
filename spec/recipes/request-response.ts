import type { webSocket } from 'ohos-websocket';

interface Waiting {
  resolve(result: unknown): void;
  reject(reason: Error): void;
}

interface Response {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown } | null;
}

/** What the server said, whatever it said: what is no response to a request has no `id` of ours. */
function response(message: string | ArrayBuffer): Response {
  try {
    return Object(JSON.parse(String(message)));
  } catch {
    return {}; // not JSON: nobody waits for it
  }
}

/** Requests and responses as JSON, in any order: `const call = requests(ws); await call('add', [1, 2])`. */
export function requests(ws: webSocket.WebSocket): (method: string, params: unknown) => Promise<unknown> {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  ws.on('message', (_err, message) => {
    const { id, result, error } = response(message);
    const caller = waiting.get(id as number);
    waiting.delete(id as number);
    if (error === undefined) caller?.resolve(result);
    else caller?.reject(new Error(typeof error?.message === 'string' ? error.message : 'the server gave no reason'));
  });
  ws.on('close', (_err, { code }) => {
    for (const { reject } of waiting.values()) reject(new Error(`the connection was closed with ${code}`));
    waiting.clear();
  });
  return (method, params) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      ws.send(JSON.stringify({ id, method, params })).catch((error: Error) => {
        waiting.delete(id);
        reject(error);
      });
    });
}
