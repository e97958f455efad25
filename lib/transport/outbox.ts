/**
 * The writing half of a connection: it owns the output, the one write a turn, who waits for it, congestion and the end of
 * our side of the stream.
 */
import type { Socket } from 'node:net';
import { flushSize, type OutputChunk } from '../protocol/framing/output.js';
import { OutputQueue } from '../protocol/framing/output-queue.js';
import { streamStart } from '../protocol/framing/stream-start.js';
import { nextTurn } from './next-turn.js';

/** The sends of one flush: they are handed to the operating system together. */
export interface Receipts {
  /** All of them have been handed over. */
  settle(): void;
  /** The connection ended before. */
  fail(): void;
  /** Settles or fails others together with these. */
  join(others: Receipts): void;
}

/** What an outbox reports, and asks for. None of it may throw. */
export interface OutboxOwner {
  /** Who waits for what has been sent since the last call, if anybody does. */
  takeReceipts(): Receipts | undefined;
  /** Whether more output waits in the socket than is good. Called between messages, when sending is safe. */
  congested(congested: boolean): void;
  /** The system has taken more of the output, up to `position`. */
  written(position: number): void;
}

/** Above this much output in the socket, the peer does not keep up. */
const congestion = 65536;

/**
 * What the socket may have of it at a time; the rest waits here. Node gives all writes that wait to the system as one, and
 * reports it when the last byte of it was taken: of a large message nothing could be seen to move.
 */
const maxInSocket = 262144;

/** At most so much of what the system took at once is still there, with the receiver's buffers: more is not configured. */
const maxInSystem = 8 * 2 ** 20;

/** When a program was busy for so many milliseconds, what the peer has sent is read before anything is written. */
const patience = 50;

/** A write that the socket has not completed. */
interface PendingWrite {
  /** Set when the kernel did not take it at once, so that its memory is in use until it did. */
  readonly chunk: OutputChunk | undefined;
  receipts: Receipts | undefined;
  next: PendingWrite | undefined;
}

export class Outbox extends OutputQueue {
  readonly #socket: Socket;
  readonly #owner: OutboxOwner;
  /** Whether `flush` will run anyway: later in this turn, or when the read that is being parsed is done. */
  #flushDue = false;
  #closed = false;
  /** What was reported last. */
  #congested = false;
  /** The writes in flight, a list: an array would hold memory when it is empty, too. */
  #firstWrite: PendingWrite | undefined;
  #lastWrite: PendingWrite | undefined;
  /** Who waits for output that the full socket has not been given yet; `end` is where it ends. */
  #deferred: { readonly end: number; readonly receipts: Receipts }[] | undefined;
  /** When something was read or written last, in milliseconds on the clock of `performance.now()`. */
  #lastTurn = Math.trunc(performance.now());
  #readingFirst = false;
  /** How much the system has taken. */
  #written = streamStart;
  /** Up to where the peer has shown that it received the output. */
  #acknowledged = streamStart;
  /** Since when the system makes us wait, and how much it had taken then. */
  #waiting: { readonly since: number; readonly from: number } | undefined;

