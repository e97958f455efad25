/** The events of a WebSocket as Node's `EventEmitter`: an addition, the platform has listeners only. */

import { EventEmitter } from 'node:events';
import { type EventTargetLike, type ListenerTarget, listenerTarget } from './beside-program.js';
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

/** What is emitted for an event that has its value behind an error, or alone, or none. */
const forwarders: { readonly [E in Event]: (emitter: EventEmitter) => WebSocketListeners[E] } = {
  open: (emitter) => (_error, value) => emitter.emit('open', value),
  openInfo: (emitter) => (_error, value) => emitter.emit('openInfo', value),
  message: (emitter) => (_error, value) => emitter.emit('message', value),
  close: (emitter) => (_error, value) => emitter.emit('close', value),
  error: (emitter) => (error) => emitter.emit('error', error),
  dataEnd: (emitter) => () => emitter.emit('dataEnd'),
  headerReceive: (emitter) => (headers) => emitter.emit('headerReceive', headers),
};

/** Listens to the WebSocket to which it belongs as long as somebody listens here: nothing is left behind by a `once`. */
class ForwardingEmitter extends EventEmitter {
  readonly #target: ListenerTarget;
  readonly #forwarding = new Map<Event, WebSocketListeners[Event]>();

  constructor(target: ListenerTarget) {
    super();
    this.#target = target;
  }

  override on(event: string | symbol, listener: AnyListener): this {
    super.on(event, listener);
    return this.#follow(event);
  }

  override addListener(event: string | symbol, listener: AnyListener): this {
    return this.on(event, listener);
  }

  override prependListener(event: string | symbol, listener: AnyListener): this {
    super.prependListener(event, listener);
    return this.#follow(event);
  }

  override removeListener(event: string | symbol, listener: AnyListener): this {
    super.removeListener(event, listener);
    return this.#follow(event);
  }

  override off(event: string | symbol, listener: AnyListener): this {
    return this.removeListener(event, listener);
  }

  override removeAllListeners(event?: string | symbol): this {
    if (event === undefined) super.removeAllListeners();
    else super.removeAllListeners(event);
    for (const followed of this.#forwarding.keys()) this.#follow(followed);
    return this;
  }

  #follow(event: string | symbol): this {
    if (typeof event !== 'string' || !Object.hasOwn(forwarders, event)) return this;
    const name = event as Event;
    const forward = this.#forwarding.get(name);
    const wanted = this.listenerCount(name) > 0;
    if (wanted && forward === undefined) {
      const added = forwarders[name](this) as WebSocketListeners[Event];
      this.#forwarding.set(name, added);
      this.#target.on(name, added);
    } else if (!wanted && forward !== undefined) {
      this.#forwarding.delete(name);
      this.#target.off(name, forward);
    }
    return this;
  }
}

/**
 * Makes an `EventEmitter` that emits a WebSocket's events, each with the value alone:
 *
 *     const [message] = await once(toEmitter(ws), 'message');
 *
 * `once` rejects with the `error` event's error. Without a listener of its own an `error` is not emitted, where a bare
 * `EventEmitter` would throw it. An emitter without listeners costs the WebSocket nothing.
 *
 * @param ws a `webSocket.WebSocket`, or a `WebSocket` of `ohos-websocket/web`
 * @throws {BusinessError} 401 for anything else
 */
export function toEmitter(ws: ListenerTarget | EventTargetLike): WebSocketEmitter {
  return new ForwardingEmitter(listenerTarget(ws)) as EventEmitter as WebSocketEmitter;
}
