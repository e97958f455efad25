/**
 * A session that tells everything that goes into it and everything that comes of it, in order: for traces, and for
 * transcripts that can be replayed. A session that nobody observes has none of this in its way.
 */
import { Buffer } from 'node:buffer';
import type { PerMessageDeflateOptions } from '../deflate/options.js';
import type { FrameHeader } from '../framing/header.js';
import { MaskingKeys } from '../framing/mask.js';
import { isControlOpcode, Opcode } from '../framing/opcode.js';
import type { Field } from '../http/field.js';
import {
  type Failure,
  type MessageExtension,
  Session,
  type SessionHandler,
  type SessionObserver,
  type SessionOptions,
} from '../session.js';
import type { Direction, EventSink, SessionCall, SessionFailure } from './events.js';

/** The story of one connection, from the attempt to its end. */
export class SessionRecorder {
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
  /** A sent message waits for its frame, which tells the offset. */
  #sending: string | Uint8Array | undefined;
  /** Bytes of the response heads so far: interim ones (1xx) come before the final one. */
  #heads = 0;
  /** Where the message starts whose frames are coming in. */
  #receiving = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(connection: number, now: () => number, sink: EventSink) {
    this.#connection = connection;
    this.#now = now;
    this.#sink = sink;
  }

  /** The attempt to connect starts. */
  connecting(url: string): void {
    this.#tick();
    this.#tell('handshake', () => ({ ...this.#stamp(), type: 'connecting', url }));
  }

  /** Makes the session. `deflate`: what its extension was made with. */
  session(handler: SessionHandler, options: SessionOptions, deflate?: PerMessageDeflateOptions): Session {
    this.#tick();
    const nonce = Buffer.alloc(16);
    options.random(nonce);
    const { request, limits, handshakeDeadline = Infinity, pingInterval = 0, pongTimeout = 0, extension } = options;
    this.#opened = request === undefined;
    this.#tell('session', () => ({
      ...this.#stamp(),
      type: 'session',
      key: nonce.toString('base64'),
      request,
      limits,
      handshakeDeadline,
      pingInterval,
      pongTimeout,
      deflate,
    }));
    return new ObservedSession(this, this.#handler(handler), {
      ...options,
      random: (bytes) => bytes.set(nonce),
      keys: new RecordedKeys(options.keys, (key) => this.#keys.push(key)),
      now: () => this.#time,
      extension: extension && this.#extension(extension),
      observer: this.#observer(),
    });
  }

  /** The connection gives the attempt up, for a reason that its session, if there is one, knows nothing of. */
  abandon(failure: SessionFailure): void {
    this.call(
      () => ({ method: 'abandon', failure }),
      () => {
        this.#failure = failure;
        this.#close(1006, '');
      },
    );
  }

  /** Tells of a call, and runs it. */
  call(build: () => SessionCall, run: () => void): void {
    this.#tick();
    const depth = this.#depth;
    this.#tell('session', () => ({ ...this.#stamp(), type: 'call', depth, call: build() }));
    this.#depth++;
    try {
      run();
    } finally {
      this.#depth--;
    }
  }

  /** Nothing follows the end: a session that was given up may still be reading the chunk in which that happened. */
  readonly #tell: EventSink = (channel, build) => {
    if (!this.#ended) this.#sink(channel, build);
  };

  #tick(): void {
    this.#time = Math.round(this.#now() * 1000) / 1000;
  }

  #stamp(): { connection: number; time: number } {
    return { connection: this.#connection, time: this.#time };
  }

  #handler(handler: SessionHandler): SessionHandler {
    return {
      response: (status, head) => handler.response(status, head),
      open: (result) => {
        this.#opened = true;
        this.#tell('handshake', () => ({ ...this.#stamp(), type: 'open', ...result }));
        handler.open(result);
      },
      text: (message) => handler.text(message),
      binary: (message) => handler.binary(message),
      pong: (payload) => handler.pong(payload),
      failed: (failure) => {
        this.#failure = sessionFailure(failure);
        if (!this.#opened) this.#close(1006, '');
        handler.failed(failure);
      },
      closed: (code, reason) => handler.closed(code, reason),
      flush: () => handler.flush(),
    };
  }

  #observer(): SessionObserver {
    return {
      request: (bytes) => {
        this.#tell('handshake', () => ({
          ...this.#stamp(),
          type: 'request',
          direction: 'sent',
          offset: 0,
          ...readRequest(bytes),
          bytes,
        }));
      },
      response: (status, head) => {
        const offset = this.#heads;
        this.#heads = head.size;
        const { fields } = head;
        this.#tell('handshake', () => ({
          ...this.#stamp(),
          type: 'response',
          direction: 'received',
          offset,
          ...status,
          fields,
        }));
      },
      frame: (direction, header, payload, offset) => this.#frame(direction, header, payload, offset),
      message: (direction, data) => {
        if (direction === 'sent') this.#sending = asData(data);
        else this.#message('received', this.#receiving, asData(data));
      },
      violation: ({ rule, offset, expected, got }) => {
        const { id, section, closeCode } = rule;
        this.#tell('rule', () => ({
          ...this.#stamp(),
          type: 'rule',
          direction: 'received',
          offset,
          id,
          section,
          expected,
          got,
          closeCode,
        }));
      },
      closed: (code, reason) => this.#close(code, reason),
    };
  }

  #frame(direction: Direction, header: Readonly<FrameHeader>, payload: Buffer, offset: number): void {
    const keys = direction === 'sent' ? this.#keys.splice(0) : [];
    if (keys.length > 1) this.#tell('session', () => ({ ...this.#stamp(), type: 'keys', keys }));
    this.#tell('frame', () => ({ ...this.#stamp(), type: 'frame', direction, offset, ...header, payload }));
    if (direction === 'received') {
      if (!isControlOpcode(header.opcode) && header.opcode !== Opcode.continuation) this.#receiving = offset;
    } else if (this.#sending !== undefined) {
      const data = this.#sending;
      this.#sending = undefined;
      this.#message('sent', offset, data);
    }
  }

  #message(direction: Direction, offset: number, data: string | Uint8Array): void {
    this.#tell('message', () => ({ ...this.#stamp(), type: 'message', direction, offset, data }));
  }

  #extension(extension: MessageExtension): MessageExtension {
    return {
      offer: extension.offer,
      accept: (extensions) => extension.accept(extensions),
      compresses: (size) => extension.compresses(size),
      deflate: (message) => {
        const bytes = extension.deflate(message);
        this.#tell('session', () => ({ ...this.#stamp(), type: 'deflated', bytes }));
        return bytes;
      },
      inflate: (bytes, maxSize, offset) => extension.inflate(bytes, maxSize, offset),
    };
  }

  #close(code: number, reason: string): void {
    const opened = this.#opened;
    const failure = this.#failure;
    this.#tell('close', () => ({ ...this.#stamp(), type: 'close', code, reason, opened, failure }));
    this.#ended = true;
  }
}

