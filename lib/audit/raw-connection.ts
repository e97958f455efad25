/** One raw connection to the server, or client, under audit: any bytes can be sent, and everything that passes is written down. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { frameBytes } from '../protocol/framing/frame-bytes.js';
import { decodeHeader, type FrameHeader, frameHeader, maxHeaderSize } from '../protocol/framing/header.js';
import type { Field } from '../protocol/http/field.js';
import { type Head, HeadReader, parseStatusLine, type StatusLine } from '../protocol/http/head.js';
import { printable, shorten } from '../protocol/printable.js';
import { Violation } from '../protocol/rules.js';
import { blotQuery, blotSubprotocol, shownOfField } from '../protocol/secrets.js';
import type { Step } from './evidence-log.js';
import { describeFrame, maxShown } from './frame-summary.js';
import type { Overhearing } from './overheard.js';

/** A connected byte stream, as `Dialer` makes it. */
export interface ByteStream {
  /** Calls back when the bytes have been taken. */
  write(bytes: Buffer, taken: () => void): void;
  destroy(): void;
}

/** What a stream reports; none of them after `destroy`. */
export interface ByteStreamHandler {
  received(bytes: Buffer): void;
  /** The server ended its side, or the connection broke with an error code such as `ECONNRESET`. */
  ended(error: string | undefined): void;
}

/** Connects to the server, through proxies and TLS as need be; rejects with an `Error` when that fails. */
export type Dialer = (handler: ByteStreamHandler, signal: AbortSignal) => Promise<ByteStream>;

/** A frame to send; what is left out is as RFC 6455 wants it from this side. */
export interface OutgoingFrame {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv?: number;
  /** Default: to a server. */
  readonly masked?: boolean;
  /** 4 bytes; default random. */
  readonly maskingKey?: Uint8Array;
  /** Default: the fewest. */
  readonly lengthBits?: 7 | 16 | 64;
  /** The length in the header, when it is to differ from the payload's. */
  readonly announcedLength?: number;
}

export interface IncomingFrame extends Readonly<FrameHeader> {
  readonly payload: Buffer;
}

/** What came next. */
export type Received =
  | { readonly kind: 'request'; readonly head: Head }
  | { readonly kind: 'response'; readonly status: StatusLine; readonly head: Head }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'frame'; readonly frame: IncomingFrame }
  | { readonly kind: 'end'; readonly how: string }
  /** It sent more than a probe reads: the connection was cut by us. */
  | { readonly kind: 'excess'; readonly how: string }
  | { readonly kind: 'silence' };

/** Who is at the other end. */
export type Peer = 'server' | 'client';

/** A server's head may be larger than what a careful client takes. */
const headLimits = { maxHeadSize: 262144, maxHeadFields: 1000 };
/** What is read of a connection: twice the largest echo, and ten times the frames of the longest answer. */
const maxReceived = 16 * 2 ** 20;
const maxFrames = 20_000;
/** How long a write is waited for, in milliseconds. */
const longestWrite = 5000;
/** Lines of a head that are written down. */
const maxLines = 40;
/** How the summary of a connection begins that broke, or did not come about: chance can do that. */
export const lostConnection = 'connection lost';
export const neverConnected = `${lostConnection} before it began`;

export class RawConnection {
  readonly #record: (step: Step) => void;
  readonly #peer: Peer;
  /** Of a server. */
  readonly #overhearing: Overhearing | undefined;
  readonly #queue: Received[] = [];
  #wake: (() => void) | undefined;
  #head: HeadReader | undefined;
  #discard = false;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #received = 0;
  #frames = 0;
  #stream: ByteStream | undefined;
  #ended = false;
  readonly #onEnd: (() => void)[] = [];
  /** Milliseconds between pieces so far: not the peer's time. */
  pausedFor = 0;
  /** The peer takes nothing: what is sent from now on is not waited for. */
  #isStuck = false;

  constructor(record: (step: Step) => void, peer: Peer = 'server', overhearing?: Overhearing) {
    this.#record = record;
    this.#peer = peer;
    this.#overhearing = overhearing;
    this.#head = new HeadReader(headLimits, peer === 'client' ? () => {} : undefined, true);
  }

