/** The messages of a WebSocket as an async iterator with back-pressure: an addition, the platform has listeners only. */

import { type ListenerTarget, listenerTarget } from './beside-program.js';
import { type BusinessError, parameterError } from './errors.js';
import { type ReadingHold, readingHold } from './reading.js';

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
 * @throws {BusinessError} 401 for a `highWaterMark` that is not an integer from 1
 */
export function messages(
  ws: ListenerTarget,
  options: MessagesOptions = {},
): AsyncIterableIterator<string | ArrayBuffer> {
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
  readonly #target: ListenerTarget;
  readonly #highWaterMark: number;
  readonly #queue: (string | ArrayBuffer)[] = [];
  /** Calls of `next` that wait for a message. */
  readonly #readers: Reader[] = [];
  #error: BusinessError | undefined;
  #ended = false;
  readonly #reading: ReadingHold;

  constructor(ws: ListenerTarget, highWaterMark: number) {
    this.#target = listenerTarget(ws);
    this.#highWaterMark = highWaterMark;
    this.#reading = readingHold(ws);
    this.#target.on('message', this.#onMessage);
    this.#target.on('error', this.#onError);
    this.#target.on('close', this.#onClose);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    if (this.#queue.length > 0) {
      const value = this.#queue.shift()!;
      if (this.#queue.length < this.#highWaterMark) this.#reading.release();
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
    return done;
  }

  readonly #onMessage = (_error: unknown, message: string | ArrayBuffer): void => {
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ value: message, done: false });
    this.#queue.push(message);
    if (this.#queue.length >= this.#highWaterMark) this.#reading.hold();
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

  #end(): void {
    this.#ended = true;
    this.#reading.release();
    this.#target.off('message', this.#onMessage);
    this.#target.off('error', this.#onError);
    this.#target.off('close', this.#onClose);
    for (const reader of this.#readers.splice(0)) reader.resolve(done);
  }
}
