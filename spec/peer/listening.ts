/** A server on a free port of the loopback interface that is gone, with all its connections, when the test is. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** What ends with a test, or a suite. */
export interface Scope {
  after(end: () => Promise<void>): void;
}

export interface Listening {
  readonly port: number;
  /** Keeps a socket that is not one of the server's own, until it has closed. */
  keep(socket: Socket): void;
  /** Resolves when none of the sockets is open. */
  idle(): Promise<void>;
}

/** Errors of the connections are for the spec's peers to look at, and for no one else. */
export async function listenOn(scope: Scope, server: Server, host = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  server.on('connection', keep);
  server.listen(0, host);
  await once(server, 'listening');
  scope.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    port: (server.address() as AddressInfo).port,
    keep,
    async idle() {
      while (sockets.size > 0) await Promise.all([...sockets].map((socket) => once(socket, 'close')));
    },
  };
}
