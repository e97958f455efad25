/**
 * The neutral server: Node's own sockets, its own upgrade, no WebSocket library. The path of the request picks the
 * mode:
 * `/sink?lap=BYTES`, `/source?kind=KIND&size=BYTES`, `/echo`, `/idle`; with permessage-deflate when it is offered:
 * `/feed?size=BYTES`, `/feed-source?size=BYTES`, `/feed-sink?lap=MESSAGES`. Listens on two free loopback ports, plain and
 * TLS,
 * prints them as one line of JSON, and ends when its standard input ends. Arguments: `own-core` or `shared-core`,
 * then the files of a
 * certificate and its key.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import type { Kind } from '../payload.js';
import { compressedFrames, countingSink, feed } from './compressed.js';
import { echo } from './echo.js';
import { idle } from './idle.js';
import type { Mode } from './mode.js';
import { sink } from './sink.js';
import { blockOf, source } from './source.js';
import { upgrade } from './upgrade.js';

function modeOf(socket: Socket, path: string, query: URLSearchParams): Mode {
  switch (path) {
    case '/sink':
      return sink(socket, Number(query.get('lap')));
    case '/source':
      return source(socket, blockOf((query.get('kind') ?? 'text') as Kind, Number(query.get('size'))));
    case '/echo':
      return echo(socket);
    case '/feed':
      return feed(socket, Number(query.get('size')));
    case '/feed-source':
      return source(socket, Buffer.concat(compressedFrames(Number(query.get('size')))));
    case '/feed-sink':
      return countingSink(socket, Number(query.get('lap')));
    default:
      return idle(socket);
  }
}

let answering = 0;

/**
 * Keeps this process awake while it has somebody to answer, when it has a core of its own: waking a sleeping process
 * costs more than
 * a whole round trip, differs from machine to machine, and would be measured as if it were the client's.
 */
function stayAwake(): void {
  if (answering > 0) setImmediate(stayAwake);
}

function answers(socket: Socket): void {
  if (++answering === 1) stayAwake();
  socket.once('close', () => answering--);
}

function serve(socket: Socket): void {
  let head = '';
  let mode: Mode | undefined;
  socket.setNoDelay(true);
  // A client under test ends by ending its process: a reset is the normal end of a connection here.
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    if (mode !== undefined) {
      mode.data(chunk);
      return;
    }
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const wanted = upgrade(head);
    mode = modeOf(socket, wanted.path, wanted.query);
    if (ownCore && ['/echo', '/idle', '/feed'].includes(wanted.path)) answers(socket);
    socket.write(wanted.response);
    const rest = Buffer.from(head.slice(end + 4), 'latin1');
    if (rest.length > 0) mode.data(rest);
  });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

const [core, certificate, key] = process.argv.slice(2);
const ownCore = core === 'own-core';
const options = { highWaterMark: 1024 * 1024, noDelay: true };
const port = await listen(createServer(options, serve));
let securePort = 0;
if (certificate !== undefined && key !== undefined) {
  const tls = { ...options, cert: readFileSync(certificate), key: readFileSync(key) };
  const server = createSecureServer(tls, serve);
  server.on('tlsClientError', () => undefined);
  securePort = await listen(server);
}
process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.write(`${JSON.stringify({ port, securePort, pid: process.pid })}\n`);
