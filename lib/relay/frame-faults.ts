/** The bytes of one direction, frame by frame, with what is done to frames on purpose: left out, changed, counted. */
import { Buffer } from 'node:buffer';
import { decodeHeader, frameHeader, maxHeaderSize } from '../protocol/framing/header.js';
import { Opcode } from '../protocol/framing/opcode.js';
import type { SeededRandom } from './seeded-random.js';

export interface FrameFaultRules {
  readonly dropPongs: boolean;
  readonly corrupt: boolean;
  /** Frames after which nothing passes. */
  readonly most: number;
}

/** What was done to a frame. */
export type FrameFault = 'a pong was left out' | 'a byte was changed';

export class FrameFaults {
  readonly #rules: FrameFaultRules;
  readonly #random: SeededRandom;
  readonly #did: (fault: FrameFault) => void;
  readonly #header = frameHeader();
  readonly #carry: Buffer = Buffer.alloc(maxHeaderSize);
  #carried = 0;
  #remaining = 0;
  #drops = false;
  /** The byte of the payload that is changed, counted from its end. */
  #changes = -1;
  #most: number;
  /** Frames that ended. */
  #frames = 0;

  constructor(rules: FrameFaultRules, random: SeededRandom, did: (fault: FrameFault) => void) {
    this.#rules = rules;
    this.#random = random;
    this.#did = did;
    this.#most = rules.most;
  }

  /** Whether what has passed ends with a whole frame. */
  get isBetweenFrames(): boolean {
    return this.#remaining === 0 || this.#drops;
  }

  /** Whether nothing passes any more. */
  get isSpent(): boolean {
    return this.#frames >= this.#most;
  }

  /** Nothing passes behind the frame in progress. */
  stopAtBoundary(): void {
    this.#most = Math.min(this.#most, this.#frames + (this.#remaining > 0 ? 1 : 0));
  }

  /** @returns what passes, in order; may be the memory that was given, changed */
  take(bytes: Buffer): Buffer[] {
    const passed: Buffer[] = [];
    let from = 0;
    let at = 0;
    const flush = (to: number): void => {
      if (to > from) passed.push(bytes.subarray(from, to));
    };
    while (at < bytes.length && !this.isSpent) {
      if (this.#remaining > 0) {
        const size = Math.min(this.#remaining, bytes.length - at);
        this.#change(bytes, at, size);
        this.#remaining -= size;
        at += size;
        if (this.#drops) from = at;
        if (this.#remaining === 0) this.#frames += this.#drops ? 0 : 1;
        continue;
      }
      const start = at;
      const carriedBefore = this.#carried;
      const size = this.#readHeader(bytes, at);
      at = size < 0 ? bytes.length : at + size;
      if (size < 0) {
        // The start of a header is held back until it is known what becomes of its frame.
        flush(start);
        from = at;
        break;
      }
      flush(start);
      from = start;
      if (this.#drops) from = at;
      else if (carriedBefore > 0) passed.push(Buffer.from(this.#carry.subarray(0, carriedBefore)));
      if (this.#remaining === 0) this.#frames += this.#drops ? 0 : 1;
    }
    flush(at);
    return passed;
  }

  /** What is held back of a header, when no more comes. */
  rest(): Buffer {
    const rest = Buffer.from(this.#carry.subarray(0, this.#carried));
    this.#carried = 0;
    return rest;
  }

  /** @returns how many of the bytes belong to the header; -1: all, and there are more to come */
  #readHeader(bytes: Buffer, start: number): number {
    let at = start;
    let size = 0;
    if (this.#carried === 0) {
      size = decodeHeader(bytes, start, bytes.length, this.#header);
      at = start + size;
    }
    while (size === 0 && at < bytes.length) {
      this.#carry[this.#carried++] = bytes[at++]!;
      size = decodeHeader(this.#carry, 0, this.#carried, this.#header);
    }
    if (size === 0) return -1;
    this.#carried = 0;
    const { opcode, length } = this.#header;
    this.#remaining = length;
    this.#drops = this.#rules.dropPongs && opcode === Opcode.pong;
    if (this.#drops) this.#did('a pong was left out');
    this.#changes = this.#rules.corrupt && length > 0 && !this.#drops ? 1 + this.#random.below(length) : -1;
    return at - start;
  }

  #change(bytes: Buffer, at: number, size: number): void {
    const place = this.#remaining - this.#changes;
    if (this.#changes < 0 || place < 0 || place >= size) return;
    bytes[at + place]! ^= 1 + this.#random.below(255);
    this.#changes = -1;
    this.#did('a byte was changed');
  }
}
