/** One direction of a relayed connection: what comes is read, treated by the rules, and handed on as fast as it is taken. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { encodeCloseBody } from '../protocol/closing/close-body.js';
import { frameBytes } from '../protocol/framing/frame-bytes.js';
import { frameHeader } from '../protocol/framing/header.js';
import { Opcode } from '../protocol/framing/opcode.js';
import { type FrameFault, FrameFaults } from './frame-faults.js';
import { PacedOutput } from './paced-output.js';
import type { WayRules } from './relay-rules.js';
import type { SeededRandom } from './seeded-random.js';

export interface WayOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly rules: WayRules;
  /** Whether frames are to be told apart, whatever the rules say. */
  readonly tracksFrames: boolean;
  /** For what is changed in frames. */
  readonly random: SeededRandom;
  /** For jitter: how often it is asked depends on how bytes arrive. */
  readonly times: SeededRandom;
}

export interface WayHandler {
  /** Bytes have come; called before they are passed on. */
  read(bytes: Buffer): void;
  /** A rule has it that the connection is cut now; `why` is for people. */
  cut(why: string): void;
  did(fault: FrameFault): void;
  /** The source has ended, and everything is handed on. */
  ended(): void;
}

/** Milliseconds that reading may take before the event loop is due. */
const turn = 5;
/** Bytes that are read before the clock is looked at. */
const firstSlice = 4096;

export class Way {
  readonly #from: Socket;
  readonly #handler: WayHandler;
  readonly #rules: WayRules;
  readonly #output: PacedOutput;
  readonly #faults: FrameFaults | undefined;
  readonly #random: SeededRandom;
  #chunks: Buffer[] = [];
  #isBusy = false;
  #sourceEnded = false;
  /** Nothing of what comes from now on is passed on. */
  #isStopped = false;
  /** Position in the stream of what was handed on, and where that has to stop. */
  #position = 0;
  #stopAt = Infinity;
  /** Where frames begin; rules for frames, and the counts of `cutAfter`, begin there as well. */
  #framesFrom = Infinity;
  /** A Close frame that waits for the end of the frame in progress. */
  #closing: (() => void) | undefined;

  constructor({ from, to, rules, tracksFrames, random, times }: WayOptions, handler: WayHandler) {
    this.#from = from;
    this.#handler = handler;
    this.#rules = rules;
    this.#random = random;
    this.#output = new PacedOutput(to, rules, times, () => this.#hasRoom());
    const { dropPongs = false, corrupt = false, cutAfter } = rules;
    if (dropPongs || corrupt || cutAfter?.frames !== undefined || tracksFrames) {
      const most = cutAfter?.frames ?? Infinity;
      this.#faults = new FrameFaults({ dropPongs, corrupt, most }, random, handler.did);
    }
  }

  /** Bytes of the source that have been read so far. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of ours, in front of those that come. */
  write(bytes: Buffer): void {
    this.#output.write(bytes);
  }

