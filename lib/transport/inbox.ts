/**
 * The reading half of a connection: it owns the read buffer, reading and its pauses, and what did not fit into a turn of
 * the event loop.
 */
import type { AsyncResource } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import type { OnReadOpts, Socket } from 'node:net';
import type { Budget } from '../protocol/framing/budget.js';
import { isTurnOver, type TurnClient, waitForTurn } from './turns.js';

/** Who takes what is read. None of it may throw. */
export interface InboxOwner {
  /** The socket has read `size` bytes. Calls `Inbox.take` with the frames among them. */
  arrived(bytes: Buffer, size: number): void;
  /** Takes a slice, as far as the budget goes. @returns the position behind what was taken */
  receive(bytes: Buffer, start: number, end: number): number;
  /** A run of slices begins, or is over. */
  readStarts(): void;
  readEnds(): void;
  /** Whether nothing is taken any more. */
  readonly isGone: boolean;
}

/**
 * Reads go into one buffer that all connections share: each is parsed before the next can happen. With 64 KiB of it
 * hardly a frame of 64 KiB would lie whole in a read, and be decoded where it is: 40 instead of 24 µs for such a text.
 *
 * Never into the buffer of a large message: `net` takes another buffer for the next read only if nothing throws before
 * this turn of the event loop is over, and would else go on to fill the one that a listener has.
 */
const readSize = 262144;
let readBuffer: Buffer | undefined;

/** The work of one slice of input, for whichever connection takes it. */
export const budget: Budget = { left: 0 };

/**
 * The clock is read between slices: a frame or a few texts at first, since a listener may take milliseconds a message;
 * then four times as many, and so on. Where that went well the next turn starts with as much as a few dozen texts.
 */
const firstSlice = 150;
const trustedSlice = 2400;
const largestSlice = 1_000_000;

/** It exists before its connection does: `net.connect` wants to know where to read to. */
export class Inbox implements OnReadOpts, TurnClient {
  readonly buffer = (readBuffer ??= Buffer.allocUnsafeSlow(readSize));
  readonly callback = (size: number, bytes: Uint8Array): boolean => this.#read(bytes as Buffer, size);
  #owner: InboxOwner | undefined;
  #socket: Socket | undefined;
  /** Of the call of connect: what goes on in another turn goes on in its async context. */
  #scope: AsyncResource | undefined;
  #rest: Buffer | undefined;
  #paused = false;
  #slice = firstSlice;
  /** The end of the connection, which came before the rest was taken. */
  #end: (() => void) | undefined;

  /** @param usesOnread whether the socket reads through `callback`; else by 'data' events */
  attach(owner: InboxOwner, socket: Socket, scope: AsyncResource, usesOnread: boolean): void {
    this.#owner = owner;
    this.#socket = socket;
    this.#scope = scope;
    if (!usesOnread) socket.on('data', (chunk: Buffer) => void this.#read(chunk, chunk.length));
  }

  /** @returns whether to go on reading; see `net.OnReadOpts` */
  #read(bytes: Buffer, size: number): boolean {
    this.#owner?.arrived(bytes, size);
    return !this.#paused && this.#rest === undefined;
  }

  /** Whether reading is held back. */
  get isPaused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
    this.#socket!.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#rest === undefined) this.#socket!.resume();
    else waitForTurn(this);
  }

  /** Gives frames to the owner. What does not fit into this turn is kept, and nothing is read meanwhile. */
  take(bytes: Buffer, start: number, end: number): void {
    if (this.#rest !== undefined) {
      // TLS hands on all that it has decrypted, paused or not.
      this.#rest = Buffer.concat([this.#rest, bytes.subarray(start, end)]);
      return;
    }
    const owner = this.#owner!;
    owner.readStarts();
    const at = this.#takeInTurn(owner, bytes, start, end);
    owner.readEnds();
    if (at >= end || owner.isGone) return;
    this.#rest = Buffer.from(bytes.subarray(at, end));
    this.#socket!.pause();
    waitForTurn(this);
  }

  #takeInTurn(owner: InboxOwner, bytes: Buffer, start: number, end: number): number {
    const turnStart = performance.now();
    let slice = this.#slice;
    budget.left = slice;
    let at = owner.receive(bytes, start, end);
    while (at < end && !this.#paused && !owner.isGone) {
      if (isTurnOver(turnStart)) {
        this.#slice = firstSlice;
        return at;
      }
      slice = Math.min(slice * 4, largestSlice);
      budget.left = slice;
      at = owner.receive(bytes, at, end);
    }
    this.#slice = Math.min(slice, trustedSlice);
    return at;
  }

  /** See `TurnClient`. */
  goOn(): void {
    const rest = this.#rest;
    if (rest === undefined || this.#paused || this.#owner!.isGone) return;
    this.#rest = undefined;
    this.#scope!.runInAsyncScope(this.take, this, rest, 0, rest.length);
    if (this.#rest !== undefined || this.#owner!.isGone) return;
    if (this.#end !== undefined) this.#end();
    else if (!this.#paused) this.#socket!.resume();
  }

  /** Runs the end of the connection when all that came before it has been taken. */
  end(run: () => void): void {
    if (this.#rest === undefined) run();
    else this.#end = run;
  }
}
