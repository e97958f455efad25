/** A WebSocket's events for Node's own tools: `events.once`, `events.on`. An addition of ours. */
import { EventEmitter } from 'node:events';
import type { WebSocketListeners } from './types.js';
import type { WebSocket } from './websocket.js';

/** The part of Node's `EventEmitter` that `events.once` and programs use. */
export interface WebSocketEmitter {
  on(event: keyof WebSocketListeners, listener: (...args: never[]) => void): this;
  once(event: keyof WebSocketListeners, listener: (...args: never[]) => void): this;
  off(event: keyof WebSocketListeners, listener: (...args: never[]) => void): this;
  removeListener(event: keyof WebSocketListeners, listener: (...args: never[]) => void): this;
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
export function toEmitter(ws: WebSocket): WebSocketEmitter {
  const emitter = new EventEmitter();
  for (const event of results) ws.on(event, (_error: unknown, value: unknown) => emitter.emit(event, value));
  ws.on('dataEnd', () => emitter.emit('dataEnd'));
  ws.on('headerReceive', (headers) => emitter.emit('headerReceive', headers));
  ws.on('error', (error) => {
    if (emitter.listenerCount('error') > 0) emitter.emit('error', error);
  });
  return emitter as unknown as WebSocketEmitter;
}
