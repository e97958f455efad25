import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';
import { requirePeer } from './peer.js';

interface WebSocket {
  on(event: string, listener: (event: { data: unknown; message?: string }) => void): void;
  once(event: 'drain' | 'close', listener: () => void): void;
  send(data: unknown): boolean;
  write(data: unknown): boolean;
  close(): void;
}

const faye = requirePeer('faye-websocket') as {
  Client: new (url: string, protocols: string[], options: object) => WebSocket;
};

class FayeLink implements Link {
  private readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  send(message: unknown, count: number): void {
    for (let i = 0; i < count; i++) this.socket.send(message);
  }

  // It is a stream: write returns whether more may follow, drain says when.
  burst(message: unknown, count: number, handedOver: () => void): void {
    let more = true;
    for (let i = 0; i < count; i++) more = this.socket.write(message);
    if (more) queueMicrotask(handedOver);
    else this.socket.once('drain', handedOver);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('close', resolve);
      this.socket.close();
    });
  }
}

export const client: Client = {
  prepare: (bytes: Buffer, kind: Kind) => (kind === 'binary' ? bytes : bytes.toString('utf8')),

  connect(target: Target, received: Received): Promise<Link> {
    const secure = target.caPath === '' ? {} : { ca: readFileSync(target.caPath) };
    const socket = new faye.Client(target.url, [], { maxLength: 0x10000000, ...secure });
    socket.on('message', (event) => received(event.data, 1));
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(new FayeLink(socket)));
      socket.on('error', (event) => reject(new Error(event.message)));
    });
  },
};
