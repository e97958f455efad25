import { webSocket } from 'ohos-websocket';

/** Through a proxy that wants to know who asks; hosts on the exclusion list are connected to directly. */
export async function throughProxy(url: string, host: string, port: number): Promise<webSocket.WebSocket> {
  const ws = webSocket.createWebSocket();
  await ws.connect(url, {
    proxy: { host, port, username: 'user', password: 'päss:word', exclusionList: ['localhost', '*.intranet.test'] },
  });
  return ws;
}