  /** Connects; rejects with the dialer's error. */
  async connect(dial: Dialer, signal: AbortSignal): Promise<void> {
    const handler: ByteStreamHandler = {
      received: (bytes) => this.#receive(bytes),
      ended: (error) =>
        this.#end(error === undefined ? `TCP closed by the ${this.#peer}` : `${lostConnection} (${error})`),
    };
    try {
      this.#stream = await dial(handler, signal);
    } catch (error) {
      const summary = printable(cut(`${neverConnected}: ${(error as Error).message}`));
      this.#record({ direction: 'event', kind: 'end', summary });
      throw error;
    }
    if (this.#ended) this.destroy(); // it sent too much before this was resolved
    this.#record({ direction: 'event', kind: 'connected', summary: 'connected' });
  }

  destroy(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  // ------------------------------------------------------------------ sending

  /** Sends the head of a request, or of a response. */
  async sendHead(line: string, fields: readonly Field[]): Promise<void> {
    await this.#write(this.#encodeHead(line, fields));
  }

  /** Sends any bytes; `summary` says what they are. */
  async sendBytes(bytes: Buffer, summary: string): Promise<void> {
    this.#record({ direction: 'sent', kind: 'bytes', summary, bytes, size: bytes.length });
    await this.#write(bytes);
  }

  /** Sends frames back to back in one write, so that the server reads what follows a fault together with it. */
  async sendFrames(...frames: OutgoingFrame[]): Promise<void> {
    await this.#write(this.#encodeFrames(frames));
  }

  /** Sends bytes in pieces of `size`, with `gap` milliseconds between them; `what` says what they are. */
  async sendPieces(
    what: { line: string; fields: readonly Field[] } | OutgoingFrame[],
    size: number,
    gap: number,
  ): Promise<void> {
    const bytes = Array.isArray(what) ? this.#encodeFrames(what) : this.#encodeHead(what.line, what.fields);
    const pieces = Math.ceil(bytes.length / size);
    this.#record({ direction: 'event', kind: 'bytes', summary: `the above in ${pieces} writes of ${size} bytes` });
    for (let at = 0; at < bytes.length && !this.#ended; at += size) {
      await this.#write(bytes.subarray(at, at + size));
      const start = performance.now();
      await new Promise((resolve) => setTimeout(resolve, gap));
      this.pausedFor += performance.now() - start;
    }
  }

  #encodeHead(line: string, fields: readonly Field[]): Buffer {
    const bytes = encodeHead(line, fields);
    const text = headText(line, fields);
    this.#record({ direction: 'sent', kind: 'head', summary: shown(line), text, size: bytes.length });
    this.#overhearing?.sentRequest(line, fields);
    return bytes;
  }

  /** Back to back. */
  #encodeFrames(frames: readonly OutgoingFrame[]): Buffer {
    const encoded = frames.map((frame) => encodeFrame({ masked: this.#peer === 'server', ...frame }));
    for (const [index, frame] of frames.entries()) this.#recordSent(frame, encoded[index]!);
    return Buffer.concat(encoded);
  }

  #recordSent(frame: OutgoingFrame, bytes: Buffer): void {
    const header = frameHeader();
    const size = decodeHeader(bytes, 0, bytes.length, header);
    const payload = Buffer.from(frame.payload ?? '');
    this.#record({
      direction: 'sent',
      kind: 'frame',
      ...describeFrame(header, payload),
      bytes,
      size: size + payload.length,
    });
  }

