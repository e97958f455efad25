/** Calls into the program: its callbacks and listeners, and the promises that stand for a callback. */

import { nextTurn } from '../transport/next-turn.js';
import type { BusinessError } from './errors.js';
import type { AsyncCallback } from './types.js';

/** The error that a callback gets on success: the platform's type of callbacks has no `undefined`. */
export const noError = undefined as unknown as Parameters<AsyncCallback<unknown>>[0];

/**
 * Calls a function of the program. What it throws surfaces as an uncaught exception on a later tick: it can neither
 * break the state of the connection nor keep the other listeners from running.
 */
export function callUser<Args extends unknown[]>(callback: (...args: Args) => unknown, ...args: Args): void {
  try {
    callback(...args);
  } catch (error) {
    throwLater(error);
  }
}

/** Throws on a later tick, as an uncaught exception. */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** How an operation reports its outcome, once: to the callback it was given, or through a promise when it got none. */
export class Completion {
  /** For the caller of an operation without a callback. */
  readonly promise: Promise<boolean> | undefined;
  readonly #done: AsyncCallback<boolean>;

  constructor(callback: AsyncCallback<boolean> | undefined) {
    if (callback !== undefined) {
      this.#done = callback;
      return;
    }
    let done!: AsyncCallback<boolean>;
    this.promise = new Promise((resolve, reject) => {
      done = (error, value) => (error === noError ? resolve(value) : reject(error));
    });
    this.#done = done;
  }

  succeed(): void {
    callUser(this.#done, noError, true);
  }

  fail(error: BusinessError): void {
    callUser(this.#done, error, false);
  }

  /** Errors in arguments are found at the call, and reported like every other failure: later, in the next turn. */
  failLater(error: BusinessError): void {
    nextTurn(() => this.fail(error));
  }

  /** Has a rejection that nobody handles not end the process. */
  mayBeIgnored(): this {
    this.promise?.catch(() => {});
    return this;
  }
}
