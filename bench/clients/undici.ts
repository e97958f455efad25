import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';
import { requirePeer } from './peer.js';

interface WebSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  addEventListener(event: string, listener: (event: { data: unknown; error?: Error }) => void): void;
  send(data: unknown): void;
  close(): void;
}

interface Undici {
  readonly Agent: new (options: object) => object;
  readonly WebSocket: new (url: string, options: { dispatcher: object }) => WebSocket;
}

const undici = requirePeer('undici') as Undici;
const limits = { maxPayloadSize: 0x10000000 };
let agent: object | undefined;

class UndiciLink implements Link {
  private readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  send(message: unknown, count: number): void {
    for (let i = 0; i < count; i++) this.socket.send(message);
  }

  // The browser's interface has no callback and no drain event: bufferedAmount, looked at once a turn, is what it
  // offers.
  burst(message: unknown, count: number, handedOver: () => void): void {
    for (let i = 0; i < count; i++) this.socket.send(message);
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
      socket.addEventListener('open', () => resolve(new UndiciLink(socket)));
      socket.addEventListener('error', (event) => reject(event.error ?? new Error('undici: connect failed')));
    });
  },
};
