/** Frames -> messages: the order of fragments (RFC 6455 §5.4), UTF-8 (§8.1), size and count (§10.4). */
import { Buffer } from 'node:buffer';
import type { Budget } from '../framing/budget.js';
import type { FrameSink } from '../framing/deframer.js';
import type { FrameHeader } from '../framing/header.js';
import { isControlOpcode, Opcode, opcodeName } from '../framing/opcode.js';
import { TextRun } from '../framing/text-run.js';
import { Violation } from '../rules.js';
import { decodeText, decodeValidText } from '../text/decoder.js';
import { Utf8Validator } from '../text/validator.js';
import { copyOf, MessageStore, ownedBuffer } from './message-store.js';

/** Bounds on a message. */
export interface MessageLimits {
  /** Bytes of a message, after decompression. */
  readonly maxMessageSize: number;
  /** Frames of a message, empty ones included. */
  readonly maxFragments: number;
}

/** Decompresses a whole message (RFC 7692 §7.2.2). */
export interface Inflater {
  /** @throws {Violation} `deflate-data`, or `message-size` when more than `maxSize` bytes come out */
  inflate(bytes: Buffer, maxSize: number, offset: number): Buffer;
}

/** What an assembler reports. */
export interface MessageHandler {
  /** Nothing more is to be processed. */
  readonly stopped: boolean;
  /** Set when somebody wants to see every frame. */
  readonly onFrame: ((header: Readonly<FrameHeader>, payload: Buffer, offset: number) => void) | undefined;
  text(message: string): void;
  binary(message: ArrayBuffer): void;
  /** A whole control frame; `payload` is good until this returns. */
  control(opcode: number, payload: Buffer, offset: number): void;
}

const empty: Buffer = Buffer.alloc(0);

export class Assembler implements FrameSink {
  readonly #handler: MessageHandler;
  readonly #limits: MessageLimits;
  readonly #textRun: TextRun;
  /** Set when permessage-deflate was negotiated: a message whose first frame has RSV1 is compressed. */
  inflater: Inflater | undefined;

  /** Opcode of the message under way; `continuation` (0) when there is none. */
  #message: number = Opcode.continuation;
  #compressed = false;
  /** Bytes of the message that its frames announced so far, the frame under way included. */
  #announced = 0;
  #fragments = 0;
  /** The bytes of the message so far; for a control frame `#control` takes that part. */
  readonly #store = new MessageStore();
  #utf8: Utf8Validator | undefined;

  /** The frame under way. */
  #header: FrameHeader | undefined;
  #offset = 0;
  #frameStart = 0;
  #control: Buffer = empty;
  #controlStored = 0;

  constructor(handler: MessageHandler, limits: MessageLimits, budget: Budget) {
    this.#handler = handler;
    this.#limits = limits;
    this.#textRun = new TextRun(limits.maxMessageSize, budget);
  }

  get stopped(): boolean {
    return this.#handler.stopped;
  }

  get takesTextRun(): boolean {
    return this.#message === Opcode.continuation && this.#handler.onFrame === undefined;
  }

  frameStart(header: FrameHeader, offset: number): void {
    this.#header = header;
    this.#offset = offset;
    if (isControlOpcode(header.opcode)) {
      this.#control = header.length > 0 ? Buffer.allocUnsafeSlow(header.length) : empty;
      this.#controlStored = 0;
      return;
    }
    this.#startFragment(header, offset);
    this.#frameStart = this.#store.size;
  }

