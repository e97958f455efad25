import { setTimeout as sleep } from 'node:timers/promises';
import { webSocket } from 'ohos-websocket';

/** Milliseconds before the next attempt: longer each time, and random, so that clients do not come in step. */
export function backOff(attempt: number, base = 500, most = 30_000): number {
  return Math.random() * Math.min(most, base * 2 ** attempt);
}

/** Connects again whenever the connection is lost, until `signal` says that it is enough. */
export async function stayConnected(
  url: string,
  use: (ws: webSocket.WebSocket) => void,
  signal: AbortSignal,
  wait = backOff,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const ws = webSocket.createWebSocket();
    const closed = new Promise<void>((resolve) => ws.on('close', () => resolve()));
    ws.on('message', () => (attempt = 0)); // not by connecting alone: a server in trouble may still accept
    use(ws); // registers listeners, and sends in its own listener of 'open'
    const close = (): void => void ws.close().catch(() => {});
    signal.addEventListener('abort', close);
    await ws.connect(url).then(
      () => closed,
      () => {},
    ); // why it failed is told to listeners of 'error'
    signal.removeEventListener('abort', close);
    await sleep(wait(attempt), undefined, { signal }).catch(() => {});
  }
}
