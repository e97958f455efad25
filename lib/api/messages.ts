/** The messages of a WebSocket as an async iterator with back-pressure: an addition, the platform has listeners only. */

import additions from '#additions';
import { TurnBudget } from '../transport/next-turn.js';
import { checkType, readGiven, readOwn, typeName } from './arguments.js';
import {
  type EventTargetLike,
  followEnd,
  type ListenerTarget,
  listenerTarget,
  type ReadingHold,
  readingHold,
} from './beside-program.js';
import { type BusinessError, parameterError } from './errors.js';
import type { MessagePieces } from './message-source.js';

/** Options of `messages`. */
export interface MessagesOptions {
  /** Messages that may wait for the reader before the connection stops reading, an integer from 1; default 16. */
  highWaterMark?: number | undefined;
  stream?: false | undefined;
}

/** Options of `messages` for messages in pieces. */
export interface StreamedMessagesOptions extends Omit<MessagesOptions, 'stream'> {
  /** Has each message given in pieces, as it arrives. */
  stream: true;
  /** Bytes of a message; default: no bound, since nothing of it is kept. A larger one fails the connection (1009). */
  maxMessageSize?: number | undefined;
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
 * open, and messages go to the other listeners only. Of a `reconnecting` one it gives the messages of every connection.
 *
 * @param ws a `webSocket.WebSocket`, or a `WebSocket` of `ohos-websocket/web`, whose `binaryType` does not apply here
 * @throws {BusinessError} 401 for a `highWaterMark` that is not an integer from 1, and for another `ws`
 */
export function messages(
  ws: ListenerTarget | EventTargetLike,
  options?: MessagesOptions,
): AsyncIterableIterator<string | ArrayBuffer>;
/**
 * The messages of a WebSocket in pieces, each message an iterable of its own: it may be larger than memory.
 *
 *     for await (const message of messages(ws, { stream: true })) for await (const piece of message) …
 *
 * The pieces of text are strings that end between characters; those of binary, `Uint8Array`s. While it reads, the `message`
 * event is not raised: nobody holds the whole message. `maxMessageSize` of `connect` does not apply, that of the options
 * does. A message that the loop did not begin to read before it asks for the next one is skipped. When the connection ends
 * in a message, its iterable throws. A connection that is observed (a trace) gives each message as one piece.
 *
 * @throws {BusinessError} 401 for a wrong option, and for a WebSocket that is read in pieces already
 */
export function messages(
  ws: ListenerTarget | EventTargetLike,
  options: StreamedMessagesOptions,
): AsyncIterableIterator<MessagePieces>;
export function messages(
  ws: ListenerTarget | EventTargetLike,
  options: MessagesOptions | StreamedMessagesOptions = {},
): AsyncIterableIterator<string | ArrayBuffer> | AsyncIterableIterator<MessagePieces> {
  const { highWaterMark, maxMessageSize, stream } = readGiven('options', () => readOptions(options));
  if (!stream) return new Messages(ws, highWaterMark);
  return additions.messagePieces().readPieces(ws, { highWaterMark, maxMessageSize });
}

function readOptions(options: unknown): { highWaterMark: number; maxMessageSize: number; stream: boolean } {
  const highWaterMark = readHighWaterMark(options);
  const stream = checkType(readOwn(options as object, 'stream'), 'stream', 'boolean') ?? false;
  const maxMessageSize =
    checkType(readOwn(options as object, 'maxMessageSize'), 'maxMessageSize', 'number') ?? Infinity;
  if (!(maxMessageSize >= 0)) throw parameterError(`maxMessageSize must be at least 0, got ${maxMessageSize}.`);
  return { highWaterMark, maxMessageSize, stream };
}

function readHighWaterMark(options: unknown): number {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw parameterError(`options must be an object with highWaterMark, got ${typeName(options)}.`);
  }
  const highWaterMark = readOwn(options, 'highWaterMark', 16);
  if (!Number.isInteger(highWaterMark) || (highWaterMark as number) < 1) {
    const got = typeof highWaterMark === 'number' ? highWaterMark : typeName(highWaterMark);
    throw parameterError(`highWaterMark must be an integer from 1, got ${got}.`);
  }
  return highWaterMark as number;
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
  #queue: (string | ArrayBuffer)[] = [];
  /** How many of the queue have been taken: to shift a long array moves all of it. */
  #taken = 0;
  readonly #turn = new TurnBudget();
  /** Until the next turn. */
  #pause: Promise<void> | undefined;
  /** Calls of `next` that wait for a message. */
  readonly #readers: Reader[] = [];
  #error: BusinessError | undefined;
  #ended = false;
  readonly #reading: ReadingHold;
  readonly #stopFollowing: () => void;

  constructor(ws: ListenerTarget | EventTargetLike, highWaterMark: number) {
    this.#target = listenerTarget(ws);
    this.#highWaterMark = highWaterMark;
    this.#reading = readingHold(ws);
    this.#target.on('message', this.#onMessage);
    this.#stopFollowing = followEnd(ws, this.#target, { failed: this.#onError, ended: this.#onClose });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    if (this.#taken < this.#queue.length) {
      // Calls that come meanwhile wait behind this one, so that messages keep their order.
      this.#pause ??= this.#turn.spend();
      if (this.#pause !== undefined) {
        await this.#pause;
        this.#pause = undefined;
      }
    }
    if (this.#taken < this.#queue.length) return { value: this.#take(), done: false };
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      this.#end();
      throw error;
    }
    if (this.#ended) return done;
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  #take(): string | ArrayBuffer {
    const message = this.#queue[this.#taken]!;
    this.#queue[this.#taken++] = '';
    const waiting = this.#queue.length - this.#taken;
    if (waiting <= this.#taken >> 1) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    if (waiting < this.#highWaterMark) this.#reading.release();
    return message;
  }

  /** Called when a loop is left early. */
  async return(): Promise<Result> {
    this.#queue = [];
    this.#taken = 0;
    this.#error = undefined;
    this.#end();
    return done;
  }

  readonly #onMessage = (_error: unknown, message: string | ArrayBuffer): void => {
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      this.#turn.restart();
      return reader.resolve({ value: message, done: false });
    }
    this.#queue.push(message);
    if (this.#queue.length - this.#taken >= this.#highWaterMark) this.#reading.hold();
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
    this.#stopFollowing();
    for (const reader of this.#readers.splice(0)) reader.resolve(done);
  }
}
