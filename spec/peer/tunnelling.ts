/** Proxies on loopback for a spec: one that makes tunnels, and ones that answer with the bytes they are given. */
import { once } from 'node:events';
import net from 'node:net';
import type { AnyProxy } from '../../lib/transport/dial/proxy-configuration.js';

export const credentials = { username: 'user', password: 'hunter2' };
export const encoded = Buffer.from('user:hunter2').toString('base64');

/** A port on which nothing listens: it was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export function at(port: number, more: Partial<AnyProxy> = {}): { proxy: AnyProxy } {
  return { proxy: { host: '127.0.0.1', port, ...more } };
}

/** Collects a request up to its empty line. */
export function onRequest(socket: net.Socket, act: (request: string) => void): void {
  let request = '';
  const collect = (chunk: Buffer): void => {
    request += chunk.toString('latin1');
    if (!request.endsWith('\r\n\r\n')) return;
    socket.off('data', collect);
    act(request);
  };
  socket.on('data', collect);
}

/** Makes the tunnel that was asked for; `reply` goes to the client first. */
export function tunnelTo(
  host: string,
  reply = 'HTTP/1.1 200 Connection established\r\n\r\n',
): (socket: net.Socket) => void {
  return (socket) =>
    onRequest(socket, (request) => {
      const port = Number(/^CONNECT \S+:(\d+) /.exec(request)![1]);
      const onward = net.connect(port, host);
      onward.on('error', () => socket.destroy());
      onward.on('connect', () => {
        socket.write(reply);
        socket.pipe(onward).pipe(socket);
      });
      socket.on('close', () => onward.destroy());
    });
}

/** A proxy that answers every request with the same bytes and keeps the connection. */
export function answering(reply: string, end = false): (socket: net.Socket) => void {
  return (socket) =>
    onRequest(socket, () => {
      socket.write(reply, 'latin1');
      if (end) socket.end();
    });
}