  #write(bytes: Buffer): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const taken = (): void => resolve(clearTimeout(timer));
      // A peer that ended the connection never takes the rest, nor does one that has stopped reading and lives on.
      const timer = setTimeout(() => {
        this.#isStuck = true;
        resolve();
      }, longestWrite);
      this.#onEnd.push(taken);
      stream.write(bytes, taken);
      if (this.#isStuck) taken();
    });
  }

  // ------------------------------------------------------------------ receiving

  /** Waits for what comes next, until `deadline` on the clock of `performance.now`; behind the end nothing is waited for. */
  async next(deadline: number): Promise<Received> {
    if (this.#queue.length === 0 && !this.#ended) {
      const wait = deadline - performance.now();
      if (wait > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.ceil(wait));
          this.#wake = () => resolve(clearTimeout(timer));
        });
        this.#wake = undefined;
      }
    }
    return this.#queue.shift() ?? { kind: 'silence' };
  }

  #push(received: Received): void {
    this.#queue.push(received);
    this.#wake?.();
  }

  #receive(bytes: Buffer): void {
    if (this.#discard) return;
    if (this.#head === undefined) return this.#receiveFrames(bytes);
    try {
      const at = this.#head.push(bytes, 0, bytes.length);
      const { head } = this.#head;
      if (head === undefined) return;
      const text = headText(head.startLine, head.fields);
      const summary = shown(head.startLine);
      this.#record({ direction: 'received', kind: 'head', summary, text, size: head.size });
      this.#head = undefined;
      if (this.#peer === 'client') {
        this.#push({ kind: 'request', head });
      } else {
        const status = parseStatusLine(head.startLine);
        if (status.status !== 101) this.#discard = true; // what follows is a body
        this.#overhearing?.receivedHead(status, head);
        this.#push({ kind: 'response', status, head });
      }
      // A copy: what is left of the head's last chunk would keep all of it.
      if (at < bytes.length) this.#receive(Buffer.from(bytes.subarray(at)));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#discard = true;
      const text = printable(cut(bytes.toString('latin1')));
      this.#record({
        direction: 'received',
        kind: 'bytes',
        summary: `not an HTTP ${this.#peer === 'client' ? 'request' : 'response'}`,
        text,
        bytes,
        size: bytes.length,
      });
      this.#push({ kind: 'malformed', message: error.message });
    }
  }

  /** Nothing is held of a server that sends more than any answer is long: neither a frame without end nor a flood. */
  #receiveFrames(bytes: Buffer): void {
    this.#received += bytes.length;
    this.#chunks.push(bytes);
    this.#buffered += bytes.length;
    this.#readFrames();
    if (this.#received <= maxReceived && this.#frames <= maxFrames) return;
    const much = this.#frames > maxFrames ? `${maxFrames} frames` : `${maxReceived / 2 ** 20} MiB`;
    const how = `more than ${much} from the ${this.#peer}, where the probe stops reading`;
    this.#discard = true;
    this.#chunks = [];
    this.#record({ direction: 'event', kind: 'cut', summary: how });
    this.#push({ kind: 'excess', how });
    this.#ended = true;
    for (const resolve of this.#onEnd.splice(0)) resolve();
    this.destroy();
  }

  #readFrames(): void {
    const header = frameHeader();
    while (this.#frames <= maxFrames) {
      if (this.#buffered < 2) return;
      if (this.#chunks[0]!.length < Math.min(maxHeaderSize, this.#buffered)) this.#join();
      const first = this.#chunks[0]!;
      const size = decodeHeader(first, 0, first.length, header);
      if (size === 0 || this.#buffered < size + header.length) return;
      if (first.length < size + header.length) this.#join();
      const all = this.#chunks[0]!;
      const end = size + header.length;
      const payload = Buffer.from(all.subarray(size, end));
      if (header.masked) xor(payload, all.subarray(size - 4, size));
      const summary = describeFrame(header, payload);
      this.#record({ direction: 'received', kind: 'frame', ...summary, bytes: all.subarray(0, end), size: end });
      this.#chunks = end < all.length ? [all.subarray(end), ...this.#chunks.slice(1)] : this.#chunks.slice(1);
      this.#buffered -= end;
      this.#frames++;
      const frame = { ...header, payload };
      this.#overhearing?.receivedFrame(frame);
      this.#push({ kind: 'frame', frame });
    }
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }

  #end(how: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#record({ direction: 'event', kind: 'end', summary: how });
    for (const resolve of this.#onEnd.splice(0)) resolve();
    this.#push({ kind: 'end', how });
  }
}

/** The bytes of a frame. */
export function encodeFrame(frame: OutgoingFrame): Buffer {
  const { opcode, fin = true, rsv = 0, masked = true, lengthBits = 7 } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const maskingKey = Buffer.from(frame.maskingKey ?? randomBytes(4)).readInt32LE();
  const length = frame.announcedLength ?? payload.length;
  return frameBytes({ fin, rsv, opcode, masked, maskingKey, length, lengthBits }, payload);
}

function xor(payload: Buffer, key: Uint8Array): void {
  for (let at = 0; at < payload.length; at++) payload[at]! ^= key[at & 3]!;
}

function encodeHead(line: string, fields: readonly Field[]): Buffer {
  return Buffer.from(
    `${line}\r\n${fields.map(([name, value]) => `${name}:${value === '' ? '' : ' '}${value}\r\n`).join('')}\r\n`,
    'latin1',
  );
}

function headText(line: string, fields: readonly Field[]): string {
  const lines = fields.slice(0, maxLines).map(([name, value]) => shown(`${name}: ${shownValue(name.trim(), value)}`));
  if (fields.length > maxLines) lines.push(`… and ${fields.length - maxLines} more fields`);
  return [shown(line), ...lines].join('\n');
}

function shownValue(name: string, value: string): string {
  if (shownOfField(name) === 'nothing') return '(redacted)';
  if (shownOfField(name) === 'until a query') return value.replace(/(?<=\?).*$/s, '(redacted)');
  if (shownOfField(name) === 'first word') return value.replace(/(?<=^\S+)\s.*$/s, ' (redacted)');
  if (name.toLowerCase() !== 'sec-websocket-protocol') return value;
  return value.split(',').map(blotSubprotocol).join(',');
}

/** A line as it may be shown: cut, printable, without the values of a query in it. */
function shown(line: string): string {
  return printable(cut(line.replace(/(?<=^\S+ )\S*\?\S*/, blotQuery)));
}

function cut(text: string): string {
  return text.length > maxShown ? `${shorten(text, maxShown)} (${text.length} characters)` : text;
}
