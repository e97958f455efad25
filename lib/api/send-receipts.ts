/** The sends of one flush: they are done together, so they share one promise, and a send allocates nothing for it. */
import { type BusinessError, businessError, call, throwLater } from './errors.js';

export type SendCallback = (error: BusinessError, sent: boolean) => void;

const noError = undefined as unknown as BusinessError;

/** Batches that have settled, for the next flushes of any connection: their arrays have grown already. */
const spare: SendBatch[] = [];
const maxSpare = 16;
/** An array that became longer than this is not kept. */
const maxKept = 1024;

export class SendBatch {
  #callbacks: (SendCallback | undefined)[] = [];
  #count = 0;
  #promise: Promise<boolean> | undefined;
  #resolve: ((sent: true) => void) | undefined;
  #reject: ((error: BusinessError) => void) | undefined;
  #joined: SendBatch[] | undefined;

  /** An empty batch. It is used again once it has settled: keep no reference to it then. */
  static take(): SendBatch {
    return spare.pop() ?? new SendBatch();
  }

  /** Settles when the batch has been handed to the operating system. A rejection that nobody looks at is no error. */
  get promise(): Promise<boolean> {
    if (this.#promise === undefined) {
      this.#promise = new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      this.#promise.catch(() => {});
    }
    return this.#promise;
  }

  add(callback: SendCallback): void {
    this.#callbacks[this.#count++] = callback;
  }

  /** Settles another batch together with this one. */
  join(batch: SendBatch): void {
    (this.#joined ??= []).push(batch);
  }

  settle(): void {
    this.#resolve?.(true);
    const callbacks = this.#callbacks;
    for (let i = 0; i < this.#count; i++) {
      const callback = callbacks[i]!;
      callbacks[i] = undefined;
      try {
        callback(noError, true);
      } catch (error) {
        throwLater(error);
      }
    }
    if (this.#joined !== undefined) for (const batch of this.#joined) batch.settle();
    this.#recycle();
  }

  fail(): void {
    if (this.#reject === undefined && this.#count === 0 && this.#joined === undefined) return;
    const error = businessError(2302999, 'The connection ended before the data was handed to the operating system.');
    this.#reject?.(error);
    for (const callback of this.#callbacks.slice(0, this.#count)) call(callback!, error, false);
    for (const batch of this.#joined ?? []) batch.fail();
  }

  #recycle(): void {
    if (spare.length === maxSpare || this.#callbacks.length > maxKept) return;
    this.#count = 0;
    this.#promise = this.#resolve = this.#reject = this.#joined = undefined;
    spare.push(this);
  }
}
