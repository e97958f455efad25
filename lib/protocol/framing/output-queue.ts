/** Where a session's frames gather until somebody writes them: the sink of a server, a replay, a test; see `Outbox`. */
import type { Buffer } from 'node:buffer';
import { Framer } from './framer.js';
import type { MaskingKeys } from './mask.js';
import { Output, type OutputChunk } from './output.js';
import { streamStart } from './stream-start.js';

/** What a session writes into. It never asks for its output back. */
export interface OutputSink {
  /** Bytes written so far: the offset of the next frame in the stream. */
  readonly position: number;
  /** What encodes the next frame into the sink; `keys` mask it, none for a server's. Framers are shared: keep none. */
  framer(keys: MaskingKeys | undefined): Framer;
  /** The request of the opening handshake: written verbatim, in front of every frame. */
  head(bytes: Buffer): void;
  /** Ends the stream behind what has been written (TCP FIN). */
  end(): void;
  /** The peer has shown that it received the output up to `position`. */
  acknowledged(position: number): void;
}

export class OutputQueue implements OutputSink {
  #framer: Framer | undefined;
  /** The request, until it is taken. */
  #head: Buffer | undefined;
  /** Bytes that were taken. */
  #taken = streamStart;
  /** Whether the stream ends behind what waits. */
  ended = false;

  readonly #onFull: (() => void) | undefined;

  /** @param onFull called while a message is being encoded, when `flushSize` bytes wait: its start can leave already */
  constructor(onFull?: () => void) {
    this.#onFull = onFull;
  }

  /** See `onFull`; the framer calls it. */
  flush(): void {
    this.#onFull?.();
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return (this.#framer?.output.size ?? 0) + (this.#head?.length ?? 0);
  }

  get position(): number {
    return this.#taken + this.size;
  }

  framer(keys: MaskingKeys | undefined): Framer {
    return (this.#framer ??= Framer.borrow(keys, this));
  }

  head(bytes: Buffer): void {
    this.#head = bytes;
  }

  end(): void {
    this.ended = true;
  }

  acknowledged(_position: number): void {}

  /** Takes the next piece of output, or nothing when there is none. Give it back with `release`. */
  take(): OutputChunk | undefined {
    const head = this.#head;
    this.#head = undefined;
    const chunk = head === undefined ? this.#framer?.output.take() : { bytes: head, slab: undefined };
    if (chunk !== undefined) this.#taken += chunk.bytes.length;
    return chunk;
  }

  /** The chunk has been written. Its memory is used again; a chunk that is never given back is just garbage. */
  release(chunk: OutputChunk): void {
    Output.release(chunk);
  }

  /** Lets go of what encodes frames: a queue without output holds nothing to make it with. */
  rest(): void {
    if (this.#framer?.output.size !== 0) return;
    this.#framer.giveBack();
    this.#framer = undefined;
  }
}
