import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { connect as connectSecure, type TLSSocket } from 'node:tls';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';
import { requirePeer } from './peer.js';

type Data = Buffer | ArrayBuffer;

interface WebSocket {
  binaryType: string;
  on(event: 'message', listener: (data: Data, isBinary: boolean) => void): void;
  once(event: 'open' | 'close', listener: () => void): void;
  once(event: 'error', listener: (error: Error) => void): void;
  send(data: unknown, callback?: () => void): void;
  close(): void;
}

const WebSocket = requirePeer('ws') as new (url: string, options: object) => WebSocket;

class WsLink implements Link {
  private readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  send(message: unknown, count: number): void {
    for (let i = 0; i < count; i++) this.socket.send(message);
  }

  burst(message: unknown, count: number, handedOver: () => void): void {
    for (let i = 1; i < count; i++) this.socket.send(message);
    this.socket.send(message, handedOver);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('close', resolve);
      this.socket.close();
    });
  }
}

let session: Buffer | undefined;

/** ws keeps no TLS session: what a program has to do to resume one. */
function resuming(options: object): TLSSocket {
  const socket = connectSecure({ ...options, ...(session === undefined ? {} : { session }) });
  socket.on('session', (latest: Buffer) => {
    session = latest;
  });
  return socket;
}

/** Opens a connection of ws, whichever of its two interfaces is used then. */
export function openWs(target: Target, binaryType: 'arraybuffer' | 'nodebuffer'): WebSocket {
  const secure = target.caPath === '' ? {} : { ca: readFileSync(target.caPath) };
  const socket = new WebSocket(target.url, {
    perMessageDeflate: target.deflate ? { threshold: 0 } : false,
    maxPayload: 0x10000000,
    ...(target.resume ? { createConnection: resuming } : {}),
    ...secure,
  });
  socket.binaryType = binaryType;
  return socket;
}

/** ws, with the type in which it delivers binary messages. */
export const wsClient = (binaryType: 'arraybuffer' | 'nodebuffer'): Client => ({
  prepare: (bytes: Buffer, kind: Kind) => (kind === 'binary' ? bytes : bytes.toString('utf8')),

  connect(target: Target, received: Received): Promise<Link> {
    const socket = openWs(target, binaryType);
    // ws hands text out as bytes; the string is what the job asks for.
    socket.on('message', (data, isBinary) => received(isBinary ? data : (data as Buffer).toString(), 1));
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(new WsLink(socket)));
      socket.once('error', reject);
    });
  },
});

export const client = wsClient('arraybuffer');
