/** The correct answer to an opening handshake; independent of `lib`, which it is a yardstick for. */
import { createHash } from 'node:crypto';

/** The Sec-WebSocket-Accept that answers a key (RFC 6455 §4.2.2). */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** The head of the response that opens a connection, with further field lines. */
export function switchingProtocols(key: string, ...fields: readonly string[]): string {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    ...fields,
    '',
    '',
  ].join('\r\n');
}
