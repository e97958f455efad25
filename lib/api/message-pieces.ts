/**
 * Messages in pieces, as they arrive: a message may be larger than memory. What has arrived and is not read yet is held, up
 * to a bound, and then the connection stops reading.
 */
import type { Inflater } from '../protocol/messages/assembler.js';
import { Violation } from '../protocol/rules.js';
import { Utf8Pieces } from '../protocol/text/utf8-pieces.js';
import { TurnBudget } from '../transport/next-turn.js';
import { typeName } from './arguments.js';
import {
  type EventTargetLike,
  followEnd,
  type ListenerTarget,
  listenerTarget,
  type ReadingHold,
} from './beside-program.js';
import { controlledOf, type MessageReceiver, type ReadInPieces } from './controlled.js';
import { type BusinessError, businessError, parameterError } from './errors.js';
import type { MessagePieces } from './message-source.js';

/** How a reader is set up. */
export interface PiecesOptions {
  readonly highWaterMark: number;
  readonly maxMessageSize: number;
}

type Piece = string | Uint8Array;

/** Above this, what has arrived and was not read holds the server back. */
const maxWaiting = 65_536;

const lost = (): BusinessError => businessError(2302999, 'The connection ended before the message was complete.');

/** Values that are waited for, in order. */
class Queue<T> {
  readonly #turn: TurnBudget;
  #values: (T | undefined)[] = [];
  /** How many of them have been taken: to shift a long array moves all of it. */
  #taken = 0;
  #wake: (() => void) | undefined;
  #over = false;
  #error: Error | undefined;

  constructor(turn: TurnBudget) {
    this.#turn = turn;
  }

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** Nothing more comes; with an error, which is thrown behind the last value. */
  end(error?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#wake?.();
  }

  get size(): number {
    return this.#values.length - this.#taken;
  }

  /** @returns `undefined` at the end */
  async take(): Promise<T | undefined> {
    while (this.size === 0 && !this.#over) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#turn.restart();
    }
    if (this.size > 0) {
      const pause = this.#turn.spend();
      if (pause !== undefined) await pause;
      return this.#next();
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return undefined;
  }

  #next(): T {
    const value = this.#values[this.#taken]!;
    this.#values[this.#taken++] = undefined;
    if (this.size > this.#taken >> 1) return value;
    this.#values = this.#values.slice(this.#taken);
    this.#taken = 0;
    return value;
  }
}

const done = { value: undefined, done: true } as const;

class IncomingMessage implements MessagePieces {
  readonly type: 'text' | 'binary';
  readonly #reader: PieceReader;
  readonly #inflater: Inflater | undefined;
  readonly #offset: number;
  readonly #queue: Queue<Piece>;
  /** Since somebody reads it: thousands of short messages may wait. */
  #generator: AsyncGenerator<Piece, undefined> | undefined;
  /** Whether anybody has begun to read it. */
  isTouched = false;
  #isLeft = false;
  #isOver = false;
  #finish: (() => void) | undefined;

  constructor(reader: PieceReader, isText: boolean, inflater: Inflater | undefined, offset: number) {
    this.#reader = reader;
    this.#queue = new Queue(reader.turn);
    this.type = isText ? 'text' : 'binary';
    this.#inflater = inflater;
    this.#offset = offset;
  }

