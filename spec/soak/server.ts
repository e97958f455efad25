/**
 * The servers of the soak, in a process of their own: one that echoes and loses a connection now and then, one that
 * echoes faithfully, one that floods or is slow. Sends its parent their ports.
 */
import { Buffer } from 'node:buffer';
import { subscribe } from 'node:diagnostics_channel';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import process from 'node:process';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { acceptance, closeFrame, frame, Link, text } from '../peer/link.js';

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
  const flood = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void serve(new Link(socket)));
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

/** `/pings?1000000` floods; `/slow-to?150000&12000000` reads so many bytes a second, `/slow-from?…` writes them. */
async function serve(link: Link): Promise<void> {
  const request = await link.request();
  const [, kind, count, size] = /^GET \/([a-z-]+)\?(\d+)(?:&(\d+))? /.exec(request.startLine) ?? [];
  const compresses = request.values('sec-websocket-extensions').length > 0;
  link.write(acceptance(request, compresses ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []));
  if (kind === 'slow-to') await readSlowly(link, Number(count));
  else if (kind === 'slow-from') await writeSlowly(link, Number(count), Number(size));
  else await flood(link, kind!, count!);
  // Pongs are frames as well: read until the client closes.
  for (let got = await link.frame(); got !== undefined; got = await link.frame()) {
    if (got.opcode === Opcode.close) break;
  }
  link.end(closeFrame(1000));
}

/** Of a second. */
const slice = 0.02;
const aSlice = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, slice * 1000));

/** Reads one message, and answers with its size. */
async function readSlowly(link: Link, rate: number): Promise<void> {
  const { socket } = link;
  socket.pause();
  const reading = setInterval(() => socket.read(Math.min(socket.readableLength, rate * slice)), slice * 1000);
  socket.on('close', () => clearInterval(reading));
  for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
    if (next.opcode === Opcode.ping) link.write(frame(Opcode.pong, next.payload));
    if (next.opcode !== Opcode.binary) continue;
    clearInterval(reading);
    socket.resume();
    return link.write(text(`${next.payload.length}`));
  }
}

/** Writes one message; a ping in between is answered by the frame that comes after it. */
async function writeSlowly(link: Link, rate: number, size: number): Promise<void> {
  const bytes = frame(Opcode.binary, Buffer.alloc(size));
  const step = rate * slice;
  const start = performance.now();
  for (let at = 0; at < bytes.length && link.socket.writable; ) {
    // As much as the time that has passed allows: a timer of a busy machine is late.
    const due = Math.min(bytes.length, step + ((performance.now() - start) / 1000) * rate);
    link.write(bytes.subarray(at, due));
    at = Math.floor(due);
    await aSlice();
  }
}

/** So many of its kind, then the text `done`. */
async function flood(link: Link, kind: string, count: string): Promise<void> {
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
}

const kinds = {
  pings: (count: number) => repeat(frame(Opcode.ping, 'flood'), count),
  'empty-pings': (count: number) => repeat(frame(Opcode.ping), count),
  pongs: (count: number) => repeat(frame(Opcode.pong, 'flood'), count),
  'empty-pongs': (count: number) => repeat(frame(Opcode.pong), count),
  'deaf-pings': (count: number) => repeat(frame(Opcode.ping, 'flood'), count),
  fragments: (count: number) => fragments(count, ''),
  'small-fragments': (count: number) => fragments(count, 'x'),
  'small-messages': (count: number) => repeat(text('x'), count),
  'empty-messages': (count: number) => repeat(text(''), count),
  // One compressed message of empty final blocks.
  'final-blocks': (count: number) => [frame(Opcode.binary, Buffer.alloc(2 * count, Buffer.of(3, 0)), { rsv: 4 })],
  'small-final-blocks': (count: number) =>
    repeat(frame(Opcode.binary, Buffer.alloc(2048, Buffer.of(3, 0)), { rsv: 4 }), count),
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
