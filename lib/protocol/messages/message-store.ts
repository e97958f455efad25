/** Where the bytes of a message gather that does not lie whole in one read: how the memory grows, and what is kept. */
import { Buffer } from 'node:buffer';
import { copyLoop } from '../text/engine.js';

/** What is reserved for a message however little of it has arrived, … */
const firstStore = 65536;
/**
 * … and how many times what has arrived is reserved on top: an announced length alone reserves no memory. 64 KiB of a
 * message of 1 MiB are enough for all of it.
 */
const growthFactor = 16;
/** Memory up to this size is kept for the next message, or until it. */
const maxKeptStore = 1 << 20;

/** Kept by all connections together. */
interface KeptStores {
  /** A text's memory, for the next one: receiving texts of 100 kB takes half the time. */
  text: Buffer | undefined;
  /**
   * The last binary message, which its receiver owns, until the next one has its memory. Messages become garbage
   * together, and `malloc` then gives free memory at the end of its heap back to the system: every page of the next ones
   * would be mapped and cleared again. Receiving 100 kB takes a quarter of the time, 1 MB a tenth.
   */
  binary: Buffer | undefined;
  /**
   * The last few smaller ones, for the same reason: together they are 1 MiB at most. One alone is not enough, as it may lie
   * below the others. Messages of 64 KiB arrive in a fifth to a half of the time.
   */
  readonly recent: (ArrayBuffer | undefined)[];
  /** How many there were. */
  count: number;
}

/** Sizes of the smaller ones; the memory of still smaller messages hardly moves the end of the heap. */
const leastRecent = 16_384;
const maxRecent = 131_072;
const recentCount = 8;

const kept: KeptStores = { text: undefined, binary: undefined, recent: Array(recentCount).fill(undefined), count: 0 };
const empty: Buffer = Buffer.alloc(0);

export class MessageStore {
  #memory: Buffer = empty;
  #size = 0;

  /** Bytes of the message so far. */
  get size(): number {
    return this.#size;
  }

  /** The bytes from `start` on: a view that is good until the next call. */
  bytesFrom(start: number): Buffer {
    return this.#memory.subarray(start, this.#size);
  }

  /**
   * Adds `bytes[start…end)`.
   *
   * @param announced how many bytes the frames so far have announced, the one in progress included
   * @param last whether that is the last frame of the message
   * @param isText whether memory that was kept of a text may be used
   */
  add(bytes: Buffer, start: number, end: number, announced: number, last: boolean, isText: boolean): void {
    const arrived = this.#size + end - start;
    if (arrived > this.#memory.length) this.#grow(arrived, announced, last, isText);
    this.#size += bytes.copy(this.#memory, this.#size, start, end);
  }

  #grow(arrived: number, announced: number, last: boolean, isText: boolean): void {
    // A message whose end is in sight gets what is missing. Else what has arrived is doubled, or every fragment would
    // copy all those before it.
    const expected = last ? announced : Math.max(announced, 2 * this.#size);
    const bound = firstStore + arrived * growthFactor;
    // A store that does not hold the message has to be copied when it is full: it gets a small share of the message.
    const share = expected <= bound ? expected : Math.min(bound, Math.ceil(expected / growthFactor));
    const capacity = Math.max(arrived, share);
    const before = this.#memory;
    if (kept.text !== undefined && kept.text.length >= capacity && isText) {
      this.#memory = kept.text;
      kept.text = undefined;
    } else {
      this.#memory = Buffer.allocUnsafeSlow(capacity);
      kept.binary = undefined;
    }
    before.copy(this.#memory, 0, 0, this.#size);
  }

  /** The message in an `ArrayBuffer` of exactly its size, which its receiver owns. Empties the store. */
  takeBinary(): ArrayBuffer {
    const memory = this.#memory;
    const message = ownedBuffer(memory.subarray(0, this.#size));
    this.clear();
    if (message === memory.buffer && memory.length > maxRecent && memory.length <= maxKeptStore) kept.binary = memory;
    else keepRecent(message);
    return message;
  }

  /** What `decode` makes of the message. Empties the store. */
  takeText(decode: (bytes: Buffer, start: number, end: number) => string): string {
    const memory = this.#memory;
    const text = decode(memory, 0, this.#size);
    this.clear();
    if (memory.length <= maxKeptStore && memory.length > (kept.text?.length ?? 0)) kept.text = memory;
    return text;
  }

  /** Forgets the message. */
  clear(): void {
    this.#memory = empty;
    this.#size = 0;
  }
}

/** The memory of bytes that nobody else uses, when they fill it; else a copy. */
export function ownedBuffer(bytes: Buffer): ArrayBuffer {
  const { buffer, length } = bytes;
  // Bytes of length 0 may share their memory.
  return length > 0 && buffer.byteLength === length ? (buffer as ArrayBuffer) : copyOf(bytes, 0, length);
}

/** A copy of `bytes[start…end)` in an `ArrayBuffer` of exactly its size, which its receiver owns. */
export function copyOf(bytes: Buffer, start: number, end: number): ArrayBuffer {
  const size = end - start;
  const copy = new Uint8Array(size);
  if (size <= copyLoop) {
    for (let i = 0; i < size; i++) copy[i] = bytes[start + i]!;
    return copy.buffer;
  }
  copy.set(bytes.subarray(start, end));
  keepRecent(copy.buffer);
  return copy.buffer;
}

function keepRecent(message: ArrayBuffer): void {
  const size = message.byteLength;
  if (size >= leastRecent && size <= maxRecent) kept.recent[kept.count++ % recentCount] = message;
}

/** Codes of Node's errors when memory, a buffer or a string cannot have the size that is asked for. */
const allocationFailures: readonly unknown[] = [
  'ERR_BUFFER_TOO_LARGE',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_OUT_OF_RANGE',
  'ERR_STRING_TOO_LONG',
  'Z_MEM_ERROR',
];

/** Whether an error says that there is no memory of the size that was asked for; V8's own are RangeErrors. */
export function isAllocationFailure(error: unknown): boolean {
  return error instanceof RangeError || allocationFailures.includes((error as NodeJS.ErrnoException | undefined)?.code);
}
