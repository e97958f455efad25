/** The WebSocket class that Bun and Deno bring along: the browser's interface. This file runs in them, not in Node. */
import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';

interface WebSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  addEventListener(event: string, listener: (event: { data: unknown; message?: string }) => void): void;
  send(data: unknown): void;
  close(): void;
}

const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string, options?: object) => WebSocket };

class WebLink implements Link {
  private readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  send(message: unknown, count: number): void {
    for (let i = 0; i < count; i++) this.socket.send(message);
  }

  // The browser's interface has no callback: bufferedAmount, looked at once a turn, is what it offers.
  burst(message: unknown, count: number, handedOver: () => void): void {
    this.send(message, count);
    const look = (): void => {
      if (this.socket.bufferedAmount === 0) handedOver();
      else setImmediate(look);
    };
    queueMicrotask(look);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.addEventListener('close', () => resolve());
      this.socket.close();
    });
  }
}

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
