import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import {
  checkHandshakeResponse,
  encodeHandshakeRequest,
  handshakeAccept,
  handshakeKey,
} from '../../lib/protocol/handshake/client.js';
import { HeadReader, parseStatusLine } from '../../lib/protocol/http/head.js';
import type { Operation } from './operation.js';

const request = { host: 'example.com', resource: '/chat?room=1', subprotocols: ['chat'], extensions: '', fields: [] };

export function handshakeOperations(): Operation[] {
  const key = handshakeKey(randomFillSync);
  const response = Buffer.from(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Protocol: chat\r\nDate: Sat, 22 Nov 2025 19:00:00 GMT\r\nServer: example\r\n` +
      `Sec-WebSocket-Accept: ${handshakeAccept(key)}\r\n\r\n`,
  );
  const judge = (): void => {
    const reader = new HeadReader({ maxHeadSize: 16384, maxHeadFields: 100 });
    reader.push(response, 0, response.length);
    const head = reader.head!;
    checkHandshakeResponse(parseStatusLine(head.startLine), head, request, key);
  };
  return [
    {
      name: 'handshake: key and request',
      size: 0,
      each: 1,
      run: () => void encodeHandshakeRequest(request, handshakeKey(randomFillSync)),
    },
    { name: 'handshake: read and judge the response', size: 0, each: 1, run: judge },
  ];
}
