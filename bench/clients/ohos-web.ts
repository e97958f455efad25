/** The WebSocket class of this package, `ohos-websocket/web`, through `addEventListener`. */
import type { Buffer } from 'node:buffer';
import { WebSocket } from '../../lib/web/web.js';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';
import { type BrowserWebSocket, WebLink } from './web-link.js';

export const client: Client = {
  prepare: (bytes: Buffer, kind: Kind) => (kind === 'binary' ? new Uint8Array(bytes) : bytes.toString('utf8')),

  connect(target: Target, received: Received): Promise<Link> {
    const socket = new WebSocket(target.url, {
      proxy: 'no-proxy',
      maxMessageSize: 0x10000000,
      ...(target.caPath === '' ? {} : { caPath: target.caPath }),
      ...(target.deflate ? { perMessageDeflate: { threshold: 0 } } : {}),
    });
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => received(data, 1));
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(new WebLink(socket as unknown as BrowserWebSocket)));
      socket.addEventListener('error', ({ error }) => reject(error));
    });
  },
};
