import type { webSocket } from 'ohos-websocket';

interface Waiting {
  resolve(result: unknown): void;
  reject(reason: Error): void;
}

/** Requests and responses as JSON, in any order: `const call = requests(ws); await call('add', [1, 2])`. */
export function requests(ws: webSocket.WebSocket): (method: string, params: unknown) => Promise<unknown> {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  ws.on('message', (_err, message) => {
    const { id, result, error } = JSON.parse(message as string);
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) caller?.resolve(result);
    else caller?.reject(new Error(error.message));
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
