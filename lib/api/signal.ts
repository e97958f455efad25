/** The option `signal`: an `AbortSignal`, of any realm or a look-alike, made safe to use while a connection starts and ends. */

import type { AbortSignalLike } from '../transport/abort-signal.js';
import { typeName } from './arguments.js';
import { parameterError } from './errors.js';

/**
 * Tries a listener, so that a signal that throws is found before anything is sent.
 *
 * @throws {BusinessError} 401 for what is not an `AbortSignal`
 */
export function readSignal(signal: unknown): AbortSignalLike | undefined {
  if (signal === undefined) return undefined;
  const { aborted, addEventListener, removeEventListener } = (signal ?? {}) as Partial<AbortSignalLike>;
  const methods = [addEventListener, removeEventListener];
  // Not by instanceof: signals of other realms and of polyfills are fine.
  if (typeof aborted !== 'boolean' || !methods.every((method) => typeof method === 'function')) {
    throw parameterError(`signal must be an AbortSignal, got ${typeName(signal)}.`);
  }
  const trial = (): void => {};
  (signal as AbortSignalLike).addEventListener('abort', trial);
  (signal as AbortSignalLike).removeEventListener('abort', trial);
  return new SafeSignal(signal as AbortSignalLike);
}

/** A signal that does not throw: a connection that is half begun, or half gone, could not recover from that. */
class SafeSignal implements AbortSignalLike {
  readonly #signal: AbortSignalLike;

  constructor(signal: AbortSignalLike) {
    this.#signal = signal;
  }

  get aborted(): boolean {
    return attempt(() => this.#signal.aborted) === true;
  }

  get reason(): unknown {
    return attempt(() => this.#signal.reason);
  }

  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void {
    attempt(() => this.#signal.addEventListener(type, listener, options));
  }

  removeEventListener(type: 'abort', listener: () => void): void {
    attempt(() => this.#signal.removeEventListener(type, listener));
  }
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
