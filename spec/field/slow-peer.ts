/**
 * A WebSocket server in a process of its own, with its own pace: what a client does must not slow it down.
 *
 * Forked with a mode and its numbers; sends `{ port }`, then `{ message }` with the bytes of every message that it has
 * read, and `{ close }` with the bytes that came before the client's Close frame.
 */
import { Buffer } from 'node:buffer';
import { createServer, type Socket } from 'node:net';
import { argv } from 'node:process';
import { switchingProtocols } from '../peer/acceptance.js';

const [mode = '', rate = 0, size = 0] = [argv[2], Number(argv[3]), Number(argv[4])];
const report = (what: object): void => void process.send?.(what);

/** An unmasked frame. */
function frame(first: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : 10);
  head[0] = first;
  if (payload.length < 126) {
    head[1] = payload.length;
  } else {
    head[1] = 127;
    head.writeUIntBE(payload.length, 4, 6);
  }
  return Buffer.concat([head, payload]);
}

/** Reads a client's frames, answers its pings and its Close frame. */
class ClientFrames {
  readonly #socket: Socket;
  /** While a frame of our own is on its way, answers wait behind it. */
  waiting: Buffer[] | undefined;
  #bytes = Buffer.alloc(0);
  /** Of a data frame, what is still to come. */
  #missing = 0;
  #total = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#step());
  }

  #step(): boolean {
    if (this.#missing > 0) {
      const taken = Math.min(this.#missing, this.#bytes.length);
      this.#bytes = this.#bytes.subarray(taken);
      this.#missing -= taken;
      this.#total += taken;
      if (this.#missing === 0) report({ message: this.#total });
      return taken > 0;
    }
    if (this.#bytes.length < 14 && this.#bytes.length < this.#headSize()) return false;
    const headSize = this.#headSize();
    const short = this.#bytes[1]! & 0x7f;
    const length = short < 126 ? short : short === 126 ? this.#bytes.readUInt16BE(2) : this.#bytes.readUIntBE(4, 6);
    const opcode = this.#bytes[0]! & 0x0f;
    if (opcode < 8) {
      this.#bytes = this.#bytes.subarray(headSize);
      this.#missing = length;
      return true;
    }
    if (this.#bytes.length < headSize + length) return false;
    const key = this.#bytes.subarray(headSize - 4, headSize);
    const payload = Buffer.from(
      this.#bytes.subarray(headSize, headSize + length).map((byte, at) => byte ^ key[at & 3]!),
    );
    this.#bytes = this.#bytes.subarray(headSize + length);
    if (opcode === 9) this.#answer(frame(0x8a, payload));
    if (opcode === 8) {
      report({ close: this.#total });
      this.#socket.end(frame(0x88, payload));
    }
    return true;
  }

  #answer(pong: Buffer): void {
    if (this.waiting === undefined) this.#socket.write(pong);
    else this.waiting.push(pong);
  }

  #headSize(): number {
    if (this.#bytes.length < 2) return 2;
    const short = this.#bytes[1]! & 0x7f;
    return 6 + (short < 126 ? 0 : short === 126 ? 2 : 8);
  }
}

const modes: Record<string, (socket: Socket, frames: ClientFrames) => void> = {
  /** Reads `rate` bytes a second, all the time. */
  reads(socket, frames) {
    socket.pause();
    const start = Date.now();
    let taken = 0;
    setInterval(() => {
      for (let chunk: Buffer | null; taken < ((Date.now() - start) / 1000) * rate; taken += chunk.length) {
        chunk = socket.read(Math.max(1, Math.min(16_384, socket.readableLength))) as Buffer | null;
        if (chunk === null) return;
        frames.push(chunk);
      }
    }, 20).unref();
    socket.on('readable', () => {});
  },
  /** Reads nothing. */
  deaf(socket) {
    socket.pause();
  },
  /** Sends one binary message of `size` bytes, `rate` bytes a second. */
  sends(socket, frames) {
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
    const bytes = frame(0x82, Buffer.alloc(size, 1));
    frames.waiting = [];
    let at = 0;
    const timer = setInterval(() => {
      socket.write(bytes.subarray(at, at + rate / 20));
      at += rate / 20;
      if (at < bytes.length) return;
      clearInterval(timer);
      for (const pong of frames.waiting ?? []) socket.write(pong);
      frames.waiting = undefined;
    }, 50);
  },
  /** Sends a message and Close 1008, and resets the connection. */
  resets(socket) {
    socket.write(
      Buffer.concat([frame(0x81, Buffer.from('the last')), frame(0x88, Buffer.from('\x03\xf0go away', 'latin1'))]),
    );
    setTimeout(() => socket.resetAndDestroy(), 50);
  },
  /** Floods with pings. */
  floods(socket, frames) {
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
    const pings = Buffer.concat(Array.from({ length: 65_536 }, () => Buffer.from([0x89, 0])));
    const more = (): void => {
      while (socket.write(pings));
      socket.once('drain', more);
    };
    more();
  },
};

const server = createServer({ allowHalfOpen: true }, (socket) => {
  let head = '';
  socket.on('error', () => {});
  const onHead = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    socket.off('data', onHead);
    socket.write(switchingProtocols(/Sec-WebSocket-Key: (\S+)/i.exec(head)![1]!));
    modes[mode]!(socket, new ClientFrames(socket));
  };
  socket.on('data', onHead);
});
server.listen(0, '127.0.0.1', () => report({ port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit());
