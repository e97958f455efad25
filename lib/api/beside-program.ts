/**
 * Listening to a WebSocket beside its program: what `messages` and `toEmitter` do.
 *
 * A WebSocket may have one listener an event only, which is the program's; it takes the others here. The property has a
 * symbol for its name, so that it is not part of the documented API.
 */
import type { WebSocketListeners } from './types.js';

/** The property of a WebSocket that takes listeners which are not its program's. */
export const besideProgram = Symbol('ohos-websocket: listeners beside the program');

/** What listeners are registered with. */
export interface ListenerTarget {
  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void;
  off<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void;
}

/** Where to listen to a WebSocket without taking the place of one of its program's listeners. */
export function listenerTarget(ws: ListenerTarget): ListenerTarget {
  return (ws as { [besideProgram]?: ListenerTarget })[besideProgram] ?? ws;
}
