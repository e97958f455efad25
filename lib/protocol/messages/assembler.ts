/** Frames -> messages: the order of fragments (RFC 6455 §5.4), UTF-8 (§8.1), size and count (§10.4). */
import { Buffer, constants } from 'node:buffer';
import type { Budget } from '../framing/budget.js';
import type { FrameSink } from '../framing/deframer.js';
import type { FrameHeader } from '../framing/header.js';
import { isControlOpcode, Opcode, opcodeName } from '../framing/opcode.js';
import { streamStart } from '../framing/stream-start.js';
import { TextRun } from '../framing/text-run.js';
import { Violation } from '../rules.js';
import { decodeText, decodeValidText } from '../text/decoder.js';
import { Utf8Pieces } from '../text/utf8-pieces.js';
import { Utf8Validator } from '../text/validator.js';
import { copyOf, isAllocationFailure, MessageStore, ownedBuffer } from './message-store.js';

/** Bounds on a message. */
export interface MessageLimits {
  /** Bytes of a message, after decompression; as many as a string or an `ArrayBuffer` can have when that is less. */
  readonly maxMessageSize: number;
  /** Frames of a message, empty ones included, and one more for every 16 bytes that the message has. */
  readonly maxFragments: number;
}

/** Decompresses a whole message (RFC 7692 §7.2.2). */
export interface Inflater {
  /**
   * @param budget is charged with what it took
   * @throws {Violation} `deflate-data`, or `message-size` when more than `maxSize` bytes come out
   */
  inflate(bytes: Buffer, maxSize: number, offset: number, budget: Budget): Buffer;
  /**
   * Decompresses a message whose pieces arrive one after the other, as they are asked for. Messages behind it have to wait.
   *
   * @throws {Violation} `deflate-data`
   */
  inflatePieces?(source: AsyncIterable<Uint8Array>, offset: number): AsyncIterable<Buffer>;
}

/** Takes messages in pieces. None of it may throw. */
export interface PieceReceiver {
  /** Bytes of a message that is not compressed. */
  readonly maxMessageSize: number;
  /** @param inflater set for a compressed message: its pieces are the compressed bytes. `offset`: for violations */
  start(isText: boolean, inflater: Inflater | undefined, offset: number): void;
  /** Text of a text message that is not compressed; else bytes that are the receiver's. */
  piece(data: string | Uint8Array): void;
  end(): void;
}

/** What an assembler reports. */
export interface MessageHandler {
  /** Nothing more is to be processed. */
  readonly stopped: boolean;
  /** Set when somebody wants to see every frame. */
  readonly onFrame: ((header: Readonly<FrameHeader>, payload: Buffer, offset: number) => void) | undefined;
  /** A whole message: text, or bytes in a buffer that is the receiver's. */
  message(data: string | ArrayBuffer): void;
  /** A whole control frame; `payload` is good until this returns. */
  control(opcode: number, payload: Buffer, offset: number): void;
}

/** A message that has bytes is bounded by them: only frames that hardly have any are counted. */
const bytesForFragment = 16;
/**
 * What a compressed message may be longer than its limit, with a thousandth of that: data that does not get smaller
 * takes 5 bytes more for every 16 KiB, and 5 for each flush.
 */
const wireOverhead = 65_536;

const empty: Buffer = Buffer.alloc(0);

export class Assembler implements FrameSink {
  readonly #handler: MessageHandler;
  readonly #limits: MessageLimits;
  readonly #maxText: number;
  readonly #maxBinary: number;
  readonly #budget: Budget;
  readonly #textRun: TextRun;
  /** Set when permessage-deflate was negotiated: a message whose first frame has RSV1 is compressed. */
  inflater: Inflater | undefined;
  /** Who takes messages in pieces, from the next one on. Not while somebody sees every frame: those are shown whole. */
  pieces: PieceReceiver | undefined;
  /** Of the message in progress. */
  #receiver: PieceReceiver | undefined;
  #text: Utf8Pieces | undefined;

  /** Opcode of the message in progress; `continuation` (0) when there is none. */
  #message: number = Opcode.continuation;
  #compressed = false;
  /** Bytes of the message that its frames announced so far, the frame in progress included. */
  #announced = 0;
  #fragments = 0;
  /** The bytes of the message so far; for a control frame `#control` takes that part. */
  readonly #store = new MessageStore();
  #utf8: Utf8Validator | undefined;

  /** The frame in progress. */
  #header: FrameHeader | undefined;
  #offset = streamStart;
  #frameStart = 0;
  #control: Buffer = empty;
  #controlStored = 0;

  constructor(handler: MessageHandler, limits: MessageLimits, budget: Budget) {
    this.#handler = handler;
    this.#limits = limits;
    this.#maxText = Math.min(limits.maxMessageSize, constants.MAX_STRING_LENGTH);
    this.#maxBinary = Math.min(limits.maxMessageSize, constants.MAX_LENGTH);
    this.#budget = budget;
    this.#textRun = new TextRun(limits.maxMessageSize, budget);
  }

  get stopped(): boolean {
    return this.#handler.stopped;
  }

  get takesTextRun(): boolean {
    return this.#message === Opcode.continuation && this.pieces === undefined && this.#handler.onFrame === undefined;
  }

