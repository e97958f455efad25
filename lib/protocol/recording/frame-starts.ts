/** The first bytes of the frame that is coming in, whatever the chunking: what a broken rule is shown with. */
import { Buffer } from 'node:buffer';

/** Enough for the longest header and the beginning of a payload. */
const maxKept = 32;

const nothing = Buffer.alloc(0);

export class FrameStarts {
  /** Bytes that came before the current chunk. */
  #before = 0;
  /** Where in the stream the frame in progress starts, or the next one will. */
  #start = 0;
  #chunk: Buffer = nothing;
  /** The beginning of the frame in progress, when it lies in earlier chunks. */
  #kept: Buffer = nothing;

  /** A chunk arrives; `take` has it processed. */
  during(chunk: Buffer, take: () => void): void {
    this.#chunk = chunk;
    take();
    this.#kept = Buffer.from(this.#first());
    this.#before += chunk.length;
    this.#chunk = nothing;
  }

  /** The head, or a whole frame, ended there in the stream. */
  ended(at: number): void {
    this.#start = at;
    this.#kept = nothing;
  }

  /** The bytes of the frame at an offset; `undefined` when another one is in progress. Good until the chunk is over. */
  at(offset: number): Uint8Array | undefined {
    return offset === this.#start ? this.#first() : undefined;
  }

  #first(): Buffer {
    const from = Math.max(0, this.#start - this.#before);
    const room = maxKept - this.#kept.length;
    const fresh = this.#chunk.subarray(from, from + room);
    return this.#kept.length === 0 ? fresh : Buffer.concat([this.#kept, fresh]);
  }
}
