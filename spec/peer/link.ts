/** The server's end of one connection, in a spec's hand: raw bytes out, request head and client frames in. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { decodeHeader, encodeHeader, frameHeader } from '../../lib/protocol/framing/header.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { handshakeAccept } from '../../lib/protocol/handshake/client.js';

/** What a client asked for. */
export interface ReceivedRequest {
  readonly startLine: string;
  /** `Name: value`, as they came. */
  readonly lines: readonly string[];
  /** All values of a field. */
  values(name: string): string[];
}

/** A frame from the client, unmasked. */
export interface ReceivedFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** A frame of a server; every part can be made wrong. */
export interface FrameParts {
  fin?: boolean;
  rsv?: number;
  masked?: boolean;
  /** Announced instead of the payload's own length. */
  length?: number;
  lengthBits?: number;
}

/** Encodes a frame as a server sends it: unmasked, unless the parts say otherwise. */
export function frame(opcode: number, payload: string | Uint8Array = '', parts: FrameParts = {}): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const { fin = true, rsv = 0, masked = false, length = body.length, lengthBits = 7 } = parts;
  const head = Buffer.alloc(14);
  // A masking key of zeros leaves the payload as it is.
  const size = encodeHeader({ fin, rsv, opcode, masked, maskingKey: 0, length, lengthBits }, head, 0);
  return Buffer.concat([head.subarray(0, size), body]);
}

export const text = (payload: string): Buffer => frame(Opcode.text, payload);

/** A Close frame; without a code its body is empty. */
export function closeFrame(code?: number, reason = ''): Buffer {
  if (code === undefined) return frame(Opcode.close);
  const body = Buffer.alloc(2);
  body.writeUInt16BE(code);
  return frame(Opcode.close, Buffer.concat([body, Buffer.from(reason)]));
}

export class Link {
  readonly socket: Socket;
  /** Bytes that nobody has taken yet. */
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
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
    while ((end = this.#bytes.indexOf('\r\n\r\n')) < 0) {
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
    const header = frameHeader();
    for (;;) {
      const size = decodeHeader(this.#bytes, 0, this.#bytes.length, header);
      if (size > 0 && this.#bytes.length >= size + header.length) {
        const key = this.#take(size).subarray(size - 4);
        const payload = this.#take(header.length);
        if (header.masked) for (let i = 0; i < payload.length; i++) payload[i]! ^= key[i & 3]!;
        return { opcode: header.opcode, fin: header.fin, masked: header.masked, payload };
      }
      if (this.#ended) return undefined;
      await this.#more();
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

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
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
  const accept = handshakeAccept(request.values('sec-websocket-key')[0] ?? '');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...fields,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
