/** An HTTP proxy that makes tunnels for those who give the right credentials. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Scope } from './scripted.js';

export interface ConnectProxy {
  readonly port: number;
  /** `host:port` of every tunnel that was made. */
  readonly tunnels: readonly string[];
}

/** @param credentials what `Proxy-Authorization: Basic` has to hold, `user:password` */
export async function startConnectProxy(scope: Scope, credentials: string): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const expected = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server = createServer().on('connect', (request, client: Socket) => {
    client.on('error', () => {});
    sockets.add(client.on('close', () => sockets.delete(client)));
    if (request.headers['proxy-authorization'] !== expected) {
      client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), hostname, () => {
      tunnels.push(request.url!);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(onward).pipe(client);
    });
    onward.on('error', () => client.destroy());
    client.on('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, tunnels };
}
