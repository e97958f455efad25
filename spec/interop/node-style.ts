/** The class with the methods of an `EventEmitter` besides, as libraries use it that are written for `ws`. */
import { EventEmitter } from 'node:events';
import { Local } from './library.js';

// biome-ignore lint/suspicious/noExplicitAny: as the types of Node have it
type Listener = (...args: any[]) => void;

export class NodeStyleWebSocket extends Local {
  readonly #emitter = new EventEmitter();

  constructor(url: string, protocols?: string | string[], options?: object) {
    super(url, protocols, options);
    const emitter = this.#emitter;
    this.addEventListener('open', () => emitter.emit('open'));
    this.addEventListener('message', ({ data }) => emitter.emit('message', data, typeof data !== 'string'));
    this.addEventListener('close', ({ code, reason }) => emitter.emit('close', code, reason));
    this.addEventListener('error', ({ error }) => emitter.listenerCount('error') > 0 && emitter.emit('error', error));
  }

  on(type: string, listener: Listener): this {
    this.#emitter.on(type, listener);
    return this;
  }

  once(type: string, listener: Listener): this {
    this.#emitter.once(type, listener);
    return this;
  }

  removeListener(type: string, listener: Listener): this {
    this.#emitter.removeListener(type, listener);
    return this;
  }

  removeAllListeners(type?: string): this {
    this.#emitter.removeAllListeners(type);
    return this;
  }

  override send(data: string | ArrayBuffer | ArrayBufferView | Blob, ...rest: unknown[]): void {
    super.send(data);
    const sent = rest.at(-1);
    if (typeof sent === 'function') sent();
  }
}
