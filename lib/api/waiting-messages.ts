/** The messages that wait for a connection, within bounds. */

import { Buffer } from 'node:buffer';
import { toBytes } from './bytes.js';
import { Completion } from './callbacks.js';
import { type BusinessError, businessError } from './errors.js';
import type { AsyncCallback } from './types.js';

interface Waiting {
  readonly data: string | Uint8Array;
  readonly size: number;
  readonly completion: Completion;
}

export class WaitingMessages {
  readonly #maxCount: number;
  readonly #maxSize: number;
  #messages: Waiting[] = [];
  #size = 0;

  constructor({ maxQueue, maxQueueSize }: { readonly maxQueue: number; readonly maxQueueSize: number }) {
    this.#maxCount = maxQueue;
    this.#maxSize = maxQueueSize;
  }

  get count(): number {
    return this.#messages.length;
  }

  /** Takes a copy. @returns `undefined` for what is no message */
  add(data: unknown, callback: unknown): Completion | undefined {
    const bytes = typeof data === 'string' ? undefined : toBytes(data);
    // Not by slice, which in a Buffer does not copy.
    const message = typeof data === 'string' ? data : bytes && new Uint8Array(bytes);
    if (message === undefined || (callback !== undefined && typeof callback !== 'function')) return undefined;
    const completion = new Completion(callback as AsyncCallback<boolean> | undefined).mayBeIgnored();
    const size = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
    if (this.count >= this.#maxCount || this.#size + size > this.#maxSize) {
      const [limit, name] =
        this.count >= this.#maxCount
          ? [`${this.#maxCount} messages`, 'maxQueue']
          : [`${this.#maxSize} bytes`, 'maxQueueSize'];
      completion.failLater(businessError(2302999, `No more than ${limit} may wait for a connection (${name}).`));
      return completion;
    }
    this.#messages.push({ data: message, size, completion });
    this.#size += size;
    return completion;
  }

  /** Sends all, in order, as long as `send` takes them: it calls back with the outcome of each. */
  send(send: (data: string | Uint8Array, done: AsyncCallback<boolean>) => boolean): void {
    const messages = this.#take();
    const left = messages.findIndex(({ data, completion }) => {
      const done = (error: BusinessError | undefined): void =>
        error === undefined ? completion.succeed() : completion.fail(error);
      return !send(data, done as AsyncCallback<boolean>);
    });
    if (left < 0) return;
    // What came meanwhile stands behind it.
    this.#messages.unshift(...messages.slice(left));
    for (const { size } of messages.slice(left)) this.#size += size;
  }

  fail(why: string): void {
    for (const { completion } of this.#take()) completion.failLater(businessError(2302999, why));
  }

  #take(): Waiting[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#size = 0;
    return messages;
  }
}
