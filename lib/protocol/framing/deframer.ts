/** Bytes -> frames, whatever the chunking. Every rule on a single frame (RFC 6455 §5.1, §5.2, §5.5) is enforced here. */
import { Buffer } from 'node:buffer';
import { Violation } from '../rules.js';
import {
  decodeHeader,
  decodeHeaderStart,
  type FrameHeader,
  frameHeader,
  lengthBits,
  maxHeaderSize,
  shortPayloadLength,
  shortPayloadStart,
} from './header.js';
import { mask } from './mask.js';
import { isControlOpcode, isReservedOpcode, opcodeName } from './opcode.js';

/** What a deframer reports. The header object is reused for the next frame; so is the memory of the bytes. */
export interface FrameSink {
  /** Set when nothing more is to be processed: after a Close frame, or a failure. */
  readonly stopped: boolean;
  /** Whether a run of small text frames may be taken: no message is under way and no one wants to see frames. */
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
   * A run of whole text frames, each unfragmented and of at most `maxRunText` bytes, back to back in
   * `bytes[start…end)`, headers included; `high` is how many bytes of the headers are above 0x7F.
   *
   * @returns the position after the last frame that was taken: not all are, when the sink stops on the way
   */
  textRun(bytes: Buffer, start: number, end: number, offset: number, high: number): number;
}

/** The first byte of an unfragmented text frame without reserved bits. */
const wholeText = 0x81;

/** Texts up to this size are taken in runs. */
const maxRunText = 1024;
/** A run ends with the frame that reaches this size: a string out of it keeps the whole run's text alive. */
const maxRun = 4096;

export class Deframer {
  readonly #sink: FrameSink;
  /** Whether the peer is a client, whose frames are masked. */
  readonly #expectMasked: boolean;
  readonly #runText: number;
  readonly #header = frameHeader();
  /** The start of a header that the last chunk cut off. */
  #carry: Buffer | undefined;
  #carried = 0;
  /** Bytes of payload still to come for the frame under way; 0 between frames. */
  #remaining = 0;
  /** Bytes that came before the current chunk. */
  #offset: number;
  /** Reserved bits that an extension gave a meaning (RSV1: 4); the sink checks their use. */
  allowedRsv = 0;

  /**
   * @param offset how many bytes the peer had sent before the first frame: its response head
   * @param maxMessageSize texts above it do not take the short way, but the one where they are refused
   */
  constructor(sink: FrameSink, options: { expectMasked: boolean; offset: number; maxMessageSize: number }) {
    this.#sink = sink;
    this.#expectMasked = options.expectMasked;
    this.#offset = options.offset;
    this.#runText = options.expectMasked ? -1 : Math.min(maxRunText, options.maxMessageSize);
  }

  /**
   * Takes the next chunk. Its memory may be reused when this returns.
   *
   * @throws {Violation} of the first rule that the bytes prove broken
   */
  receive(bytes: Buffer, start: number, end: number): void {
    let at = start;
    const sink = this.#sink;
    if (this.#remaining > 0) at = this.#payload(bytes, at, end);
    else if (this.#carried > 0) at = this.#carriedHeader(bytes, at, end);
    const header = this.#header;
    while (at < end && !sink.stopped) {
      const offset = this.#offset + at - start;
      if (bytes[at] === wholeText && sink.takesTextRun) {
        const next = this.#textRun(bytes, at, end, offset);
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
        break;
      }
      this.#check(header, offset);
      at += size;
      if (!header.masked && header.length <= end - at) {
        sink.frameWhole(header, offset, bytes, at, at + header.length);
        at += header.length;
      } else {
        at = this.#startFrame(bytes, at, end, offset);
      }
    }
    this.#offset += end - start;
  }

  /** @returns the position after the frames that were taken as a run: `start` when there is none */
  #textRun(bytes: Buffer, start: number, end: number, offset: number): number {
    const last = Math.min(end - 1, start + maxRun);
    const runText = this.#runText;
    let at = start;
    let high = 0;
    while (at < last && bytes[at] === wholeText) {
      const second = bytes[at + 1]!;
      if (second > 126) break; // a long one, or masked
      const length = shortPayloadLength(bytes, at);
      const next = shortPayloadStart(bytes, at) + length;
      if (length > runText || next > end || (second === 126 && length < 126)) break;
      high += 1;
      if (second === 126) high += (bytes[at + 2]! >> 7) + (bytes[at + 3]! >> 7);
      at = next;
    }
    return at > start ? this.#sink.textRun(bytes, start, at, offset, high) : start;
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
    this.#checkFirst(header, offset);
    if (both) this.#checkSecond(header, offset);
  }

  #check(header: FrameHeader, offset: number): void {
    this.#checkFirst(header, offset);
    this.#checkSecond(header, offset);
    if (header.lengthBits === 7) return;
    // RFC 6455 §5.2: "the most significant bit MUST be 0"
    if (header.length >= 2 ** 63) throw new Violation('frame-length-63-bit', 'a length of 2^63 or more', offset);
    if (header.lengthBits > lengthBits(header.length)) {
      throw new Violation('frame-minimal-length', `${header.length} in ${header.lengthBits} bits`, offset);
    }
  }

  #checkFirst(header: FrameHeader, offset: number): void {
    const { rsv, opcode } = header;
    if ((rsv & ~this.allowedRsv) !== 0) {
      const bits = ['RSV1', 'RSV2', 'RSV3'].filter((_, bit) => (rsv & ~this.allowedRsv & (4 >> bit)) !== 0);
      throw new Violation('frame-rsv', `${bits.join(' and ')} set`, offset);
    }
    if (isReservedOpcode(opcode)) throw new Violation('frame-opcode', `opcode ${opcodeName(opcode)}`, offset);
    if (isControlOpcode(opcode) && !header.fin) {
      throw new Violation('control-fragmented', `a ${opcodeName(opcode)} frame without FIN`, offset);
    }
    if (rsv !== 0 && isControlOpcode(opcode)) {
      throw new Violation('deflate-rsv1-control', `a ${opcodeName(opcode)} frame with RSV1`, offset);
    }
  }

  #checkSecond(header: FrameHeader, offset: number): void {
    if (header.masked !== this.#expectMasked) {
      if (header.masked) throw new Violation('frame-masked', 'a masked frame', offset);
      throw new Violation('frame-unmasked', 'an unmasked frame', offset);
    }
    if (header.lengthBits > 7 && isControlOpcode(header.opcode)) {
      throw new Violation('control-length', `a ${opcodeName(header.opcode)} frame of more than 125 bytes`, offset);
    }
  }
}