  constructor(socket: Socket, owner: OutboxOwner) {
    super();
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Has everything sent in this turn written at its end. */
  schedule(): void {
    if (!this.#flushDue) this.#queueFlush();
  }

  /** Apart from its caller, in which the closure would cost every send a context. */
  #queueFlush(): void {
    this.#flushDue = true;
    queueMicrotask(() => this.flushTurn());
  }

  /** A read is about to be parsed: whatever is sent meanwhile leaves in one write, by `flushTurn`. */
  readStarts(): void {
    this.#flushDue = true;
    this.#lastTurn = Math.trunc(performance.now());
  }

  /** Flushes, and reports congestion. Only between messages: a listener may send or close, and framers are shared. */
  flushTurn(): void {
    this.flush();
    if (this.#closed) return;
    const { size } = this;
    this.#reportCongestion();
    if (this.size > size) this.schedule(); // an answer that had to wait
    this.rest();
  }

  /** Whether the peer keeps up, when that has changed: also when what waited here was taken at once in the end. */
  #reportCongestion(): void {
    const congested = this.#socket.writableLength + this.size > congestion;
    if (congested === this.#congested) return;
    this.#congested = congested;
    this.#owner.congested(congested);
  }

  /** Writes what is waiting, in as few writes as it has chunks: one, unless it is more than 64 KiB. */
  override flush(): void {
    this.#flushDue = false;
    const socket = this.#socket;
    if (this.#closed || socket.writableEnded || this.#readingFirst) return;
    const now = Math.trunc(performance.now());
    if (now - this.#lastTurn > patience) return this.#readFirst();
    this.#lastTurn = now;
    // While the socket is still busy, small output gathers: each write that waits would keep a buffer of its own.
    // With nothing left to write, the sends of this turn still have to settle when the writes in flight are done.
    const { size } = this;
    if (socket.writableLength > 0 && size > 0 && size < flushSize) return;
    const before = this.#written;
    while (socket.writableLength < maxInSocket) {
      const chunk = this.take();
      if (chunk === undefined) break;
      const wasIdle = socket.writableLength === 0;
      socket.write(chunk.bytes, (error) => this.#completed(error));
      // Nothing left in the socket: the kernel (or the cipher) has its own copy, and the memory is free again.
      const taken = socket.writableLength === 0;
      if (taken) {
        this.#written += chunk.bytes.length;
        this.release(chunk);
      } else if (wasIdle) {
        this.#waiting = { since: performance.now(), from: this.#written };
      }
      const write = { chunk: taken ? undefined : chunk, receipts: undefined, next: undefined };
      if (this.#lastWrite === undefined) this.#firstWrite = write;
      else this.#lastWrite.next = write;
      this.#lastWrite = write;
      if (this.#deferred !== undefined) this.#attachDeferred(write);
    }
    if (this.#written > before) this.#owner.written(this.#written);
    this.#assignReceipts();
    if (this.ended && this.size === 0) socket.end();
  }

  /**
   * How long what the system holds is on its way, in milliseconds: what it took at once, before it first made us wait, at
   * the rate at which it takes more since. Its own buffers hide seconds of progress.
   */
  get transit(): number {
    if (this.#waiting === undefined) return 0;
    const { since, from } = this.#waiting;
    const drained = this.#written - from;
    const held = Math.min(from - this.#acknowledged, maxInSystem);
    return drained === 0 ? 0 : (held * (performance.now() - since)) / drained;
  }

  override acknowledged(position: number): void {
    this.#acknowledged = position;
    // All that it made us wait for has arrived.
    if (this.#waiting !== undefined && position >= this.#waiting.from && this.#firstWrite === undefined) {
      this.#waiting = undefined;
    }
  }

  /**
   * A peer that went away while the program was busy has left its last messages and its Close frame in the kernel. Node
   * drops them when a write fails, so they are read before: in the next poll of the event loop, which is over in a turn.
   */
  #readFirst(): void {
    this.#readingFirst = true;
    nextTurn(() => {
      nextTurn(() => {
        this.#readingFirst = false;
        this.#lastTurn = Math.trunc(performance.now());
        this.flushTurn();
      });
    });
  }

  #completed(error: Error | null | undefined): void {
    if (error != null) return; // 'close' follows, and fails all receipts
    const write = this.#firstWrite;
    if (write === undefined) return;
    this.#firstWrite = write.next;
    if (write.next === undefined) this.#lastWrite = undefined;
    if (write.chunk !== undefined) {
      this.#written += write.chunk.bytes.length;
      this.release(write.chunk);
      this.#owner.written(this.#written);
      this.#reportCongestion();
    }
    if (this.size > 0) this.schedule();
    write.receipts?.settle();
  }

  /** The sends of this turn are done when the last write in flight is; or a later one, while the socket is full. */
  #assignReceipts(): void {
    const receipts = this.#owner.takeReceipts();
    if (receipts === undefined) return;
    if (this.size > 0) {
      (this.#deferred ??= []).push({ end: this.position, receipts });
      return;
    }
    if (this.#lastWrite === undefined) process.nextTick(() => receipts.settle());
    else attach(receipts, this.#lastWrite);
  }

  #attachDeferred(write: PendingWrite): void {
    const taken = this.position - this.size;
    const deferred = this.#deferred!;
    while (deferred.length > 0 && deferred[0]!.end <= taken) attach(deferred.shift()!.receipts, write);
    if (deferred.length === 0) this.#deferred = undefined;
  }

  /** The connection is gone: nothing more is written, and whatever was not fails. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#owner.takeReceipts()?.fail();
    for (let write = this.#firstWrite; write !== undefined; write = write.next) write.receipts?.fail();
    for (const { receipts } of this.#deferred ?? []) receipts.fail();
    this.#firstWrite = this.#lastWrite = this.#deferred = undefined;
  }
}

function attach(receipts: Receipts, write: PendingWrite): void {
  if (write.receipts === undefined) write.receipts = receipts;
  else write.receipts.join(receipts);
}
