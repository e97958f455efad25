/**
 * What `messages` and `toEmitter` need of a WebSocket beside its program: to listen to it, and to hold back what it reads.
 *
 * A WebSocket may have one listener an event only, which is the program's; it takes the others here. Its connection does
 * not read as long as anybody holds; a facade on top of another WebSocket hands that on. The properties have symbols for
 * their names, so that they are not part of the documented API.
 */
import { typeName } from './arguments.js';
import { type BusinessError, parameterError } from './errors.js';
import type { WebSocketListeners } from './types.js';

/** The property of a WebSocket that takes listeners which are not its program's. */
export const besideProgram = Symbol('ohos-websocket: listeners beside the program');

/** What listeners are registered with. */
export interface ListenerTarget {
  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void;
  off<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void;
}

/** What is used of a `WebSocket` of `ohos-websocket/web`: what else it needs has symbols for its names. */
export interface EventTargetLike {
  addEventListener(type: string, listener: (event: object) => void): void;
  removeEventListener(type: string, listener: (event: object) => void): void;
}

/**
 * Where to listen to a WebSocket without taking the place of one of its program's listeners.
 *
 * @throws {BusinessError} 401 for what is not a WebSocket of this package, and has not its methods either
 */
export function listenerTarget(ws: ListenerTarget | EventTargetLike): ListenerTarget {
  const given = ws as (Partial<ListenerTarget> & { [besideProgram]?: ListenerTarget }) | null | undefined;
  const target = given?.[besideProgram] ?? given;
  if (typeof target?.on === 'function' && typeof target.off === 'function') return target as ListenerTarget;
  throw parameterError(`Expected a WebSocket of this package, got ${typeName(ws)}.`);
}

/** The method of a WebSocket that has one connection after the other: registers for the end of the last one. */
export const onEnd = Symbol('ohos-websocket: on end');

/** What comes at the end: why, if something has failed, and then `ended`. */
export interface EndListener {
  failed(error: BusinessError): void;
  ended(): void;
}

/** Follows the end of a WebSocket: of its connection or, where there are several, of the last. @returns how to stop */
export function followEnd(ws: object, target: ListenerTarget, { failed, ended }: EndListener): () => void {
  const lasting = ws as { [onEnd]?(listener: EndListener): () => void };
  const stop = lasting[onEnd]?.({ failed, ended });
  if (stop !== undefined) return stop;
  target.on('error', failed);
  target.on('close', ended);
  return () => {
    target.off('error', failed);
    target.off('close', ended);
  };
}

/** The method of a WebSocket that makes one `ReadingHold` for each slow reader. */
export const holdReading = Symbol('ohos-websocket: hold reading');

/** One slow reader's say in whether the connection reads. */
export interface ReadingHold {
  /** Stops reading. Called again with every message that still arrives, it stops what a `close` had started again. */
  hold(): void;
  /** Lets go: the connection reads once nobody holds any more. */
  release(): void;
}

/** A WebSocket whose reading can be held. */
export interface Holdable {
  [holdReading](): ReadingHold;
}

/** The hold on a WebSocket; one that does nothing for a WebSocket that cannot be held, such as a test double. */
export function readingHold(ws: object): ReadingHold {
  return (ws as Partial<Holdable>)[holdReading]?.() ?? { hold() {}, release() {} };
}
