/** The sends of one flush: they are done together, so they share one promise, and a send allocates nothing for it. */
import { businessError, type BusinessError } from '../errors.js';
import { call } from './callback.js';

export type SendCallback = (error: BusinessError, sent: boolean) => void;

export class SendBatch {
  #callbacks: SendCallback[] = [];
  #promise: Promise<boolean> | undefined;
  #resolve: ((sent: true) => void) | undefined;
  #reject: ((error: BusinessError) => void) | undefined;
  #joined: SendBatch[] | undefined;

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
    this.#callbacks.push(callback);
  }

  /** Settles another batch together with this one. */
  join(batch: SendBatch): void {
    (this.#joined ??= []).push(batch);
  }

  settle(): void {
    this.#resolve?.(true);
    for (const callback of this.#callbacks) call(callback, undefined as unknown as BusinessError, true);
    for (const batch of this.#joined ?? []) batch.settle();
  }

  fail(): void {
    if (this.#reject === undefined && this.#callbacks.length === 0 && this.#joined === undefined) return;
    const error = businessError(2302999, 'The connection ended before the data was handed to the operating system.');
    this.#reject?.(error);
    for (const callback of this.#callbacks) call(callback, error, false);
    for (const batch of this.#joined ?? []) batch.fail();
  }
}
