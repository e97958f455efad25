/**
 * The floor: the same bytes on a bare socket. Frames are made before the measurement, what arrives is counted by its
 * length.
 * Nothing that a WebSocket client has to do is done here, so no client can be faster.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect as connectPlain } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { Kind } from '../payload.js';
import { opcodeOf } from '../payload.js';
import { FrameBlock, frame, headerSize } from '../wire.js';
import type { Client, Link, Received, Target } from './client.js';

/** One for all connections: what arrives is counted and forgotten. */
const readBuffer = Buffer.allocUnsafe(64 * 1024);
/** Size of the frames that the server sends; every job sets it through `prepare` before it connects. */
let incoming = 0;
/** The latest TLS session, for connections that may resume it. */
let session: Buffer | undefined;

class RawLink implements Link {
  private readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(message: unknown, count: number): void {
    (message as FrameBlock).write(this.socket, count);
  }

  burst(message: unknown, count: number, handedOver: () => void): void {
    (message as FrameBlock).write(this.socket, count, handedOver);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve());
      this.socket.end(frame(8, Buffer.from([3, 232]), true));
    });
  }
}

/** Reads the sink's acknowledgements, which are the only short frames whose content matters. */
function acknowledgements(received: Received): (chunk: Buffer) => void {
  let carried = Buffer.alloc(0);
  return (chunk) => {
    carried = Buffer.concat([carried, chunk]);
    while (carried.length >= 2 && carried.length >= 2 + carried[1]!) {
      const end = 2 + carried[1]!;
      received(carried.toString('latin1', 2, end), 1);
      carried = carried.subarray(end);
    }
  };
}

function counted(received: Received): (chunk: Buffer) => void {
  let bytes = 0;
  return (chunk) => {
    bytes += chunk.length;
    const frames = Math.floor(bytes / incoming);
    if (frames === 0) return;
    bytes -= frames * incoming;
    received(undefined, frames);
  };
}

export const client: Client = {
  prepare(bytes: Buffer, kind: Kind): FrameBlock {
    incoming = headerSize(bytes.length) + bytes.length;
    return new FrameBlock(frame(opcodeOf(kind), bytes, true), bytes.length > 65536 ? 0 : 64 * 1024);
  },

  connect(target: Target, received: Received): Promise<Link> {
    const url = new URL(target.url);
    const address = { host: url.hostname, port: Number(url.port) };
    const take = url.pathname === '/sink' ? acknowledgements(received) : counted(received);
    return new Promise((resolve, reject) => {
      let open = false;
      const read = (chunk: Buffer): void => {
        if (open) {
          take(chunk);
          return;
        }
        open = true;
        resolve(new RawLink(socket));
        const rest = chunk.subarray(chunk.indexOf('\r\n\r\n') + 4);
        if (rest.length > 0) take(rest);
      };
      const ask = (): void => {
        socket.write(
          `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
            'Upgrade: websocket\r\nConnection: Upgrade\r\n' +
            'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
        );
      };
      let socket: Socket;
      if (target.caPath === '') {
        const onread = {
          buffer: readBuffer,
          callback(size: number, buffer: Uint8Array): boolean {
            read((buffer as Buffer).subarray(0, size));
            return true;
          },
        };
        socket = connectPlain({ ...address, onread }, ask);
      } else {
        const resumed = target.resume && session !== undefined ? { session } : {};
        socket = connectSecure({ ...address, ca: readFileSync(target.caPath), ...resumed }, ask);
        socket.on('session', (latest: Buffer) => {
          session = latest;
        });
        socket.on('data', read);
      }
      socket.setNoDelay(true);
      socket.on('error', reject);
    });
  },
};