  framePayload(bytes: Buffer, start: number, end: number): void {
    if (isControlOpcode(this.#header!.opcode)) {
      this.#controlStored += bytes.copy(this.#control, this.#controlStored, start, end);
      return;
    }
    const isText = this.#message === Opcode.text;
    if (isText && !this.#compressed) this.#validate(bytes, start, end);
    this.#store.add(bytes, start, end, this.#announced, this.#header!.fin, isText);
  }

  frameEnd(): void {
    const header = this.#header!;
    this.#header = undefined;
    const { onFrame } = this.#handler;
    if (isControlOpcode(header.opcode)) {
      const payload = this.#control;
      this.#control = empty;
      onFrame?.(header, payload, this.#offset);
      this.#handler.control(header.opcode, payload, this.#offset);
      return;
    }
    onFrame?.(header, this.#store.bytesFrom(this.#frameStart), this.#offset);
    if (header.fin) this.#finishMessage();
  }

  frameWhole(header: FrameHeader, offset: number, bytes: Buffer, start: number, end: number): void {
    const { opcode } = header;
    if (isControlOpcode(opcode)) {
      const payload = start === end ? empty : bytes.subarray(start, end);
      this.#handler.onFrame?.(header, payload, offset);
      this.#handler.control(opcode, payload, offset);
    } else if (
      header.fin &&
      header.rsv === 0 &&
      opcode !== Opcode.continuation &&
      this.#handler.onFrame === undefined // a frame is seen once its bytes so far are known to be good
    ) {
      // A message in one frame in one chunk: nothing is stored.
      this.#startFragment(header, offset);
      this.#offset = offset;
      this.#reset();
      if (opcode === Opcode.binary) this.#handler.binary(copyOf(bytes, start, end));
      else this.#deliverText(bytes, start, end);
    } else {
      this.frameStart(header, offset);
      if (end > start) this.framePayload(bytes, start, end);
      this.frameEnd();
    }
  }

  textRun(bytes: Buffer, start: number, end: number): number {
    return this.#textRun.take(bytes, start, end, this.#handler);
  }

  /** RFC 6455 §5.4: the order of fragments; §10.4: their size and number, checked before anything is kept. */
  #startFragment(header: FrameHeader, offset: number): void {
    const { opcode } = header;
    if (opcode === Opcode.continuation) {
      if (this.#message === Opcode.continuation) {
        throw new Violation('message-continuation', 'a continuation frame with no message under way', offset);
      }
      if (header.rsv !== 0) throw new Violation('deflate-rsv1-continuation', 'a continuation frame with RSV1', offset);
    } else {
      if (this.#message !== Opcode.continuation) {
        const got = `a ${opcodeName(opcode)} frame inside a fragmented ${opcodeName(this.#message)} message`;
        throw new Violation('message-interleaved', got, offset);
      }
      this.#message = opcode;
      this.#compressed = header.rsv !== 0;
      this.#utf8?.reset();
    }
    this.#announced += header.length;
    this.#fragments++;
    const { maxMessageSize, maxFragments } = this.#limits;
    if (this.#announced > maxMessageSize) {
      const got = `${this.#announced} bytes or more`;
      throw new Violation(
        'message-size',
        got,
        offset,
        `a message has at most ${maxMessageSize} bytes (maxMessageSize)`,
      );
    }
    if (this.#fragments > maxFragments) {
      throw new Violation('message-fragments', 'more', offset, `a message has at most ${maxFragments} fragments`);
    }
  }

  #validate(bytes: Buffer, start: number, end: number): void {
    this.#utf8 ??= new Utf8Validator();
    if (this.#utf8.push(bytes, start, end) >= 0) this.#failUtf8();
  }

  #failUtf8(): never {
    throw new Violation('message-utf8', 'bytes that are not UTF-8', this.#offset);
  }

  #finishMessage(): void {
    const store = this.#store;
    const isText = this.#message === Opcode.text;
    if (this.#compressed) {
      const bytes = this.inflater!.inflate(store.bytesFrom(0), this.#limits.maxMessageSize, this.#offset);
      this.#reset();
      if (isText) this.#deliverText(bytes, 0, bytes.length);
      else this.#handler.binary(ownedBuffer(bytes));
      return;
    }
    if (isText && this.#utf8?.complete === false) this.#failUtf8();
    if (isText) {
      const text = store.takeText(decodeValidText);
      this.#reset();
      this.#handler.text(text);
    } else {
      const message = store.takeBinary();
      this.#reset();
      this.#handler.binary(message);
    }
  }

  #deliverText(bytes: Buffer, start: number, end: number): void {
    const text = decodeText(bytes, start, end);
    if (text === undefined) this.#failUtf8();
    this.#handler.text(text);
  }

  /** Forgets the message under way, its bytes in particular. */
  discard(): void {
    this.#reset();
  }

  #reset(): void {
    this.#message = Opcode.continuation;
    this.#compressed = false;
    this.#announced = 0;
    this.#fragments = 0;
    this.#store.clear();
  }
}