class ObservedSession extends Session {
  readonly #recorder: SessionRecorder;
  #wasCongested = false;

  constructor(recorder: SessionRecorder, handler: SessionHandler, options: SessionOptions) {
    super(handler, options);
    this.#recorder = recorder;
  }

  override receive(bytes: Buffer, start = 0, end = bytes.length): void {
    // What comes after the end is discarded unseen: it says nothing about the session.
    if (this.state === 'ending' || this.state === 'over') return super.receive(bytes, start, end);
    this.#recorder.call(
      () => ({ method: 'receive', bytes: bytes.subarray(start, end) }),
      () => super.receive(bytes, start, end),
    );
  }

  override receiveEnd(cause?: Error, problem = cause?.message): void {
    if (this.isOver) return;
    this.#recorder.call(
      () => ({ method: 'receiveEnd', error: problem }),
      () => super.receiveEnd(cause, problem),
    );
  }

  override sendText(message: string): void {
    this.#recorder.call(
      () => ({ method: 'send', data: message }),
      () => super.sendText(message),
    );
  }

  override sendBinary(message: Uint8Array): void {
    this.#recorder.call(
      () => ({ method: 'send', data: message }),
      () => super.sendBinary(message),
    );
  }

  override ping(payload: Uint8Array): void {
    this.#recorder.call(
      () => ({ method: 'ping', payload }),
      () => super.ping(payload),
    );
  }

  override close(code: number, reason: string): void {
    this.#recorder.call(
      () => ({ method: 'close', code, reason }),
      () => super.close(code, reason),
    );
  }

  override set congested(congested: boolean) {
    if (congested === this.#wasCongested) return;
    this.#wasCongested = congested;
    this.#recorder.call(
      () => ({ method: 'congested', congested }),
      () => {
        super.congested = congested;
      },
    );
  }

  override set paused(paused: boolean) {
    this.#recorder.call(
      () => ({ method: 'paused', paused }),
      () => {
        super.paused = paused;
      },
    );
  }

  override expire(): void {
    this.#recorder.call(
      () => ({ method: 'expire' }),
      () => super.expire(),
    );
  }
}

/** Hands on another pool's keys, and tells which. */
class RecordedKeys extends MaskingKeys {
  readonly #keys: MaskingKeys;
  readonly #drawn: (key: number) => void;

  constructor(keys: MaskingKeys, drawn: (key: number) => void) {
    super(() => {});
    this.#keys = keys;
    this.#drawn = drawn;
  }

  override next(): number {
    const key = this.#keys.next();
    this.#drawn(key);
    return key;
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

function sessionFailure({ message, status, refusal }: Failure): SessionFailure {
  return { message, status, body: refusal?.body };
}

function asData(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
