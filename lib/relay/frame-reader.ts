/**
 * The bytes of one direction -> frames, messages and broken rules, whatever the chunking. It looks on: what breaks a rule is
 * reported, and read as well as it can be.
 */
import { Buffer } from 'node:buffer';
import { decodeCloseBody } from '../protocol/closing/close-body.js';
import { type FrameHeader, frameHeader } from '../protocol/framing/header.js';
import { mask } from '../protocol/framing/mask.js';
import { isControlOpcode, isReservedOpcode, Opcode } from '../protocol/framing/opcode.js';
import { type ObservedRule, observedRules } from '../protocol/observed-rules.js';
import { type Rule, Violation } from '../protocol/rules.js';
import { findHeaderFaults, type HeaderExpectations } from './header-faults.js';
import { MessageReader, type MessageReaderOptions } from './message-reader.js';
import { SplitHeader } from './split-header.js';

/** A rule that a peer broke, as a relay reports it. */
export interface BrokenRule {
  readonly rule: Pick<Rule, 'id' | 'section' | 'closeCode'> | (ObservedRule & { readonly closeCode?: undefined });
  readonly expected: string;
  readonly got: string;
  readonly offset: number;
  /** The first bytes of the frame, when its header breaks the rule. */
  readonly bytes?: Uint8Array | undefined;
}

/** What a frame reader reports. Headers and bytes are good until the call returns. */
export interface FrameReport {
  /** A whole frame; of a large one, `payload` is the start. */
  frame(header: Readonly<FrameHeader>, payload: Buffer, offset: number): void;
  /** A whole message, after decompression. `offset`: of its first frame. */
  message(data: string | ArrayBuffer, offset: number): void;
  /** A Close frame that keeps the rules. */
  close(code: number, reason: string): void;
  broke(broken: BrokenRule): void;
  note(text: string): void;
}

export interface FrameReaderOptions extends HeaderExpectations, MessageReaderOptions {
  /** How many bytes came before the first frame: the head. */
  readonly offset: number;
  /** Whether extensions that nobody here knows were agreed on: payloads say nothing then. */
  readonly opaque: boolean;
}

/** Bytes of a payload that a frame is reported with. */
const shownPayload = 65_536;
/** Of a frame that breaks a rule. */
const shownFault = 32;

const empty: Buffer = Buffer.alloc(0);

export class FrameReader {
  readonly #report: FrameReport;
  readonly #options: FrameReaderOptions;
  readonly #messages: MessageReader;
  readonly #split = new SplitHeader();
  /** The header without its faults. */
  readonly #repaired = frameHeader();
  /** Payload still to come; 0 between frames. */
  #remaining = 0;
  /** Bytes taken so far, in the direction's stream. */
  #position: number;
  /** Where the frame in progress starts. */
  #start = 0;
  #pieces: Buffer[] = [];
  #shown = 0;
  /** Whether there was a Close frame, and whether it was reported that frames follow. */
  #closed: 'no' | 'yes' | 'reported' = 'no';
  /** Whether the frame in progress is read as a part of a message. */
  #isData = false;

  constructor(report: FrameReport, options: FrameReaderOptions) {
    this.#report = report;
    this.#options = options;
    this.#position = options.offset;
    const broke = (violation: Violation): void => report.broke(violation);
    this.#messages = new MessageReader(
      { message: (data, offset) => report.message(data, offset), broke, note: (text) => report.note(text) },
      options,
    );
  }

  /** Takes the next bytes. Their memory may be reused when this returns. */
  receive(bytes: Buffer, start = 0, end = bytes.length): void {
    let at = start;
    while (at < end) at = this.#remaining > 0 ? this.#payload(bytes, at, end) : this.#head(bytes, at, end);
  }

  /** Nothing more comes. */
  end(): void {
    this.#messages.discard();
    this.#pieces = [];
  }

  #head(bytes: Buffer, start: number, end: number): number {
    const split = this.#split;
    const startsHere = split.waiting === 0;
    if (startsHere) this.#start = this.#position;
    const at = split.take(bytes, start, end);
    this.#position += at - start;
    if (split.isWhole)
      this.#startFrame(startsHere ? bytes.subarray(start, Math.min(end, start + shownFault)) : split.carried);
    return at;
  }

  #startFrame(first: Uint8Array): void {
    const { header } = this.#split;
    const offset = this.#start;
    if (this.#closed === 'yes') {
      this.#closed = 'reported';
      const rule = observedRules['frame-after-close'];
      this.#report.broke({ rule, expected: rule.demand, got: 'another frame', offset });
    }
    const broke = ({ rule, expected, got }: Violation): void =>
      this.#report.broke({ rule, expected, got, offset, bytes: first });
    findHeaderFaults(header, this.#repaired, offset, this.#options, broke);
    const { opcode, length } = header;
    this.#isData = !this.#options.opaque && !isReservedOpcode(opcode) && !isControlOpcode(opcode);
    if (this.#isData) this.#messages.frameStart(this.#repaired, offset);
    this.#remaining = length;
    if (length === 0) this.#endFrame();
  }

  #payload(bytes: Buffer, start: number, end: number): number {
    const { length, masked, maskingKey } = this.#split.header;
    const size = Math.min(this.#remaining, end - start);
    if (!masked) {
      this.#take(bytes.subarray(start, start + size), size < length);
    } else {
      // A copy of its own starts at a word boundary, and the bytes that are passed on stay as they are.
      const piece = Buffer.allocUnsafeSlow(size);
      bytes.copy(piece, 0, start, start + size);
      mask(piece, new Int32Array(piece.buffer, 0, size >>> 2), 0, size, maskingKey, length - this.#remaining);
      this.#take(piece, false);
    }
    this.#remaining -= size;
    this.#position += size;
    if (this.#remaining === 0) this.#endFrame();
    return start + size;
  }

  /** @param copies whether the piece is kept beyond this call, and its memory is the caller's */
  #take(piece: Buffer, copies: boolean): void {
    if (this.#isData) this.#messages.framePayload(piece, 0, piece.length);
    const room = shownPayload - this.#shown;
    if (room <= 0) return;
    const shown = piece.subarray(0, room);
    this.#pieces.push(copies ? Buffer.from(shown) : shown);
    this.#shown += shown.length;
  }

  #endFrame(): void {
    const pieces = this.#pieces;
    const payload = pieces.length === 0 ? empty : pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#shown);
    this.#pieces = [];
    this.#shown = 0;
    const { header } = this.#split;
    this.#report.frame(header, payload, this.#start);
    if (this.#isData) this.#messages.frameEnd(this.#repaired.fin);
    else if (header.opcode === Opcode.close) this.#close(payload);
  }

  #close(payload: Buffer): void {
    if (this.#closed === 'no') this.#closed = 'yes';
    try {
      const { code, reason } = decodeCloseBody(payload, this.#start);
      this.#report.close(code, reason);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#report.broke(error);
    }
  }
}
