import { messages, webSocket } from 'ohos-websocket';

/** Handles messages one by one. While `handle` is busy the server is held back: by TCP, not in our memory. */
export async function iterate(url: string, handle: (message: string | ArrayBuffer) => Promise<void>): Promise<void> {
  const ws = webSocket.createWebSocket();
  const incoming = messages(ws); // before connect: nothing is missed
  await ws.connect(url);
  for await (const message of incoming) await handle(message);
}
