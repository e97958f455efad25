/**
 * Records one connection: everything that goes into its session and everything that comes of it, in order, for traces and
 * for transcripts that can be replayed. A session that nobody observes has none of this in its way.
 */
import { Buffer } from 'node:buffer';
import type { SessionHandler, SessionObserver, SessionOptions } from '../contracts.js';
import type { PerMessageDeflateOptions } from '../deflate/options.js';
import { type FrameHeader, headerSize } from '../framing/header.js';
import { isControlOpcode, Opcode } from '../framing/opcode.js';
import type { Field } from '../http/field.js';
import type { MessageExtension } from '../messages/extension.js';
import { spell } from '../sentence.js';
import type { Session } from '../session.js';
import type { SessionCall, SessionFailure } from './calls.js';
import type { ChannelEvents, Direction, EventSink } from './events.js';
import { FrameStarts } from './frame-starts.js';
import { RecordingKeys } from './recording-keys.js';
import { RecordingSession } from './recording-session.js';
import { type EventMembers, type EventType, reports } from './reports.js';

/** The story of one connection, from the attempt to its end. */
export class Recorder {
  readonly #connection: number;
  readonly #now: () => number;
  readonly #sink: EventSink;
  /** The clock stands still during a call: a replay sees the same times. */
  #time = 0;
  #depth = 0;
  #opened = false;
  #ended = false;
  #failure: SessionFailure | undefined;
  /** Masking keys drawn since the last frame that was sent. */
  #keys: number[] = [];
  /** A sent message waits for its frame, which has the offset. */
  #sending: string | Uint8Array | undefined;
  /** Bytes of the response heads so far: interim ones (1xx) come before the final one. */
  #heads = 0;
  /** Where the message starts whose frames are coming in. */
  #receiving = 0;
  /** The start of the frame that is coming in, for the rule that it may break. */
  readonly #starts = new FrameStarts();

  /** @param now a monotonic clock in milliseconds */
  constructor(connection: number, now: () => number, sink: EventSink) {
    this.#connection = connection;
    this.#now = now;
    this.#sink = sink;
  }

  /** The attempt to connect starts. */
  connecting(url: string): void {
    this.#tick();
    this.#report('connecting', () => ({ url }));
  }

  /** A step of the way is done. */
  step(done: EventMembers<'step'>): void {
    this.#tick();
    this.#report('step', () => done);
  }

  /** Makes the session. `deflate`: what its extension was made with. */
  session(handler: SessionHandler, options: SessionOptions, deflate?: PerMessageDeflateOptions): Session {
    this.#tick();
    const nonce = Buffer.alloc(16);
    options.random(nonce);
    const { request, limits, handshakeDeadline = Infinity, pingInterval = 0, pongTimeout = 0, extension } = options;
    this.#opened = request === undefined;
    const key = nonce.toString('base64');
    this.#report('session', () => ({ key, request, limits, handshakeDeadline, pingInterval, pongTimeout, deflate }));
    return new RecordingSession((build, run) => this.#call(build, run), this.#starts, this.#handler(handler), {
      ...options,
      random: (bytes) => bytes.set(nonce),
      keys: new RecordingKeys(options.keys, (drawn) => this.#keys.push(drawn)),
      now: () => this.#time,
      extension: extension && this.#extension(extension),
      observer: this.#observer(),
    });
  }

