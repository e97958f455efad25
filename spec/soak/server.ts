/**
 * The servers of the soak, in a process of their own: one that echoes and loses a connection now and then, one that
 * echoes faithfully, one that floods. Tells its parent their ports.
 */
import { Buffer } from 'node:buffer';
import { subscribe } from 'node:diagnostics_channel';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import process from 'node:process';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, frame, Link, text } from '../peer/link.js';

export interface Ports {
  readonly unreliable: number;
  readonly faithful: number;
  readonly flood: number;
}

/** Of all connections of the unreliable server, so many are lost a second. */
const lossesPerSecond = 50;

const unreliable = new Set<Socket>();

async function main(): Promise<void> {
  const first = await startEchoServer();
  subscribe('net.server.socket', (message) => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort !== first.port) return;
    unreliable.add(socket);
    socket.on('close', () => unreliable.delete(socket));
  });
  const second = await startEchoServer();
  setInterval(loseSome, 1000 / lossesPerSecond);
  const flood = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void serveFlood(new Link(socket)));
  flood.listen(0, '127.0.0.1', () => {
    const { port } = flood.address() as AddressInfo;
    process.send!({ unreliable: first.port, faithful: second.port, flood: port } satisfies Ports);
  });
  process.on('disconnect', () => process.exit());
}

let next = 0;

/** A reset, an end without a Close frame, a Close frame of its own accord, or bytes that break a rule: by turns. */
function loseSome(): void {
  const sockets = [...unreliable];
  const socket = sockets[Math.floor(Math.random() * sockets.length)];
  switch (socket && next++ % 4) {
    case 0:
      socket!.resetAndDestroy();
      break;
    case 1:
      socket!.end();
      break;
    case 2:
      // The echo server answers the client's Close frame as any other, and ends.
      socket!.write(closeFrame(1001));
      break;
    case 3:
      socket!.write(frame(3));
  }
}

/** `/pings?1000000`: so many, then the text `done`, then the closing handshake. */
async function serveFlood(link: Link): Promise<void> {
  const { startLine } = await link.accept();
  const [, kind, count] = /^GET \/([a-z-]+)\?(\d+) /.exec(startLine) ?? [];
  if (kind === 'deaf-pings') link.socket.pause();
  const pieces = kinds[kind as keyof typeof kinds](Number(count));
  let batch: Buffer[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(batch);
    batch = [];
    size = 0;
    if (link.socket.writable) await new Promise((written) => link.socket.write(bytes, written));
  };
  for (const piece of pieces) {
    batch.push(piece);
    size += piece.length;
    if (size >= 65536) await flush();
  }
  batch.push(text('done'));
  await flush();
  link.socket.resume();
  // Pongs are frames as well: read until the client closes.
  for (let got = await link.frame(); got !== undefined; got = await link.frame()) {
    if (got.opcode === Opcode.close) break;
  }
  link.end(closeFrame(1000));
}

const kinds = {
  pings: (count: number) => repeat(frame(Opcode.ping, 'flood'), count),
  'deaf-pings': (count: number) => repeat(frame(Opcode.ping, 'flood'), count),
  fragments: (count: number) => fragments(count, ''),
  'small-fragments': (count: number) => fragments(count, 'x'),
  'small-messages': (count: number) => repeat(text('x'), count),
};

function* repeat(bytes: Buffer, count: number): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield bytes;
}

/** One message in so many frames. */
function* fragments(count: number, payload: string): Generator<Buffer> {
  for (let index = 0; index < count; index++) {
    yield frame(index === 0 ? Opcode.text : Opcode.continuation, payload, { fin: index === count - 1 });
  }
}

void main();
