/** Payloads of a message in pieces -> its frames: small payloads that come in one turn of the event loop share one. */
import { Buffer } from 'node:buffer';
import { nextTurn } from '../transport/next-turn.js';

/** Sends a fragment; throws when the connection takes none any more. */
export type SendFragment = (payload: Uint8Array, fin: boolean) => void;

/** A frame that several payloads share has at most so many bytes. Servers bound the fragments of a message. */
const largestShared = 16_384;
/** A payload from this size on has a frame of its own: to copy it would save nothing. */
const smallestAlone = 8_192;

export class PieceFrames {
  readonly #send: SendFragment;
  /** What has not left yet. */
  #shared: Buffer | undefined;
  #size = 0;
  #isDue = false;
  #hasBegun = false;

  constructor(send: SendFragment) {
    this.#send = send;
  }

  /** Takes a payload, which is the caller's again after that. @returns whether a frame has left */
  add(payload: Uint8Array): boolean {
    // The first one leaves at once: whether the message has begun must not depend on what comes when.
    const isAlone = payload.length >= smallestAlone || !this.#hasBegun;
    this.#hasBegun = true;
    const leaves = isAlone || this.#size + payload.length > largestShared;
    if (leaves) this.#flush();
    if (isAlone) this.#send(payload, false);
    else this.#keep(payload);
    return leaves;
  }

  /** Sends the last frame, with `rest` as its end. */
  finish(rest: Uint8Array): void {
    if (rest.length > 0) this.add(rest);
    this.#send(this.#take(), true);
  }

  /** What has not left yet never does: the message has failed. */
  drop(): void {
    this.#size = 0;
  }

  #keep(payload: Uint8Array): void {
    this.#shared ??= Buffer.allocUnsafeSlow(largestShared);
    this.#shared.set(payload, this.#size);
    this.#size += payload.length;
    if (this.#isDue || this.#size === 0) return;
    this.#isDue = true;
    // The source has nothing more for now, and whoever reads the message waits for this.
    nextTurn(() => {
      this.#isDue = false;
      try {
        this.#flush();
      } catch {
        // The connection takes nothing any more: the next piece, or its end, fails the message.
      }
    });
  }

  #flush(): void {
    if (this.#size > 0) this.#send(this.#take(), false);
  }

  #take(): Uint8Array {
    const taken = (this.#shared ?? Buffer.alloc(0)).subarray(0, this.#size);
    this.#size = 0;
    return taken;
  }
}
