/** The server's end of one connection, in a spec's hand: raw bytes out, request head and client frames in. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { switchingProtocols } from './acceptance.js';
import { frame, frameSize, type ReceivedFrame, readFrame } from './frames.js';

// What scripts write into a link.
export { closeFrame, frame, type ReceivedFrame, text } from './frames.js';

/** What a client asked for. */
export interface ReceivedRequest {
  readonly startLine: string;
  /** `Name: value`, as they came. */
  readonly lines: readonly string[];
  /** All values of a field. */
  values(name: string): string[];
}

export class Link {
  readonly socket: Socket;
  /** Bytes that nobody has taken yet, and those that came after them: joined when they are looked at. */
  #bytes = Buffer.alloc(0);
  #later: Buffer[] = [];
  #ended = false;
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#later.push(chunk);
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', () => {}); // resets are what these peers are about
  }

  /** Resolves when the client has ended its side, or the connection is gone. */
  async ended(): Promise<void> {
    while (!this.#ended) await this.#more();
  }

  /** The request; `undefined` when the client went away before it was complete. */
  async request(): Promise<ReceivedRequest> {
    let end = -1;
    while ((end = this.#joined().indexOf('\r\n\r\n')) < 0) {
      if (this.#ended) throw new Error('the client went away before its request was complete');
      await this.#more();
    }
    const [startLine = '', ...lines] = this.#take(end + 4)
      .toString('latin1')
      .trimEnd()
      .split('\r\n');
    return {
      startLine,
      lines,
      values: (name) =>
        lines.flatMap((line) => {
          const colon = line.indexOf(':');
          return line.slice(0, colon).toLowerCase() === name.toLowerCase() ? [line.slice(colon + 1).trim()] : [];
        }),
    };
  }

  /** Reads the request and answers it with 101, `after` glued to it. */
  async accept(fields: readonly string[] = [], after: Uint8Array = Buffer.alloc(0)): Promise<ReceivedRequest> {
    const request = await this.request();
    this.write(Buffer.concat([acceptance(request, fields), after]));
    return request;
  }

  /** The next frame; `undefined` at the end of the stream. */
  async frame(): Promise<ReceivedFrame | undefined> {
    for (;;) {
      const next = readFrame(this.#joined());
      if (next !== undefined) {
        this.#take(next.size);
        return next;
      }
      if (this.#ended) return undefined;
      // A long frame is joined once, however many reads it takes.
      const size = frameSize(this.#bytes) ?? 0;
      do await this.#more();
      while (!this.#ended && this.#bytes.length + this.#waiting < size);
    }
  }

  /** The next frame of this kind; others are passed over. */
  async frameOf(opcode: number): Promise<ReceivedFrame> {
    for (;;) {
      const next = await this.frame();
      if (next === undefined) throw new Error(`the client went away without a frame of opcode ${opcode}`);
      if (next.opcode === opcode) return next;
    }
  }

  /** Echoes messages, answers pings and the Close frame, then ends the connection: what a correct server does. */
  async serve(): Promise<void> {
    for (let next = await this.frame(); next !== undefined; next = await this.frame()) {
      if (next.opcode === Opcode.close) return this.end(frame(Opcode.close, next.payload));
      if (next.opcode === Opcode.ping) this.write(frame(Opcode.pong, next.payload));
      else if (next.opcode !== Opcode.pong) this.write(frame(next.opcode, next.payload, { fin: next.fin }));
    }
    this.end();
  }

  write(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Writes and waits until the client's kernel may have it: one segment each, since Nagle is off. */
  async writeSlowly(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.socket.writable; at++) {
      await new Promise((resolve) => this.socket.write(bytes.subarray(at, at + 1), resolve));
    }
  }

  /** FIN, after these bytes. */
  end(bytes: string | Uint8Array = ''): void {
    if (this.socket.writable) this.socket.end(bytes);
  }

  /** RST; a TLS connection is cut off without a word, which Node has no reset for. */
  reset(): void {
    if (this.socket instanceof TLSSocket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  get #waiting(): number {
    return this.#later.reduce((sum, { length }) => sum + length, 0);
  }

  #joined(): Buffer {
    if (this.#later.length > 0) this.#bytes = Buffer.concat([this.#bytes, ...this.#later.splice(0)]);
    return this.#bytes;
  }

  #take(size: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, size));
    this.#bytes = this.#bytes.subarray(size);
    return taken;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** The 101 that answers a request. */
export function acceptance(request: ReceivedRequest, fields: readonly string[] = []): Buffer {
  return Buffer.from(switchingProtocols(request.values('sec-websocket-key')[0] ?? '', ...fields), 'latin1');
}
