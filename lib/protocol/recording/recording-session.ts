/** A session that reports each call to a recorder before it acts on it: one override for each method that has a row in `calls.ts`. */
import type { Buffer } from 'node:buffer';
import type { Fragment, SessionHandler, SessionOptions } from '../contracts.js';
import type { Budget } from '../framing/budget.js';
import { bytesOf } from '../framing/payload.js';
import { type Sentence, spell } from '../sentence.js';
import { Session } from '../session.js';
import type { SessionCall } from './calls.js';
import type { FrameStarts } from './frame-starts.js';

/** Reports a call, then runs it. */
export type CallRecorder = (build: () => SessionCall, run: () => void) => void;

/** What is received at once when there is a budget: 2 048 frames at most. */
const sliceSize = 4096;

export class RecordingSession extends Session {
  readonly #record: CallRecorder;
  #wasCongested = false;
  readonly #budget: Budget | undefined;
  /** Never spent: a call is recorded before it is made, so the session has to take all that it was given. */
  readonly #ample: Budget;

  readonly #starts: FrameStarts;

  constructor(record: CallRecorder, starts: FrameStarts, handler: SessionHandler, options: SessionOptions) {
    const ample = { left: 0 };
    super(handler, { ...options, budget: ample });
    this.#record = record;
    this.#starts = starts;
    this.#budget = options.budget;
    this.#ample = ample;
  }

  override receive(bytes: Buffer, start = 0, end = bytes.length): number {
    const budget = this.#budget;
    if (budget === undefined) return this.#receiveAll(bytes, start, end);
    let at = start;
    while (at < end && budget.left > 0) {
      const to = Math.min(end, at + sliceSize);
      this.#receiveAll(bytes, at, to);
      budget.left -= Number.MAX_SAFE_INTEGER - this.#ample.left;
      at = to;
    }
    return at;
  }

  #receiveAll(bytes: Buffer, start: number, end: number): number {
    this.#ample.left = Number.MAX_SAFE_INTEGER;
    // What comes after the end is discarded unseen: it says nothing about the session.
    if (this.state === 'ending' || this.state === 'over') return super.receive(bytes, start, end);
    const chunk = bytes.subarray(start, end);
    this.#record(
      () => ({ method: 'receive', bytes: chunk }),
      () => this.#starts.during(chunk, () => void super.receive(bytes, start, end)),
    );
    return end;
  }

  override receiveEnd(cause?: Error, problem: Sentence | undefined = cause && [cause.message]): void {
    if (this.isOver) return;
    this.#record(
      () => ({ method: 'receiveEnd', error: problem && spell(problem) }),
      () => super.receiveEnd(cause, problem),
    );
  }

  override sendText(message: string): boolean {
    return this.#send(message, () => super.sendText(message));
  }

  override sendBinary(message: Uint8Array): boolean {
    const data = bytesOf(message);
    return this.#send(data, () => super.sendBinary(data));
  }

  /** A subscriber that sees the call may close the session: nothing follows a Close frame. */
  #send(data: string | Uint8Array, send: () => boolean): boolean {
    let sent = false;
    this.#record(
      () => ({ method: 'send', data }),
      () => {
        sent = this.isOpen && send();
      },
    );
    return sent;
  }

  override sendFragment({ opcode, payload, fin }: Fragment): boolean {
    const bytes = bytesOf(payload);
    let sent = false;
    this.#record(
      () => ({ method: 'sendFragment', opcode, payload: bytes, fin }),
      () => {
        sent = this.isOpen && super.sendFragment({ opcode, payload: bytes, fin });
      },
    );
    return sent;
  }

  override ping(payload: Uint8Array): void {
    this.#record(
      () => ({ method: 'ping', payload }),
      () => {
        if (this.isOpen) super.ping(payload);
      },
    );
  }

  override close(code: number, reason: string): void {
    this.#record(
      () => ({ method: 'close', code, reason }),
      () => super.close(code, reason),
    );
  }

  override set congested(congested: boolean) {
    if (congested === this.#wasCongested) return;
    this.#wasCongested = congested;
    this.#record(
      () => ({ method: 'congested', congested }),
      () => {
        super.congested = congested;
      },
    );
  }

  override written(position: number, transit: number): void {
    if (!this.awaitsWriting) return;
    this.#record(
      () => ({ method: 'written', position, transit }),
      () => super.written(position, transit),
    );
  }

  override set paused(paused: boolean) {
    this.#record(
      () => ({ method: 'paused', paused }),
      () => {
        super.paused = paused;
      },
    );
  }

  override expire(): void {
    this.#record(
      () => ({ method: 'expire' }),
      () => super.expire(),
    );
  }
}
