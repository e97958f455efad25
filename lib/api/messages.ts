/**
 * A WebSocket's events in the forms that Node's programs use: messages as an async iterator, with back-pressure, and an
 * `EventEmitter`. Additions of ours: the platform's API has listeners only.
 */
import { EventEmitter } from 'node:events';
import { setReading } from './client.js';
import { type BusinessError, parameterError } from './errors.js';
import type { WebSocketListeners } from './types.js';
import type { WebSocket } from './websocket.js';

/** Options of `messages`. */
export interface MessagesOptions {
  /** Messages that may wait for the reader before the connection stops reading, an integer from 1; default 16. */
  highWaterMark?: number | undefined;
}

/**
 * The messages of a WebSocket, in order:
 *
 *     for await (const message of messages(ws)) …
 *
 * It listens from the call on, so call it before `connect`, or at the latest in the `open` event. When the reader is
 * slow the connection stops reading, and the peer is held back by TCP; what one read (256 KiB) had brought already is
 * kept. It ends after the `close` event; when the connection was lost or the peer broke the protocol it throws the
 * `error` event's error after the last message. Leaving the loop early removes its listeners; the connection stays
 * open, and messages go to the other listeners only.
 *
 * @throws {BusinessError} 401 for a `highWaterMark` that is no integer from 1
 */
export function messages(ws: WebSocket, options: MessagesOptions = {}): AsyncIterableIterator<string | ArrayBuffer> {
  const { highWaterMark = 16 } = options;
  if (!Number.isInteger(highWaterMark) || highWaterMark < 1) {
    throw parameterError(`highWaterMark must be an integer from 1, got ${String(highWaterMark).slice(0, 40)}.`);
  }
  return new Messages(ws, highWaterMark);
}

type Result = IteratorResult<string | ArrayBuffer, undefined>;
interface Reader {
  resolve(result: Result): void;
  reject(error: BusinessError): void;
}

const done: Result = { value: undefined, done: true };

class Messages implements AsyncIterableIterator<string | ArrayBuffer> {
  readonly #ws: WebSocket;
  readonly #highWaterMark: number;
  readonly #queue: (string | ArrayBuffer)[] = [];
  /** Calls of `next` that wait for a message. */
  readonly #readers: Reader[] = [];
  #error: BusinessError | undefined;
  #ended = false;
  #held = false;

  constructor(ws: WebSocket, highWaterMark: number) {
    this.#ws = ws;
    this.#highWaterMark = highWaterMark;
    ws.on('message', this.#onMessage);
    ws.on('error', this.#onError);
    ws.on('close', this.#onClose);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    if (this.#queue.length > 0) {
      const value = this.#queue.shift()!;
      if (this.#queue.length < this.#highWaterMark) this.#hold(false);
      return { value, done: false };
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      this.#end();
      throw error;
    }
    if (this.#ended) return done;
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Called when a loop is left early. */
  async return(): Promise<Result> {
    this.#queue.length = 0;
    this.#error = undefined;
    this.#end();
    this.#hold(false);
    return done;
  }

  readonly #onMessage = (_error: unknown, message: string | ArrayBuffer): void => {
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ value: message, done: false });
    this.#queue.push(message);
    if (this.#queue.length >= this.#highWaterMark) this.#hold(true);
  };

  readonly #onError = (error: BusinessError): void => {
    const reader = this.#readers.shift();
    if (reader === undefined) {
      this.#error = error;
      return;
    }
    this.#end();
    reader.reject(error);
  };

  readonly #onClose = (): void => this.#end();

  #hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    setReading(this.#ws, !held);
  }

  #end(): void {
    this.#ended = true;
    this.#ws.off('message', this.#onMessage);
    this.#ws.off('error', this.#onError);
    this.#ws.off('close', this.#onClose);
    for (const reader of this.#readers.splice(0)) reader.resolve(done);
  }
}

type Event = keyof WebSocketListeners;
type Listener = (...args: never[]) => void;
/** As Node's types have it: whoever takes one out knows what it takes. */
type AnyListener = (...args: any[]) => void;

/**
 * Node's `EventEmitter`, with the events of a WebSocket. Spelled out, so that a program without Node's types compiles,
 * and one with them can give it to `events.once` and `events.on`.
 */
export interface WebSocketEmitter {
  on(event: Event, listener: Listener): this;
  once(event: Event, listener: Listener): this;
  off(event: Event, listener: Listener): this;
  addListener(event: Event, listener: Listener): this;
  removeListener(event: Event, listener: Listener): this;
  prependListener(event: Event, listener: Listener): this;
  prependOnceListener(event: Event, listener: Listener): this;
  removeAllListeners(event?: Event): this;
  emit(event: Event, ...args: unknown[]): boolean;
  eventNames(): Event[];
  listenerCount(event: Event): number;
  listeners(event: Event): AnyListener[];
  rawListeners(event: Event): AnyListener[];
  getMaxListeners(): number;
  setMaxListeners(count: number): this;
}

const results = ['open', 'openInfo', 'message', 'close'] as const;

/**
 * Makes an `EventEmitter` that emits a WebSocket's events, each with the value alone:
 *
 *     const [message] = await once(toEmitter(ws), 'message');
 *
 * `once` rejects with the `error` event's error. Without a listener of its own an `error` is not emitted, where a bare
 * `EventEmitter` would throw it.
 */
export function toEmitter(ws: WebSocket): WebSocketEmitter {
  const emitter = new EventEmitter();
  for (const event of results) ws.on(event, (_error: unknown, value: unknown) => emitter.emit(event, value));
  ws.on('dataEnd', () => emitter.emit('dataEnd'));
  ws.on('headerReceive', (headers) => emitter.emit('headerReceive', headers));
  ws.on('error', (error) => {
    if (emitter.listenerCount('error') > 0) emitter.emit('error', error);
  });
  return emitter as WebSocketEmitter;
}