  /** The source has read this; the memory is ours. */
  receive(bytes: Buffer): void {
    if (this.#isStopped || bytes.length === 0) return;
    this.#chunks.push(bytes);
    if (!this.#isBusy) this.#work();
  }

  /** The source has ended its side. */
  sourceEnded(): void {
    this.#sourceEnded = true;
    if (!this.#isBusy) this.#work();
  }

  /** Frames begin at that position of the source's stream. */
  startFrames(position: number): void {
    this.#framesFrom = position;
  }

  /** Nothing is passed on from that position of the source's stream. */
  stopAt(position: number): void {
    this.#stopAt = Math.min(this.#stopAt, position);
  }

  /** Passes nothing on any more; `after` is called when what has been passed on is the system's. */
  finish(after: () => void): void {
    this.#stop();
    this.#finishOutput(after);
  }

  /** Sends a Close frame as soon as no frame is in progress, and passes nothing on behind it. */
  close(code: number, masked: boolean, after: () => void): void {
    const faults = this.#faults!;
    const send = (): void => {
      this.#closing = undefined;
      this.#stop();
      this.#output.write(closeFrame(code, masked ? this.#random : undefined));
      this.#output.finish(after);
    };
    faults.stopAtBoundary();
    if (faults.isBetweenFrames) send();
    else if (this.#sourceEnded || this.#stopAt !== Infinity)
      this.finish(after); // its end does not come any more
    else this.#closing = send;
  }

  /** Forgets everything that waits. */
  drop(): void {
    this.#stop();
    this.#output.drop();
  }

  #stop(): void {
    this.#isStopped = true;
    this.#chunks = [];
    // What still comes is read and dropped, or the peer might never come to read what it was sent.
    this.#from.resume();
  }

  #hasRoom(): void {
    if (!this.#isBusy && !this.#output.isFull && !this.#from.destroyed) this.#from.resume();
  }

  #work(): void {
    this.#isBusy = true;
    const until = performance.now() + turn;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const taken = this.#read(chunk, until);
      this.#pass(chunk.subarray(0, taken));
      if (this.#isStopped) break;
      if (taken === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(taken);
      if (this.#chunks.length > 0 && performance.now() > until) {
        this.#from.pause();
        setImmediate(() => this.#work());
        return;
      }
    }
    this.#isBusy = false;
    if (this.#isStopped) return;
    if (this.#sourceEnded) this.#finishOutput(() => this.#handler.ended());
    else if (this.#output.isFull) this.#from.pause();
    else this.#from.resume();
  }

  /** @returns how much was read before the time was up */
  #read(chunk: Buffer, until: number): number {
    let at = 0;
    let size = firstSlice;
    for (let now = performance.now(); at < chunk.length; ) {
      const to = Math.min(chunk.length, at + size);
      this.#handler.read(chunk.subarray(at, to));
      at = to;
      const then = performance.now();
      if (then >= until) return at;
      size = Math.max(firstSlice, Math.floor((size * (until - then)) / Math.max(0.01, then - now)));
      now = then;
    }
    return at;
  }

  #pass(bytes: Buffer): void {
    const start = this.#position;
    this.#position += bytes.length;
    if (this.#isStopped) return;
    const allowed = bytes.subarray(0, Math.max(0, this.#stopAt - start));
    const heads = allowed.subarray(0, Math.max(0, Math.min(allowed.length, this.#framesFrom - start)));
    this.#output.write(heads);
    if (heads.length < allowed.length) this.#passFrames(allowed.subarray(heads.length), start + heads.length);
  }

  #passFrames(bytes: Buffer, start: number): void {
    const { bytes: mostBytes = Infinity, frames: mostFrames = Infinity } = this.#rules.cutAfter ?? {};
    const passed = start - this.#framesFrom;
    const room = mostBytes - passed;
    const allowed = room < bytes.length ? bytes.subarray(0, Math.max(0, room)) : bytes;
    const faults = this.#faults;
    if (faults === undefined) this.#output.write(allowed);
    else for (const piece of faults.take(allowed)) this.#output.write(piece);
    if (this.#closing !== undefined && faults!.isSpent) return this.#closing();
    if (faults?.isSpent === true && mostFrames !== Infinity) this.#handler.cut(`after ${mostFrames} frames`);
    else if (passed + bytes.length >= mostBytes) this.#handler.cut(`after ${mostBytes} bytes`);
  }

  #finishOutput(after: () => void): void {
    if (this.#faults !== undefined) this.#output.write(this.#faults.rest());
    this.#output.finish(after);
  }
}

function closeFrame(code: number, random: SeededRandom | undefined): Buffer {
  const body = encodeCloseBody(code, '');
  const masked = random !== undefined;
  const maskingKey = masked ? random.below(2 ** 32) | 0 : 0;
  const header = { ...frameHeader(), fin: true, opcode: Opcode.close, masked, maskingKey, length: body.length };
  return frameBytes(header, body);
}