  /** Resolves when all of it has been read, or it has failed. */
  async over(): Promise<void> {
    if (!this.#isOver) await new Promise<void>((resolve) => (this.#finish = resolve));
  }

  get #pieces(): AsyncGenerator<Piece, undefined> {
    return (this.#generator ??= this.#read());
  }

  push(piece: Piece): void {
    this.#queue.push(piece);
  }

  end(error?: Error): void {
    this.#queue.end(error);
  }

  [Symbol.asyncIterator](): this {
    this.isTouched = true;
    return this;
  }

  async next(): Promise<IteratorResult<Piece, undefined>> {
    this.isTouched = true;
    return this.#isLeft ? done : this.#pieces.next();
  }

  /** Called when a loop is left early: the rest is read, and dropped. */
  async return(): Promise<IteratorResult<Piece, undefined>> {
    if (!this.#isLeft) void this.drain();
    return done;
  }

  async drain(): Promise<void> {
    this.#isLeft = true;
    try {
      while ((await this.#pieces.next()).done !== true);
    } catch {
      // the next message, or the end of the connection, says so
    }
  }

  async *#read(): AsyncGenerator<Piece, undefined> {
    try {
      yield* this.#inflater?.inflatePieces === undefined ? this.#arrived() : this.#inflated(this.#inflater);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#reader.violate(error);
      throw businessError(2302999, error.message, { cause: error });
    } finally {
      this.#isOver = true;
      this.#finish?.();
    }
    return undefined;
  }

  async *#arrived(): AsyncGenerator<Piece, undefined> {
    for (let piece = await this.#queue.take(); piece !== undefined; piece = await this.#queue.take()) {
      this.#reader.taken(piece.length);
      yield piece;
    }
    return undefined;
  }

  async *#inflated(inflater: Inflater): AsyncGenerator<Piece, undefined> {
    const text = this.type === 'text' ? new Utf8Pieces() : undefined;
    const { maxMessageSize } = this.#reader;
    let size = 0;
    for await (const bytes of inflater.inflatePieces!(this.#arrived() as AsyncIterable<Uint8Array>, this.#offset)) {
      size += bytes.length;
      if (size > maxMessageSize) {
        const demand = `a message has at most ${maxMessageSize} bytes (maxMessageSize)`;
        throw new Violation('message-size', `${size} bytes or more`, this.#offset, demand);
      }
      if (text === undefined) {
        yield new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
        continue;
      }
      const piece = text.push(bytes, 0, bytes.length);
      if (piece === undefined) this.#failUtf8();
      if (piece !== '') yield piece;
    }
    if (text?.complete === false) this.#failUtf8();
    return undefined;
  }

  #failUtf8(): never {
    throw new Violation('message-utf8', 'bytes that are not UTF-8', this.#offset);
  }
}

/** The messages of a WebSocket, one after the other, each in pieces. */
export class PieceReader implements MessageReceiver, AsyncIterableIterator<MessagePieces, undefined> {
  readonly maxMessageSize: number;
  /** What has arrived is there at once: the program's loop leaves the event loop its turns here. */
  readonly turn = new TurnBudget();
  readonly #host: ReadInPieces;
  readonly #target: ListenerTarget;
  readonly #highWaterMark: number;
  readonly #reading: ReadingHold;
  readonly #stopFollowing: () => void;
  readonly #queue = new Queue<IncomingMessage>(this.turn);
  readonly #messages = this.#read();
  /** The message that is arriving. */
  #arriving: IncomingMessage | undefined;
  /** The message that was given last. */
  #given: IncomingMessage | undefined;
  /** Characters and bytes that have arrived, and that nobody has read. */
  #waiting = 0;
  #isLeft = false;

  constructor(
    ws: ListenerTarget | EventTargetLike,
    host: ReadInPieces,
    { highWaterMark, maxMessageSize }: PiecesOptions,
  ) {
    this.#host = host;
    this.#target = listenerTarget(ws);
    this.#highWaterMark = highWaterMark;
    this.maxMessageSize = maxMessageSize;
    this.#reading = host.holdReading();
    host.messageReceiver = this;
    this.#target.on('error', this.#onLoss);
    this.#target.on('close', this.#onClose);
    this.#stopFollowing = followEnd(ws, this.#target, { failed: this.#onFailure, ended: this.#end });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<MessagePieces, undefined>> {
    return this.#isLeft ? Promise.resolve(done) : this.#messages.next();
  }

  /** Called when a loop is left early. */
  async return(): Promise<IteratorResult<MessagePieces, undefined>> {
    if (!this.#isLeft) void this.#leave();
    return done;
  }

  async *#read(): AsyncGenerator<MessagePieces, undefined> {
    for (let message = await this.#queue.take(); message !== undefined; message = await this.#queue.take()) {
      this.#regulate();
      this.#given = message;
      yield message;
      // Whoever asks for the next message without having begun to read this one does not want it.
      if (!message.isTouched) void message.drain();
      await message.over();
    }
    return undefined;
  }

  /** What has arrived is read to the end of its message, and dropped: decompressing later messages may need it. */
  async #leave(): Promise<void> {
    this.#isLeft = true;
    await this.#given?.drain();
    while (this.#queue.size > 0) await (await this.#queue.take())!.drain();
    this.#end();
  }

  // ------------------------------------------------------------------ what the connection reports

  start(isText: boolean, inflater: Inflater | undefined, offset: number): void {
    this.#arriving = new IncomingMessage(this, isText, inflater, offset);
    this.#queue.push(this.#arriving);
    this.#regulate();
  }

  piece(data: Piece): void {
    this.#waiting += data.length;
    this.#arriving!.push(data);
    this.#regulate();
  }

  end(): void {
    this.#arriving!.end();
    this.#arriving = undefined;
  }

  whole(message: string | ArrayBuffer): void {
    const isText = typeof message === 'string';
    this.start(isText, undefined, 0);
    this.piece(isText ? message : new Uint8Array(message));
    this.end();
  }

  readonly #onLoss = (error: BusinessError): void => {
    this.#arriving?.end(error);
    this.#arriving = undefined;
  };

  readonly #onClose = (): void => this.#onLoss(lost());

  /** Nothing arrives behind it; after a failed attempt to connect, there is no `close`. */
  readonly #onFailure = (error: BusinessError): void => {
    this.#queue.end(error);
    this.#end();
  };

  readonly #end = (): void => {
    this.#queue.end();
    if (this.#isReceiver) this.#host.messageReceiver = undefined;
    this.#target.off('error', this.#onLoss);
    this.#target.off('close', this.#onClose);
    this.#stopFollowing();
    this.#reading.release();
  };

  // ------------------------------------------------------------------ what its messages report

  /** Somebody has read so much. */
  taken(size: number): void {
    this.#waiting -= size;
    this.#regulate();
  }

  /** What was decompressed breaks a rule. */
  violate(violation: Violation): void {
    this.#host.connection?.violate(violation);
  }

  get #isReceiver(): boolean {
    return this.#host.messageReceiver === this;
  }

  /** What is still to be read of a connection that is gone does not hold back the next one. */
  #regulate(): void {
    const isFull = this.#waiting >= maxWaiting || this.#queue.size >= this.#highWaterMark;
    if (isFull && this.#isReceiver && !this.#isLeft) this.#reading.hold();
    else this.#reading.release();
  }
}

/** @throws {BusinessError} 401 for a WebSocket that is not of this package, or that somebody reads in pieces already */
export function readPieces(ws: ListenerTarget | EventTargetLike, options: PiecesOptions): PieceReader {
  const host = controlledOf(ws);
  if (host === undefined || !('messageReceiver' in host)) {
    throw parameterError(`messages reads pieces of a WebSocket of this package only, got ${typeName(ws)}.`);
  }
  const { messageReceiver } = host as ReadInPieces;
  if (messageReceiver !== undefined)
    throw parameterError('the messages of this WebSocket are being read in pieces already.');
  return new PieceReader(ws, host as ReadInPieces, options);
}
