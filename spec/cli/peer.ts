/** A server that opens every connection, does what a spec says, frame by frame, and answers a Close frame with 1000. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { handshakeAccept } from '../../lib/protocol/handshake/client.js';

export interface Peer {
  readonly url: string;
  close(): Promise<void>;
}

/** A frame of a server: unmasked, at most 125 bytes. */
export function frame(opcode: number, payload: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([Buffer.from([0x80 | opcode, bytes.length]), bytes]);
}

/** `opened` gets each connection right after the 101. */
export async function startPeer(opened: (socket: Duplex, request: IncomingMessage) => void): Promise<Peer> {
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    if (request.url === '/forbidden') {
      socket.end('HTTP/1.1 403 No \x1b[31mway\r\nContent-Length: 9\r\n\r\ngo away\x1b\n');
      return;
    }
    const accept = handshakeAccept(request.headers['sec-websocket-key'] as string);
    const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields.join('\r\n')}\r\n\r\n`);
    // Good enough for a client that sends nothing glued to its Close frame.
    socket.on('data', (bytes: Buffer) => {
      if ((bytes[0]! & 0x0f) === 0x8 && !socket.writableEnded) socket.end(frame(0x8, new Uint8Array([3, 232])));
    });
    opened(socket, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}
