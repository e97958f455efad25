/**
 * Messages in pieces, and what a program sends behind them: each waits its turn, since the frames of one message must not
 * stand among those of another (RFC 6455 §5.4). It lives from the first piece to the last.
 */
import { Buffer } from 'node:buffer';
import { Opcode } from '../protocol/framing/opcode.js';
import type { Connection } from '../transport/connection.js';
import { nextTurn, TurnBudget } from '../transport/next-turn.js';
import { SharedTimer, type TimerClient } from '../transport/shared-timer.js';
import { BusinessError, businessError } from './errors.js';
import { isBlobLike, iterate, type MessageSource } from './message-source.js';
import { PieceEncoder } from './piece-encoder.js';
import { PieceFrames } from './piece-frames.js';

/** Whose messages they are. */
export interface SendQueueOwner {
  /** Settles when all that was sent in this turn has been handed to the system; rejects when the connection ends first. */
  flushed(): Promise<unknown>;
  /** So many bytes of messages have been given to the connection. */
  sent(bytes: number): void;
  /** Nothing waits any more: what is sent from now on needs no queue. */
  idle(): void;
}

/** How a message learns of its outcome. */
export interface Outcome {
  succeed(): void;
  fail(error: Error): void;
}

interface Job {
  readonly data: string | Uint8Array | MessageSource;
  readonly outcome: Outcome;
}

/** Above so much unwritten output the next piece waits until the system has taken this one. */
const maxUnwritten = 262_144;
/** A `Blob` up to this size is one frame. */
const largestWholeBlob = 1 << 20;
/** Close code and reason when a source fails in the middle of its message: nothing else can end the message. */
const incomplete = { code: 1011, reason: 'the message could not be completed' } as const;

export class SendQueue implements TimerClient {
  readonly #owner: SendQueueOwner;
  readonly #connection: Connection;
  readonly #jobs: Job[] = [];
  readonly #turn = new TurnBudget();
  #running = false;
  #ended = false;
  /** Whether a message has begun to leave, and is not complete. */
  #isPartial = false;
  /** What close was called with: it comes behind the messages. */
  #closing: { readonly code: number; readonly reason: string; readonly timer: SharedTimer } | undefined;
  /** Ends the wait that is going on. */
  #interrupt: ((error: Error) => void) | undefined;

  constructor(connection: Connection, owner: SendQueueOwner) {
    this.#connection = connection;
    this.#owner = owner;
  }

  /** Whether close was called: nothing more is taken. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Takes a message; bytes are the queue's from now on. */
  add(data: string | Uint8Array | MessageSource, outcome: Outcome): void {
    this.#jobs.push({ data, outcome });
    if (!this.#running) void this.#run();
  }

  /** Starts the closing handshake behind the messages; after `closeTimeout` without regard to them. */
  close(code: number, reason: string): void {
    if (this.#closing !== undefined) return;
    const now = performance.now();
    const timer = SharedTimer.at(now + this.#connection.closeTimeout, now, this);
    this.#closing = { code, reason, timer };
  }

  /** See `TimerClient`: closing may not take longer. */
  wakeUp(): void {
    nextTurn(() => {
      if (this.#ended) return;
      const { code, reason } = this.#closing!;
      this.#stop('The connection was closed before the message was complete (closeTimeout).');
      this.#connection.close(code, reason);
    });
  }

  /** The connection is gone. */
  end(): void {
    this.#stop('The connection ended before the message was complete.');
  }

  #stop(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closing?.timer.cancel(this);
    const error = businessError(2302999, why);
    this.#interrupt?.(error);
    for (const { data, outcome } of this.#jobs.splice(0)) {
      if (typeof data !== 'string' && !(data instanceof Uint8Array)) abandon(data);
      outcome.fail(error);
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#turn.restart();
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      try {
        await this.#send(job);
      } catch (error) {
        this.#failed(job, error);
      }
    }
    this.#running = false;
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.idle();
    if (this.#closing === undefined) return;
    this.#closing.timer.cancel(this);
    this.#connection.close(this.#closing.code, this.#closing.reason);
  }

  /** A message that has begun cannot be taken back, and the server must not take it for a whole one. */
  #failed({ outcome }: Job, error: unknown): void {
    outcome.fail(error instanceof BusinessError ? error : sourceFailed(error));
    if (this.#isPartial && this.#connection.isOpen) this.#connection.close(incomplete.code, incomplete.reason);
  }

  async #send({ data, outcome }: Job): Promise<void> {
    if (typeof data === 'string' || data instanceof Uint8Array) return this.#sendWhole(data, outcome);
    if (!isBlobLike(data) || data.size > largestWholeBlob) return this.#sendPieces(data, outcome);
    return this.#sendWhole(new Uint8Array(await this.#unlessEnded(data.arrayBuffer())), outcome);
  }

  /** The last of a message has been given to the connection, in this turn: what is written at its end includes it. */
  #report(outcome: Outcome): void {
    this.#owner.flushed().then(
      () => outcome.succeed(),
      (error: Error) => outcome.fail(error),
    );
  }

  async #sendWhole(data: string | Uint8Array, outcome: Outcome): Promise<void> {
    const isText = typeof data === 'string';
    this.#check(
      this.#connection.isOpen && (isText ? this.#connection.sendText(data) : this.#connection.sendBinary(data)),
    );
    this.#owner.sent(isText ? Buffer.byteLength(data) : data.length);
    this.#report(outcome);
    await this.#turn.spend();
  }

  async #sendPieces(source: MessageSource, outcome: Outcome): Promise<void> {
    const encoder = new PieceEncoder();
    const iterator = iterate(source);
    const frames = new PieceFrames((payload, fin) => {
      const opcode = this.#isPartial ? Opcode.continuation : encoder.kind;
      this.#check(this.#connection.isOpen && this.#connection.sendFragment({ opcode, payload, fin }));
      this.#isPartial = !fin;
      this.#owner.sent(payload.length);
    });
    let isDone = false;
    try {
      for (;;) {
        const next = await this.#unlessEnded(iterator.next());
        if ((isDone = next.done === true)) break;
        for (const payload of encoder.encode(next.value)) {
          if (frames.add(payload)) await this.#room();
        }
        await this.#turn.spend(); // a piece may be empty
      }
      frames.finish(encoder.finish());
    } finally {
      frames.drop();
      if (!isDone) stopIterating(iterator);
    }
    this.#report(outcome);
  }

  #check(sent: boolean): void {
    if (!sent) throw businessError(2302999, 'The connection ended before the message was complete.');
  }

  /** Back-pressure: the next piece is asked for when there is room for it. */
  async #room(): Promise<void> {
    if (this.#connection.unwritten > maxUnwritten) await this.#unlessEnded(this.#owner.flushed());
    else await this.#turn.spend();
  }

  #unlessEnded<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      if (this.#ended) this.#check(false);
      Promise.resolve(promise).then(resolve, reject);
    });
  }
}

function sourceFailed(cause: unknown): BusinessError {
  const why = cause instanceof Error ? cause.message : typeof cause;
  return businessError(2302999, `The message could not be completed: its source failed (${why}).`, { cause });
}

function stopIterating(iterator: AsyncIterator<unknown>): void {
  Promise.resolve()
    .then(() => iterator.return?.())
    .catch(() => {}); // it has failed, or nobody is interested any more
}

/** Has a source that was never read let go of what it holds. */
function abandon(source: MessageSource): void {
  try {
    if (!isBlobLike(source)) stopIterating(iterate(source));
  } catch {
    // it has been read elsewhere
  }
}
