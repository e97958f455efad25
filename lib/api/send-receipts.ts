/** Who waits for the sends of one flush: they are done together, so they share one promise and allocate nothing each. */

import type { Receipts } from '../transport/outbox.js';
import { callUser, noError, throwLater } from './callbacks.js';
import { type BusinessError, businessError } from './errors.js';
import type { AsyncCallback } from './types.js';

/** Receipts that have settled, for the next flushes of any connection: their arrays have grown already. */
const spare: SendReceipts[] = [];
const maxSpare = 16;
/** An array of callbacks that became longer than this is dropped. */
const maxSpareCallbacks = 1024;

export class SendReceipts implements Receipts {
  #callbacks: (AsyncCallback<boolean> | undefined)[] = [];
  #count = 0;
  #promise: Promise<boolean> | undefined;
  #resolve: ((sent: true) => void) | undefined;
  #reject: ((error: BusinessError) => void) | undefined;
  #joined: Receipts[] | undefined;

  /** Empty ones. They are used again once they have settled: keep no reference to them then. */
  static take(): SendReceipts {
    return spare.pop() ?? new SendReceipts();
  }

  /** Settles with the receipts. A rejection that nobody handles does not end the process. */
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

  add(callback: AsyncCallback<boolean>): void {
    this.#callbacks[this.#count++] = callback;
  }

  join(others: Receipts): void {
    (this.#joined ??= []).push(others);
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
    if (this.#joined !== undefined) for (const others of this.#joined) others.settle();
    this.#recycle();
  }

  fail(): void {
    if (this.#reject === undefined && this.#count === 0 && this.#joined === undefined) return;
    const error = businessError(2302999, 'The connection ended before the data was handed to the operating system.');
    this.#reject?.(error);
    for (const callback of this.#callbacks.slice(0, this.#count)) callUser(callback!, error, false);
    for (const others of this.#joined ?? []) others.fail();
  }

  #recycle(): void {
    if (spare.length === maxSpare || this.#callbacks.length > maxSpareCallbacks) return;
    this.#count = 0;
    this.#promise = this.#resolve = this.#reject = this.#joined = undefined;
    spare.push(this);
  }
}
