/** The listeners of one WebSocket: registration, removal, delivery in order. */

import { typeName } from './arguments.js';
import { callUser, noError, throwLater } from './callbacks.js';
import { parameterError } from './errors.js';
import type { AsyncCallback, Callback, WebSocketListeners } from './types.js';

type EventName = keyof WebSocketListeners;
type Registered = { [E in EventName]: readonly WebSocketListeners[E][] };

/** Up to this many, an array is exactly as long as needed: thousands of idle connections have few listeners each. */
const maxExact = 16;

/** What every WebSocket starts with. The keys are the events that exist. */
const none: Registered = { open: [], openInfo: [], message: [], close: [], error: [], dataEnd: [], headerReceive: [] };

export class Listeners {
  /**
   * A change during delivery takes effect from the next event: arrays grow at their end only, behind what a delivery that
   * has begun looks at, and are replaced for every other change.
   */
  readonly #registered: Registered = { ...none };

  /** @throws {BusinessError} 401 */
  add<E extends EventName>(type: E, listener: WebSocketListeners[E]): void {
    checkEvent(type);
    checkListener(type, listener);
    const registered: readonly WebSocketListeners[E][] = this.#registered[type];
    if (registered.length < maxExact) this.#set(type, registered.concat([listener]));
    else (registered as WebSocketListeners[E][]).push(listener);
  }

  /** Removes one registration of the listener, or all of the event. @throws {BusinessError} 401 */
  remove<E extends EventName>(type: E, listener?: WebSocketListeners[E]): void {
    checkEvent(type);
    if (listener === undefined) return this.#set(type, []);
    checkListener(type, listener);
    const registered: readonly WebSocketListeners[E][] = this.#registered[type];
    const index = registered.indexOf(listener);
    if (index >= 0) this.#set(type, registered.toSpliced(index, 1));
  }

  has(type: EventName): boolean {
    return this.#registered[type].length > 0;
  }

  /** Delivers an event whose listeners get one value. */
  emit<E extends 'error' | 'headerReceive'>(type: E, data: Parameters<WebSocketListeners[E]>[0]): void {
    const listeners = this.#registered[type];
    for (let i = 0, { length } = listeners; i < length; i++) callUser(listeners[i] as Callback<typeof data>, data);
  }

  /** Delivers an event whose listeners get an error, here none, and a value. */
  emitResult<E extends 'open' | 'openInfo' | 'close'>(type: E, data: Parameters<WebSocketListeners[E]>[1]): void {
    const listeners = this.#registered[type];
    for (let i = 0, { length } = listeners; i < length; i++) {
      callUser(listeners[i] as AsyncCallback<typeof data>, noError, data);
    }
  }

  /** Delivers `message` and then `dataEnd`: the hot path, without a call or an array around each. */
  emitMessage(message: string | ArrayBuffer): void {
    const listeners = this.#registered.message;
    for (let i = 0, { length } = listeners; i < length; i++) {
      try {
        listeners[i]!(noError, message);
      } catch (error) {
        throwLater(error);
      }
    }
    // Read only now: dataEnd is the next event, so what a listener of message changed has its effect.
    const { dataEnd } = this.#registered;
    for (let i = 0, { length } = dataEnd; i < length; i++) callUser(dataEnd[i] as () => void); // without any argument
  }

  #set<E extends EventName>(type: E, listeners: readonly WebSocketListeners[E][]): void {
    (this.#registered as Record<EventName, unknown>)[type] = listeners;
  }
}

/** @param more events that there are beside the documented ones. @throws {BusinessError} 401 */
export function checkEvent(type: unknown, more: readonly string[] = []): void {
  if (typeof type === 'string' && Object.hasOwn(none, type)) return;
  const got = typeof type === 'string' ? JSON.stringify(type.slice(0, 40)) : typeName(type);
  throw parameterError(`The event must be one of ${[...Object.keys(none), ...more].join(', ')}; got ${got}.`);
}

/** @throws {BusinessError} 401 */
export function checkListener(type: string, listener: unknown): void {
  if (typeof listener === 'function') return;
  throw parameterError(`A listener of '${type}' must be a function, got ${typeName(listener)}.`);
}
