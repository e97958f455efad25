/** The WebSocket class that Bun and Deno bring along: the browser's interface. This file runs in them, not in Node. */
import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';
import { type BrowserWebSocket, WebLink } from './web-link.js';

type WebSocket = BrowserWebSocket<{ message?: string }>;

const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string, options?: object) => WebSocket };

export const client: Client = {
  prepare: (bytes: Buffer, kind: Kind) => (kind === 'binary' ? bytes : bytes.toString('utf8')),

  connect(target: Target, received: Received): Promise<Link> {
    // Bun takes the certificate as an option; Deno is started with it.
    const socket =
      target.caPath === '' || !('bun' in process.versions)
        ? new WebSocket(target.url)
        : new WebSocket(target.url, { tls: { ca: readFileSync(target.caPath) } });
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => received(data, 1));
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(new WebLink(socket)));
      socket.addEventListener('error', ({ message }) => reject(new Error(message ?? 'connecting failed')));
    });
  },
};
