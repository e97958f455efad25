/**
 * Frames -> messages, for somebody who looks on: a rule that a message breaks is reported, and reading goes on with the
 * next one. The verdicts are those of the `Assembler` of a session.
 */
import type { Buffer } from 'node:buffer';
import type { InflateContext } from '../protocol/deflate/context.js';
import { unlimited } from '../protocol/framing/budget.js';
import type { FrameHeader } from '../protocol/framing/header.js';
import { Opcode, opcodeName } from '../protocol/framing/opcode.js';
import { Assembler } from '../protocol/messages/assembler.js';
import { Violation } from '../protocol/rules.js';
import { Utf8Validator } from '../protocol/text/validator.js';

/** What a message reader reports. */
export interface MessageReport {
  /** A whole message. `offset`: of its first frame. */
  message(data: string | ArrayBuffer, offset: number): void;
  broke(violation: Violation): void;
  /** Something cannot be read, and no rule is broken. */
  note(text: string): void;
}

/** Memory that the messages in progress may have, in bytes: shared by all readers of a relay. */
export interface Allowance {
  left: number;
}

export interface MessageReaderOptions {
  /** Undoes permessage-deflate; without it compressed messages are passed over. */
  readonly inflater: InflateContext | undefined;
  /** Bytes of a message that is put together; larger ones are passed over, but for their UTF-8. */
  readonly maxMessageSize: number;
  readonly allowance: Allowance;
}

export class MessageReader {
  readonly #report: MessageReport;
  readonly #options: MessageReaderOptions;
  readonly #assembler: Assembler;
  /** The first opcode of the message in progress; `continuation` when there is none. */
  #opcode: number = Opcode.continuation;
  /** Its offset. */
  #start = 0;
  #compressed = false;
  /** Whether the message in progress is passed over. */
  #skips = false;
  /** Whether the frame in progress belongs to no message. */
  #stray = false;
  /** Validates a text that may get too large to be put together. */
  #utf8: Utf8Validator | undefined;
  #offset = 0;
  #held = 0;
  #inflates: boolean;

  constructor(report: MessageReport, options: MessageReaderOptions) {
    this.#report = report;
    this.#options = options;
    this.#inflates = options.inflater !== undefined;
    const { maxMessageSize } = options;
    const handler = {
      stopped: false,
      onFrame: undefined,
      message: (data: string | ArrayBuffer) => report.message(data, this.#start),
      control: () => {},
    };
    this.#assembler = new Assembler(handler, { maxMessageSize, maxFragments: Infinity }, unlimited());
    this.#assembler.inflater = options.inflater;
  }

  /** The header of a data frame, which keeps the rules on a single frame. */
  frameStart(header: FrameHeader, offset: number): void {
    this.#offset = offset;
    this.#stray = false;
    const starts = header.opcode !== Opcode.continuation;
    if (!starts && this.#opcode === Opcode.continuation) {
      // The assembler's words, but the frame is passed over.
      this.#stray = true;
      this.#attempt(() => this.#assembler.frameStart(header, offset));
      return;
    }
    if (starts) this.#startMessage(header, offset);
    else if (header.rsv !== 0) {
      this.#report.broke(new Violation('deflate-rsv1-continuation', 'a continuation frame with RSV1', offset));
      header.rsv = 0;
    }
    if (this.#skips) return;
    this.#attempt(() => this.#assembler.frameStart(header, offset));
  }

  #startMessage(header: FrameHeader, offset: number): void {
    if (this.#opcode !== Opcode.continuation) {
      const got = `a ${opcodeName(header.opcode)} frame inside a fragmented ${opcodeName(this.#opcode)} message`;
      this.#report.broke(new Violation('message-interleaved', got, offset));
      this.discard();
    }
    this.#opcode = header.opcode;
    this.#start = offset;
    const compressed = header.rsv !== 0;
    this.#compressed = compressed;
    this.#skips = compressed && !this.#inflates;
    const mayBeLarge = !header.fin || header.length > this.#options.maxMessageSize;
    this.#utf8 = header.opcode === Opcode.text && !compressed && mayBeLarge ? new Utf8Validator() : undefined;
  }

  framePayload(bytes: Buffer, start: number, end: number): void {
    if (this.#stray) return;
    const invalid = this.#utf8 !== undefined && this.#utf8.push(bytes, start, end) >= 0;
    if (!this.#skips) this.#keep(bytes, start, end);
    else if (invalid) this.#failUtf8();
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const { allowance } = this.#options;
    const size = end - start;
    if (size > allowance.left) return this.#passOver('there is no memory left to put it together');
    allowance.left -= size;
    this.#held += size;
    this.#attempt(() => this.#assembler.framePayload(bytes, start, end));
  }

  frameEnd(fin: boolean): void {
    if (this.#stray) return;
    if (!this.#skips) this.#attempt(() => this.#assembler.frameEnd());
    else if (fin && this.#utf8?.complete === false) this.#failUtf8();
    if (fin) this.discard();
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#fail(error);
    }
  }

  #fail(violation: Violation): void {
    const { id, kind } = violation.rule;
    // Of those rules that say "more than this client takes", a relay reports none.
    if (kind === 'limit') return this.#passOver(`it has more than ${this.#options.maxMessageSize} bytes`);
    this.#report.broke(violation);
    if (this.#stray) return;
    // Reported: what follows of the text is not looked at.
    if (id === 'message-utf8') this.#utf8 = undefined;
    this.#skip(id === 'deflate-data');
  }

  #passOver(why: string): void {
    this.#report.note(`the ${opcodeName(this.#opcode)} message at byte ${this.#start} is passed on unread: ${why}`);
    this.#skip(true);
  }

  /** @param unread whether it was not inflated as far as it goes: later messages may refer to it */
  #skip(unread: boolean): void {
    this.#dropMessage();
    this.#skips = true;
    if (!unread || !this.#compressed || !this.#options.inflater!.contextTakeover) return;
    this.#inflates = false;
    this.#report.note('compressed messages that follow cannot be read: one that they may refer to was not inflated');
  }

  #failUtf8(): void {
    this.#utf8 = undefined;
    this.#report.broke(new Violation('message-utf8', 'bytes that are not UTF-8', this.#offset));
  }

  #dropMessage(): void {
    this.#assembler.discard();
    this.#options.allowance.left += this.#held;
    this.#held = 0;
  }

  /** Forgets the message in progress, and gives back what it holds. */
  discard(): void {
    this.#dropMessage();
    this.#opcode = Opcode.continuation;
    this.#skips = false;
    this.#utf8 = undefined;
  }
}
