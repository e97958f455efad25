/** Frames -> messages: the order of fragments (RFC 6455 §5.4), UTF-8 (§8.1), size and count (§10.4). */
import { Buffer } from 'node:buffer';
import type { FrameSink } from '../framing/deframer.js';
import type { FrameHeader } from '../framing/header.js';
import { isControlOpcode, Opcode, opcodeName } from '../framing/opcode.js';
import { TextRun } from '../framing/text-run.js';
import { Violation } from '../rules.js';
import { decodeText, decodeValidText } from '../text/decoder.js';
import { copyLoop } from '../text/engine.js';
import { Utf8Validator } from '../text/validator.js';

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

/** What is reserved for a message whatever has arrived of it, … */
const firstStore = 65536;
/**
 * … and how many times what has arrived is reserved on top: an announced length alone reserves no memory. 64 KiB of a
 * message of 1 MiB are enough for all of it.
 */
const growthFactor = 16;
/** Up to this size a message's buffer is kept until the next large one. */
const maxKept = 1 << 20;

/** Kept by all connections together. */
interface Kept {
  /** A large text's buffer, for the next one. */
  scratch: Buffer | undefined;
  /**
   * The last large binary message, which is its listener's, until the next one has its memory. Messages become garbage
   * together, and `malloc` gives what is free at the end of its heap back to the system: every page of the next ones
   * would have to be mapped and cleared again, which takes longer than all else that is done to receive them.
   */
  last: Buffer | undefined;
}

const kept: Kept = { scratch: undefined, last: undefined };
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
  #store: Buffer = empty;
  #stored = 0;
  #utf8: Utf8Validator | undefined;

  /** The frame under way. */
  #header: FrameHeader | undefined;
  #offset = 0;
  #frameStart = 0;
  #control: Buffer = empty;
  #controlStored = 0;

  constructor(handler: MessageHandler, limits: MessageLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#textRun = new TextRun(limits.maxMessageSize);
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
    this.#frameStart = this.#stored;
  }

  framePayload(bytes: Buffer, start: number, end: number): void {
    if (isControlOpcode(this.#header!.opcode)) {
      this.#controlStored += bytes.copy(this.#control, this.#controlStored, start, end);
      return;
    }
    if (this.#message === Opcode.text && !this.#compressed) this.#validate(bytes, start, end);
    this.#reserve(this.#stored + end - start);
    this.#stored += bytes.copy(this.#store, this.#stored, start, end);
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
    onFrame?.(header, this.#store.subarray(this.#frameStart, this.#stored), this.#offset);
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
      if (opcode === Opcode.binary) this.#handler.binary(copyToArrayBuffer(bytes, start, end));
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

  /** Makes room in the store for all that has arrived of the message. */
  #reserve(arrived: number): void {
    if (arrived <= this.#store.length) return;
    // A message whose end is in sight gets what is missing. Else what has arrived is doubled, or every fragment would
    // copy all those before it.
    const expected = this.#header!.fin ? this.#announced : Math.max(this.#announced, 2 * this.#stored);
    const bound = firstStore + arrived * growthFactor;
    // A store that does not hold the message has to be copied when it is full: it gets a small share of the message.
    const share = expected <= bound ? expected : Math.min(bound, Math.ceil(expected / growthFactor));
    const capacity = Math.max(arrived, share);
    const before = this.#store;
    if (kept.scratch !== undefined && kept.scratch.length >= capacity && this.#message === Opcode.text) {
      this.#store = kept.scratch;
      kept.scratch = undefined;
    } else {
      this.#store = Buffer.allocUnsafeSlow(capacity);
      kept.last = undefined;
    }
    before.copy(this.#store, 0, 0, this.#stored);
  }

  #finishMessage(): void {
    const { inflater } = this;
    const isText = this.#message === Opcode.text;
    const compressed = this.#compressed;
    let store = this.#store;
    let size = this.#stored;
    if (compressed) {
      store = inflater!.inflate(store.subarray(0, size), this.#limits.maxMessageSize, this.#offset);
      size = store.length;
    } else if (isText && this.#utf8?.complete === false) {
      this.#failUtf8();
    }
    this.#reset();
    if (!isText) {
      // An empty store is shared.
      const exact = size > 0 && store.byteOffset === 0 && store.buffer.byteLength === size;
      if (exact && size > firstStore && size <= maxKept) kept.last = store;
      this.#handler.binary(exact ? (store.buffer as ArrayBuffer) : copyToArrayBuffer(store, 0, size));
    } else if (compressed) {
      this.#deliverText(store, 0, size);
    } else {
      const text = decodeValidText(store, 0, size);
      if (store.length <= maxKept && store.length > (kept.scratch?.length ?? 0)) kept.scratch = store;
      this.#handler.text(text);
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
    this.#store = empty;
    this.#stored = 0;
  }
}

/** A copy in an `ArrayBuffer` of exactly its size, which whoever gets it owns. */
function copyToArrayBuffer(bytes: Buffer, start: number, end: number): ArrayBuffer {
  const size = end - start;
  const copy = new Uint8Array(size);
  if (size <= copyLoop) for (let i = 0; i < size; i++) copy[i] = bytes[start + i]!;
  else copy.set(bytes.subarray(start, end));
  return copy.buffer;
}
