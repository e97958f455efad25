/** Bytes -> frames, whatever the chunking. Every rule on a single frame (`header-rules.ts`) is enforced here. */
import { Buffer } from 'node:buffer';
import { type Budget, frameCost } from './budget.js';
import { decodeHeader, decodeHeaderStart, type FrameHeader, frameHeader, maxHeaderSize } from './header.js';
import { checkFirstByte, checkLength, checkSecondByte } from './header-rules.js';
import { mask } from './mask.js';
import { streamStart } from './stream-start.js';
import { wholeText } from './text-run.js';

/** What a deframer reports. The header object is reused for the next frame; so is the memory of the bytes. */
export interface FrameSink {
  /** Set when nothing more is to be processed: after a Close frame, or a failure. */
  readonly stopped: boolean;
  /** Whether a run of small text frames may be taken: no message is in progress and nobody observes frames. */
  readonly takesTextRun: boolean;
  /** A header is complete and keeps the rules on a single frame. */
  frameStart(header: FrameHeader, offset: number): void;
  /** The next bytes of the payload of the frame that started. Not called for an empty payload. */
  framePayload(bytes: Buffer, start: number, end: number): void;
  /** The payload is complete. */
  frameEnd(): void;
  /** `frameStart`, `framePayload` and `frameEnd` in one, for a frame that lies whole in the chunk. */
  frameWhole(header: FrameHeader, offset: number, bytes: Buffer, start: number, end: number): void;
  /**
   * `bytes[start…end)` begins with a whole text frame, or a part of one: the sink may take it and those that follow, on
   * its fast path (`text-run.ts`).
   *
   * @returns the position after the last frame that it took, `start` for none
   */
  textRun(bytes: Buffer, start: number, end: number): number;
}

export class Deframer {
  readonly #sink: FrameSink;
  /** Whether the peer is a client, whose frames are masked. */
  readonly #expectMasked: boolean;
  readonly #budget: Budget;
  readonly #header = frameHeader();
  /** The start of a header that the last chunk cut off. */
  #carry: Buffer | undefined;
  #carried = 0;
  /** Bytes of payload still to come for the frame in progress; 0 between frames. */
  #remaining = 0;
  /** Bytes that came before the current chunk. */
  #offset = streamStart;
  /** Reserved bits that an extension gave a meaning (RSV1: 4); the sink checks their use. */
  allowedRsv = 0;

  /**
   * @param offset how many bytes the peer had sent before the first frame: its response head
   * @param budget what frames may cost; see `receive`
   */
  constructor(sink: FrameSink, options: { expectMasked: boolean; offset: number; budget: Budget }) {
    this.#sink = sink;
    this.#expectMasked = options.expectMasked;
    this.#offset = options.offset;
    this.#budget = options.budget;
  }

  /**
   * Takes the next chunk, or as much of it as the budget allows. Its memory may be reused when this returns.
   *
   * @returns the position up to which it was taken: `end`, or less when the budget is spent. The rest is then given
   *   again when there is more, as if it had just arrived; what comes after it has to wait
   * @throws {Violation} of the first rule that the bytes prove broken
   */
  receive(bytes: Buffer, start: number, end: number): number {
    const sink = this.#sink;
    const budget = this.#budget;
    if (budget.left <= 0) return start;
    let at = start;
    if (this.#remaining > 0) at = this.#payload(bytes, at, end);
    else if (this.#carried > 0) at = this.#carriedHeader(bytes, at, end);
    budget.left -= at - start;
    const header = this.#header;
    const masked = this.#expectMasked;
    while (at < end && budget.left > 0 && !sink.stopped) {
      const offset = this.#offset + at - start;
      if (bytes[at] === wholeText && !masked && sink.takesTextRun) {
        const next = sink.textRun(bytes, at, end);
        if (next > at) {
          at = next;
          continue;
        }
      }
      const size = decodeHeader(bytes, at, end, header);
      if (size === 0) {
        this.#checkStart(bytes, at, end, offset);
        this.#carry ??= Buffer.allocUnsafeSlow(maxHeaderSize);
        this.#carried = bytes.copy(this.#carry, 0, at, end);
        at = end;
        break;
      }
      this.#check(header, offset);
      const payload = at + size;
      if (!header.masked && header.length <= end - payload) {
        at = payload + header.length;
        sink.frameWhole(header, offset, bytes, payload, at);
      } else {
        at = this.#startFrame(bytes, payload, end, offset);
      }
      budget.left -= frameCost + at - payload;
    }
    if (sink.stopped) at = end;
    this.#offset += at - start;
    return at;
  }

  #carriedHeader(bytes: Buffer, start: number, end: number): number {
    const carry = this.#carry!;
    const offset = this.#offset - this.#carried;
    let at = start;
    while (at < end) {
      carry[this.#carried++] = bytes[at++]!;
      if (decodeHeader(carry, 0, this.#carried, this.#header) > 0) {
        this.#carried = 0;
        this.#carry = undefined;
        this.#check(this.#header, offset);
        return this.#startFrame(bytes, at, end, offset);
      }
    }
    this.#checkStart(carry, 0, this.#carried, offset);
    return at;
  }

  #startFrame(bytes: Buffer, at: number, end: number, offset: number): number {
    this.#sink.frameStart(this.#header, offset);
    this.#remaining = this.#header.length;
    if (this.#remaining > 0) return this.#payload(bytes, at, end);
    this.#sink.frameEnd();
    return at;
  }

  #payload(bytes: Buffer, start: number, end: number): number {
    const { length, masked, maskingKey } = this.#header;
    const size = Math.min(this.#remaining, end - start);
    if (size === 0) return start;
    if (masked) {
      // A copy of its own starts at a word boundary and leaves the caller's bytes as they were.
      const piece = Buffer.allocUnsafeSlow(size);
      bytes.copy(piece, 0, start, start + size);
      mask(piece, new Int32Array(piece.buffer, 0, size >>> 2), 0, size, maskingKey, length - this.#remaining);
      this.#sink.framePayload(piece, 0, size);
    } else {
      this.#sink.framePayload(bytes, start, start + size);
    }
    this.#remaining -= size;
    if (this.#remaining === 0) this.#sink.frameEnd();
    return start + size;
  }

  /** The rules that the first bytes of a header can break: what is wrong already need not wait for the rest. */
  #checkStart(bytes: Buffer, at: number, end: number, offset: number): void {
    const header = this.#header;
    const both = decodeHeaderStart(bytes, at, end, header);
    checkFirstByte(header, this.allowedRsv, offset);
    if (both) checkSecondByte(header, this.#expectMasked, offset);
  }

  #check(header: FrameHeader, offset: number): void {
    checkFirstByte(header, this.allowedRsv, offset);
    checkSecondByte(header, this.#expectMasked, offset);
    checkLength(header, offset);
  }
}
