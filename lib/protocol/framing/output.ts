/** The buffer into which frames are encoded back to back, and the pool that it comes from. */
import { Buffer } from 'node:buffer';

/** Waiting output is handed over when this much is there: larger writes gained nothing, smaller ones cost. */
export const flushSize = 65536;

/** A piece of memory from the pool, as bytes and as the words that masking works on. */
export interface Slab {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  /** For stores of 32 bits that are not aligned. */
  readonly view: DataView;
}

/** Output that is ready to be written. */
export interface OutputChunk {
  readonly bytes: Buffer;
  /** Where `bytes` lies, for `Output.release`; none when the bytes own their memory. */
  readonly slab: Slab | undefined;
}

/** Room for a frame of 64 KiB with its header, so that it is not split. */
const largeSlab = flushSize + 64;
/** What a connection takes first: with thousands of them sending in one turn, 64 KiB each would be too much. */
const smallSlab = 4096;
const maxSpare = 16;

const spareSlabs = new Map<number, Slab[]>([
  [smallSlab, []],
  [largeSlab, []],
]);

function takeSlab(size: number): Slab {
  const spare = spareSlabs.get(size)!.pop();
  if (spare !== undefined) return spare;
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, words: new Int32Array(bytes.buffer), view: new DataView(bytes.buffer) };
}

/**
 * Output under construction. Idle, it holds no memory: slabs come from a pool that all connections share, and go back
 * to it when the bytes in them have been written.
 */
export class Output {
  /** Full slabs, waiting to be taken. */
  #full: OutputChunk[] | undefined;
  #fullSize = 0;
  #slab: Slab | undefined;
  #used = 0;
  /** The memory that `reserve` handed out last. */
  bytes!: Buffer;
  words!: Int32Array;
  view!: DataView;

  /** How many bytes wait to be taken. */
  get size(): number {
    return this.#fullSize + this.#used;
  }

  /**
   * Makes room for `size` bytes in one piece, at most `flushSize + 64`; they are in `bytes` (and `words`) from the
   * returned position on, and count as written.
   */
  reserve(size: number): number {
    const end = this.#used + size;
    if (this.#slab === undefined || end > this.#slab.bytes.length) return this.#grow(size);
    const at = this.#used;
    this.#used = end;
    return at;
  }

  /** Takes back the last `size` bytes of what was reserved: they turned out not to be needed. */
  unreserve(size: number): void {
    this.#used -= size;
  }

  /** Bytes that still fit into the slab in use. */
  get room(): number {
    return this.#slab === undefined ? 0 : this.#slab.bytes.length - this.#used;
  }

  #grow(size: number): number {
    const before = this.#slab;
    if (before === undefined) {
      this.#use(takeSlab(size <= smallSlab ? smallSlab : largeSlab));
    } else if (before.bytes.length === smallSlab && this.#used + size <= largeSlab) {
      this.#use(takeSlab(largeSlab));
      before.bytes.copy(this.bytes, 0, 0, this.#used);
      recycle(before);
    } else {
      this.#seal(before);
      this.#use(takeSlab(largeSlab));
    }
    const at = this.#used;
    this.#used += size;
    return at;
  }

  #use(slab: Slab): void {
    this.#slab = slab;
    this.bytes = slab.bytes;
    this.words = slab.words;
    this.view = slab.view;
  }

  #seal(slab: Slab): void {
    (this.#full ??= []).push({ bytes: slab.bytes.subarray(0, this.#used), slab });
    this.#fullSize += this.#used;
    this.#slab = undefined;
    this.#used = 0;
  }

  /** Appends bytes that nobody will change, without copying them: the request of the opening handshake. */
  append(bytes: Buffer): void {
    if (this.#slab !== undefined && this.#used > 0) this.#seal(this.#slab);
    (this.#full ??= []).push({ bytes, slab: undefined });
    this.#fullSize += bytes.length;
  }

  /** Takes the next piece of the output, or nothing when there is none. */
  take(): OutputChunk | undefined {
    if (this.#full === undefined) {
      if (this.#slab === undefined || this.#used === 0) return undefined;
      const chunk = { bytes: this.#slab.bytes.subarray(0, this.#used), slab: this.#slab };
      this.#slab = undefined;
      this.#used = 0;
      return chunk;
    }
    const chunk = this.#full.shift()!;
    if (this.#full.length === 0) this.#full = undefined; // an empty array still holds memory
    this.#fullSize -= chunk.bytes.length;
    return chunk;
  }

  /** Says that a chunk has been written: its memory may be used again. A chunk that is never released is garbage. */
  static release(chunk: OutputChunk): void {
    if (chunk.slab !== undefined) recycle(chunk.slab);
  }
}

function recycle(slab: Slab): void {
  const spare = spareSlabs.get(slab.bytes.length)!;
  if (spare.length < maxSpare) spare.push(slab);
}
