/** The bytes of one direction, frame by frame, with what is done to frames on purpose: left out, changed, counted. */
import { Buffer } from 'node:buffer';
import { Opcode } from '../protocol/framing/opcode.js';
import type { SeededRandom } from './seeded-random.js';
import { SplitHeader } from './split-header.js';

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
  readonly #split = new SplitHeader();
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
      const { waiting } = this.#split;
      at = this.#readHeader(bytes, at);
      if (!this.#split.isWhole) {
        // The start of a header is held back until it is known what becomes of its frame.
        flush(start);
        from = at;
        break;
      }
      if (this.#drops) {
        flush(start);
        from = at;
      } else if (waiting > 0) passed.push(Buffer.from(this.#split.carried.subarray(0, waiting)));
      if (this.#remaining === 0) this.#frames += this.#drops ? 0 : 1;
    }
    flush(at);
    return passed;
  }

  /** What is held back of a header, when no more comes. */
  rest(): Buffer {
    return Buffer.from(this.#split.carried.subarray(0, this.#split.waiting));
  }

  /** @returns the position behind what belongs to the header */
  #readHeader(bytes: Buffer, start: number): number {
    const at = this.#split.take(bytes, start, bytes.length);
    if (!this.#split.isWhole) return at;
    const { opcode, length } = this.#split.header;
    this.#remaining = length;
    this.#drops = this.#rules.dropPongs && opcode === Opcode.pong;
    if (this.#drops) this.#did('a pong was left out');
    this.#changes = this.#rules.corrupt && length > 0 && !this.#drops ? 1 + this.#random.below(length) : -1;
    return at;
  }

  #change(bytes: Buffer, at: number, size: number): void {
    const place = this.#remaining - this.#changes;
    if (this.#changes < 0 || place < 0 || place >= size) return;
    bytes[at + place]! ^= 1 + this.#random.below(255);
    this.#changes = -1;
    this.#did('a byte was changed');
  }
}
