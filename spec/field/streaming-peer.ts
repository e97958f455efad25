/**
 * A server in a process of its own for messages that are larger than memory: it counts what it is sent, and for `/get` sends
 * a message of as many bytes in pieces, with a ping in front of each piece. The number of bytes is the argument.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const size = Number(process.argv[2]);
const piece = Buffer.alloc(1 << 20, 'a');

/** A server masks nothing (RFC 6455 §5.1). */
function header(first: number, length: number): Buffer {
  if (length < 126) return Buffer.of(first, length);
  const long = Buffer.alloc(10);
  long.writeUInt8(first, 0);
  long.writeUInt8(127, 1);
  long.writeUInt32BE(length, 6);
  return long;
}

async function give(socket: Socket): Promise<void> {
  for (let sent = 0; sent < size; sent += piece.length) {
    const isLast = sent + piece.length >= size;
    socket.write(header(0x89, 0));
    socket.write(header((isLast ? 0x80 : 0) | (sent === 0 ? 2 : 0), piece.length));
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
  }
}

const server = createServer().on('upgrade', (request: IncomingMessage, socket: Socket) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.on('error', () => {}).setNoDelay(true);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    const before = received;
    received += chunk.length;
    const isWhole = before < size && received >= size;
    if (isWhole && request.url !== '/get') socket.write(Buffer.concat([header(0x81, 2), Buffer.from('ok')]));
  });
  if (request.url === '/get') void give(socket);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().on('end', () => process.exit());
