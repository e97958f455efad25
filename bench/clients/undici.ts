import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';
import { requirePeer } from './peer.js';
import { type BrowserWebSocket, WebLink } from './web-link.js';

type WebSocket = BrowserWebSocket<{ error?: Error }>;

interface Undici {
  readonly Agent: new (options: object) => object;
  readonly WebSocket: new (url: string, options: { dispatcher: object }) => WebSocket;
}

const undici = requirePeer('undici') as Undici;
const limits = { maxPayloadSize: 0x10000000 };
let agent: object | undefined;

export const client: Client = {
  prepare: (bytes: Buffer, kind: Kind) => (kind === 'binary' ? new Uint8Array(bytes) : bytes.toString('utf8')),

  connect(target: Target, received: Received): Promise<Link> {
    agent ??= new undici.Agent({
      webSocket: limits,
      ...(target.caPath === '' ? {} : { connect: { ca: readFileSync(target.caPath) } }),
    });
    const socket = new undici.WebSocket(target.url, { dispatcher: agent });
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', (event) => received(event.data, 1));
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(new WebLink(socket)));
      socket.addEventListener('error', (event) => reject(event.error ?? new Error('undici: connect failed')));
    });
  },
};