  frameStart(header: FrameHeader, offset: number): void {
    this.#header = header;
    this.#offset = offset;
    if (isControlOpcode(header.opcode)) {
      this.#control = header.length > 0 ? Buffer.allocUnsafeSlow(header.length) : empty;
      this.#controlStored = 0;
      return;
    }
    const starts = this.#message === Opcode.continuation && header.opcode !== Opcode.continuation;
    if (starts && this.#handler.onFrame === undefined) this.#receiver = this.pieces;
    this.#startFragment(header, offset);
    if (starts)
      this.#receiver?.start(this.#message === Opcode.text, this.#compressed ? this.inflater : undefined, offset);
    this.#frameStart = this.#store.size;
  }

  framePayload(bytes: Buffer, start: number, end: number): void {
    if (isControlOpcode(this.#header!.opcode)) {
      this.#controlStored += bytes.copy(this.#control, this.#controlStored, start, end);
      return;
    }
    if (this.#receiver !== undefined) return this.#piece(this.#receiver, bytes, start, end);
    const isText = this.#message === Opcode.text;
    if (isText && !this.#compressed) this.#validate(bytes, start, end);
    try {
      this.#store.add(bytes, start, end, this.#announced, this.#header!.fin, isText);
    } catch (error) {
      this.#failAllocation(error);
    }
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
      this.pieces === undefined &&
      this.#handler.onFrame === undefined // a frame is seen once its bytes so far are known to be good
    ) {
      // A message in one frame in one chunk: nothing is stored.
      this.#startFragment(header, offset);
      this.#offset = offset;
      this.#reset();
      this.#handler.message(opcode === Opcode.binary ? copyOf(bytes, start, end) : this.#decode(bytes, start, end));
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
        throw new Violation('message-continuation', 'a continuation frame with no message in progress', offset);
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
    this.#checkLimits(offset);
  }

  #checkLimits(offset: number): void {
    const announced = this.#announced;
    const limit = this.#maxSize;
    if (announced > (this.#compressed ? limit + Math.floor(limit / 1000) + wireOverhead : limit)) {
      this.#failSize(`${announced} bytes or more${this.#compressed ? ' before decompression' : ''}`, offset);
    }
    // What is not kept needs no bound on its number.
    if (this.#fragments <= this.#limits.maxFragments || this.#receiver !== undefined) return;
    const most = this.#limits.maxFragments + Math.floor(announced / bytesForFragment);
    if (this.#fragments > most) {
      throw new Violation('message-fragments', 'more', offset, `a message of its size has at most ${most} fragments`);
    }
  }

  /** What the message in progress may have, as text or as bytes. */
  get #maxSize(): number {
    if (this.#receiver !== undefined) return this.#compressed ? Infinity : this.#receiver.maxMessageSize;
    return this.#message === Opcode.text ? this.#maxText : this.#maxBinary;
  }

  #failSize(got: string, offset: number): never {
    const limit = this.#maxSize;
    const given = this.#receiver?.maxMessageSize ?? this.#limits.maxMessageSize;
    const why = limit === given ? 'maxMessageSize' : 'more cannot be held in one piece';
    throw new Violation('message-size', got, offset, `a message has at most ${limit} bytes (${why})`);
  }

  #validate(bytes: Buffer, start: number, end: number): void {
    this.#utf8 ??= new Utf8Validator();
    if (this.#utf8.push(bytes, start, end) >= 0) this.#failUtf8();
  }

  #failUtf8(): never {
    throw new Violation('message-utf8', 'bytes that are not UTF-8', this.#offset);
  }

  #piece(receiver: PieceReceiver, bytes: Buffer, start: number, end: number): void {
    if (this.#message !== Opcode.text || this.#compressed) {
      return receiver.piece(new Uint8Array(copyOf(bytes, start, end)));
    }
    this.#text ??= new Utf8Pieces();
    const text = this.#text.push(bytes, start, end) ?? this.#failUtf8();
    if (text !== '') receiver.piece(text);
  }

  #finishPieces(receiver: PieceReceiver): void {
    if (this.#text?.complete === false) this.#failUtf8();
    this.#reset();
    receiver.end();
  }

  #finishMessage(): void {
    if (this.#receiver !== undefined) return this.#finishPieces(this.#receiver);
    let message: string | ArrayBuffer;
    try {
      message = this.#wholeMessage();
    } catch (error) {
      this.#failAllocation(error);
    }
    this.#reset();
    this.#handler.message(message);
  }

  #wholeMessage(): string | ArrayBuffer {
    const store = this.#store;
    const isText = this.#message === Opcode.text;
    if (this.#compressed) {
      const bytes = this.inflater!.inflate(store.bytesFrom(0), this.#maxSize, this.#offset, this.#budget);
      return isText ? this.#decode(bytes, 0, bytes.length) : ownedBuffer(bytes);
    }
    if (isText && this.#utf8?.complete === false) this.#failUtf8();
    return isText ? store.takeText(decodeValidText) : store.takeBinary();
  }

  #decode(bytes: Buffer, start: number, end: number): string {
    return decodeText(bytes, start, end) ?? this.#failUtf8();
  }

  /** A message that memory does not hold is the peer's failure, as one above a limit is. */
  #failAllocation(error: unknown): never {
    if (error instanceof Violation || !isAllocationFailure(error)) throw error;
    this.#failSize(`one that cannot be held (${(error as Error).message})`, this.#offset);
  }

  /** Forgets the message in progress, its bytes in particular. */
  discard(): void {
    this.#reset();
  }

  #reset(): void {
    this.#message = Opcode.continuation;
    this.#compressed = false;
    this.#announced = 0;
    this.#fragments = 0;
    this.#receiver = this.#text = undefined;
    this.#store.clear();
  }
}
