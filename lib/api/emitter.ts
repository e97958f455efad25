/** The events of a WebSocket as Node's `EventEmitter`: an addition, the platform has listeners only. */

import { EventEmitter } from 'node:events';
import { type ListenerTarget, listenerTarget } from './beside-program.js';
import type { WebSocketListeners } from './types.js';

type Event = keyof WebSocketListeners;
type Listener = (...args: never[]) => void;
// biome-ignore lint/suspicious/noExplicitAny: Node's own types have it, and events.once asks for it
type AnyListener = (...args: any[]) => void;

/**
 * Node's `EventEmitter`, with the events of a WebSocket. Spelled out, so that a program without Node's types compiles,
 * and one with them can give it to `events.once` and `events.on`.
 */
export interface WebSocketEmitter {
  on(event: Event, listener: Listener): this;
  once(event: Event, listener: Listener): this;
  off(event: Event, listener: Listener): this;
  addListener(event: Event, listener: Listener): this;
  removeListener(event: Event, listener: Listener): this;
  prependListener(event: Event, listener: Listener): this;
  prependOnceListener(event: Event, listener: Listener): this;
  removeAllListeners(event?: Event): this;
  emit(event: Event, ...args: unknown[]): boolean;
  eventNames(): Event[];
  listenerCount(event: Event): number;
  listeners(event: Event): AnyListener[];
  rawListeners(event: Event): AnyListener[];
  getMaxListeners(): number;
  setMaxListeners(count: number): this;
}

const results = ['open', 'openInfo', 'message', 'close'] as const;

/**
 * Makes an `EventEmitter` that emits a WebSocket's events, each with the value alone:
 *
 *     const [message] = await once(toEmitter(ws), 'message');
 *
 * `once` rejects with the `error` event's error. Without a listener of its own an `error` is not emitted, where a bare
 * `EventEmitter` would throw it.
 */
export function toEmitter(ws: ListenerTarget): WebSocketEmitter {
  const emitter = new EventEmitter();
  const target = listenerTarget(ws);
  for (const event of results) target.on(event, (_error: unknown, value: unknown) => emitter.emit(event, value));
  target.on('dataEnd', () => emitter.emit('dataEnd'));
  target.on('headerReceive', (headers) => emitter.emit('headerReceive', headers));
  target.on('error', (error) => {
    if (emitter.listenerCount('error') > 0) emitter.emit('error', error);
  });
  return emitter as WebSocketEmitter;
}