  /** The connection gives the attempt up, for a reason that its session, if there is one, knows nothing of. */
  abandon(failure: SessionFailure): void {
    this.#call(
      () => ({ method: 'abandon', failure }),
      () => {
        this.#failure = failure;
        this.#close(1006, '');
      },
    );
  }

  /** Reports a call, and runs it. */
  #call(build: () => SessionCall, run: () => void): void {
    this.#tick();
    const depth = this.#depth;
    this.#report('call', () => ({ depth, call: build() }));
    this.#depth++;
    try {
      run();
    } finally {
      this.#depth--;
    }
  }

  /** Nothing follows the end: a session that was given up may still be reading the chunk in which that happened. */
  #report<T extends EventType>(type: T, build: () => EventMembers<T>): void {
    if (this.#ended) return;
    const { channel } = reports[type];
    const stamp = { connection: this.#connection, time: this.#time, type };
    this.#sink(channel, () => ({ ...stamp, ...build() }) as unknown as ChannelEvents[typeof channel]);
  }

  #tick(): void {
    this.#time = Math.round(this.#now() * 1000) / 1000;
  }

  #handler(handler: SessionHandler): SessionHandler {
    return {
      response: (status, head) => handler.response(status, head),
      open: (result) => {
        this.#opened = true;
        this.#report('open', () => result);
        handler.open(result);
      },
      message: (data) => handler.message(data),
      pong: (payload) => handler.pong(payload),
      failed: (failure) => {
        const { sentence, status, refusal } = failure;
        this.#failure = { message: spell(sentence), status, body: refusal?.body };
        if (!this.#opened) this.#close(1006, '');
        handler.failed(failure);
      },
      closed: (code, reason) => handler.closed(code, reason),
    };
  }

  #observer(): SessionObserver {
    return {
      request: (bytes) => {
        this.#report(
          'request',
          (): EventMembers<'request'> => ({ direction: 'sent', offset: 0, ...readRequest(bytes), bytes }),
        );
      },
      response: (status, head) => {
        const offset = this.#heads;
        this.#heads = head.size;
        this.#starts.ended(head.size);
        const { fields, lenient } = head;
        this.#report(
          'response',
          (): EventMembers<'response'> => ({ direction: 'received', offset, ...status, fields, lenient }),
        );
      },
      frame: (direction, header, payload, offset) => this.#frame(direction, header, payload, offset),
      message: (direction, data) => {
        if (direction === 'sent') this.#sending = asData(data);
        else this.#message('received', this.#receiving, asData(data));
      },
      violation: ({ rule, offset, expected, got }) => {
        const { id, section, closeCode } = rule;
        // In the opening handshake there is no frame, and no close code.
        const bytes = closeCode === undefined ? undefined : this.#starts.at(offset);
        this.#report(
          'rule',
          (): EventMembers<'rule'> => ({ direction: 'received', offset, id, section, expected, got, closeCode, bytes }),
        );
      },
      closed: (code, reason) => this.#close(code, reason),
    };
  }

  #frame(direction: Direction, header: Readonly<FrameHeader>, payload: Buffer, offset: number): void {
    const keys = direction === 'sent' ? this.#keys.splice(0) : [];
    if (keys.length > 1) this.#report('keys', () => ({ keys }));
    this.#report('frame', () => ({ direction, offset, ...header, payload }));
    if (direction === 'received') {
      this.#starts.ended(offset + headerSize(header.length, header.masked) + header.length);
      if (!isControlOpcode(header.opcode) && header.opcode !== Opcode.continuation) this.#receiving = offset;
    } else if (this.#sending !== undefined) {
      const data = this.#sending;
      this.#sending = undefined;
      this.#message('sent', offset, data);
    }
  }

  #message(direction: Direction, offset: number, data: string | Uint8Array): void {
    this.#report('message', () => ({ direction, offset, data }));
  }

  #extension(extension: MessageExtension): MessageExtension {
    return {
      offer: extension.offer,
      accept: (extensions) => extension.accept(extensions),
      compresses: (size) => extension.compresses(size),
      deflate: (message) => {
        const bytes = extension.deflate(message);
        this.#report('deflated', () => ({ bytes }));
        return bytes;
      },
      deflatePiece: (piece, last) => {
        const bytes = extension.deflatePiece(piece, last);
        this.#report('deflated', () => ({ bytes }));
        return bytes;
      },
      inflate: (bytes, maxSize, offset, budget) => extension.inflate(bytes, maxSize, offset, budget),
    };
  }

  #close(code: number, reason: string): void {
    const opened = this.#opened;
    const failure = this.#failure;
    this.#report('close', () => ({ code, reason, opened, failure }));
    this.#ended = true;
  }
}

/** A head that we have written ourselves. */
function readRequest(bytes: Buffer): { startLine: string; fields: Field[] } {
  const [startLine, ...lines] = bytes.toString('latin1').trimEnd().split('\r\n');
  const fields = lines.map((line): Field => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return { startLine: startLine!, fields };
}

function asData(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
