import type { Buffer } from 'node:buffer';
import { pathToFileURL } from 'node:url';
import type { webSocket } from '../../lib/index.js';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';

const ignore = (): void => undefined;

class OhosLink implements Link {
  private readonly socket: webSocket.WebSocket;

  constructor(socket: webSocket.WebSocket) {
    this.socket = socket;
  }

  send(message: unknown, count: number): void {
    for (let i = 0; i < count; i++) this.socket.send(message as string | ArrayBuffer, ignore);
  }

  burst(message: unknown, count: number, handedOver: () => void): void {
    for (let i = 1; i < count; i++) this.socket.send(message as string | ArrayBuffer, ignore);
    this.socket.send(message as string | ArrayBuffer, handedOver);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.on('close', () => resolve());
      this.socket.close(ignore);
    });
  }
}

type Library = typeof import('../../lib/index.js');

const fromLibrary = ({ webSocket }: Library): Client => ({
  prepare: (bytes: Buffer, kind: Kind) =>
    kind === 'binary' ? bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) : bytes.toString('utf8'),

  async connect(target: Target, received: Received): Promise<Link> {
    const socket = webSocket.createWebSocket();
    socket.on('message', (_error, data) => received(data, 1));
    await socket.connect(target.url, {
      proxy: 'no-proxy',
      ...(target.caPath === '' ? {} : { caPath: target.caPath }),
      ...(target.deflate ? { perMessageDeflate: { threshold: 0 } } : {}),
    });
    return new OhosLink(socket);
  },
});

/** The client of one build of this package; `library` is the path of its entry point, the working tree's by default. */
export async function clientOf(library?: string): Promise<Client> {
  const url = library === undefined ? new URL('../../lib/index.js', import.meta.url) : pathToFileURL(library);
  return fromLibrary((await import(url.href)) as Library);
}
