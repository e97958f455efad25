/**
 * npm's `ws`, from this folder's own `package.json`: the client itself depends on nothing.
 *
 * Loaded at run time and typed here by the few members that the specs use, so that the project builds without it.
 */
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Duplex, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ServerIdentity } from '../peer/certificates.js';

export interface WsSocket extends EventEmitter {
  readonly protocol: string;
  readonly extensions: string;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): this;
  on(event: 'ping' | 'pong', listener: (data: Buffer) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  send(data: string | Uint8Array, options?: { binary?: boolean; fin?: boolean; compress?: boolean }): void;
  ping(data?: string | Uint8Array): void;
  pong(data?: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

export interface WsServerOptions {
  readonly perMessageDeflate?: boolean | Record<string, unknown>;
  readonly handleProtocols?: (offered: Set<string>) => string | false;
  readonly maxPayload?: number;
}

interface WsServer {
  readonly clients: Set<WsSocket>;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (socket: WsSocket) => void): void;
}

/** `ws`' parser of frames: bytes in, `message`, `conclude`, `ping`, `pong` and `error` out. */
export type WsReceiver = Writable;

/** `ws`' permessage-deflate; `accept` takes the parsed parameters of the other side. */
export interface WsDeflate {
  accept(parameters: Record<string, unknown[]>[]): unknown;
  cleanup(): void;
}

interface Ws {
  WebSocketServer: new (options: WsServerOptions & { noServer: true }) => WsServer;
  PerMessageDeflate: new (options: { isServer: boolean; maxPayload: number }) => WsDeflate;
  Receiver: new (options: {
    isServer: boolean;
    maxPayload: number;
    allowSynchronousEvents: boolean;
    extensions?: Record<string, WsDeflate>;
  }) => WsReceiver;
}

// The specs run from dist/spec/interop; the package is installed beside the sources.
const folder = fileURLToPath(new URL('../../../spec/interop/', import.meta.url));

function load(): Ws | undefined {
  try {
    return createRequire(folder)('ws') as Ws;
  } catch {
    return undefined;
  }
}

const ws = load();

/** For `{ skip }`: `false` when `ws` is there, else the line that says what to do. */
export const wsAbsent: string | false =
  ws === undefined && 'npm ws is not installed: run `npm ci --prefix spec/interop`';

/** The package; only call it when `wsAbsent` is `false`. */
export function npmWs(): Ws {
  if (ws === undefined) throw new Error(String(wsAbsent));
  return ws;
}

/** A WebSocket server on a free loopback port, and the requests that reached it. */
export interface Upstream {
  readonly port: number;
  /** `ws://127.0.0.1:<port>` or `wss://localhost:<port>`. */
  readonly url: string;
  /** The upgrade requests in the order of their arrival. */
  readonly requests: IncomingMessage[];
  end(): Promise<void>;
}

/** Sends every message back as it came. */
export function echo(socket: WsSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** A server made of `ws`, by default an echo server; `identity` makes it a `wss:` one. */
export async function upstream(
  options: {
    readonly serve?: (socket: WsSocket, request: IncomingMessage) => void;
    readonly identity?: ServerIdentity;
    readonly host?: string;
    readonly ws?: WsServerOptions;
  } = {},
): Promise<Upstream> {
  const { serve = echo, identity, host = '127.0.0.1' } = options;
  const server: HttpServer = identity === undefined ? createHttpServer() : createHttpsServer(identity.pem());
  const sockets = new (npmWs().WebSocketServer)({ noServer: true, perMessageDeflate: false, ...options.ws });
  const requests: IncomingMessage[] = [];
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    requests.push(request);
    // A client that goes away in the middle is some spec's subject, not this server's failure.
    stream.on('error', () => stream.destroy());
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('error', () => socket.terminate());
      serve(socket, request);
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const name = host === '::1' ? '[::1]' : identity === undefined ? host : 'localhost';
  return {
    port,
    url: `${identity === undefined ? 'ws' : 'wss'}://${name}:${port}`,
    requests,
    end: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
