/// <reference lib="esnext.disposable" preserve="true" />
/** The documented `WebSocket`: each of its methods, with a callback or a promise. */

import coreClass from '#core';
import { nextTurn } from '../transport/next-turn.js';
import { type Holdable, holdReading, type ReadingHold } from './beside-program.js';
import { Completion } from './callbacks.js';
import { type Controlled, controlled } from './controlled.js';
import type { WebSocketCore } from './core.js';
import { type BusinessError, businessError, errorEvent, parameterError } from './errors.js';
import { Listeners } from './listeners.js';
import type { MessageSource } from './message-source.js';
import type {
  AsyncCallback,
  WebSocketClientOptions,
  WebSocketCloseOptions,
  WebSocketListeners,
  WebSocketUrl,
} from './types.js';

/**
 * A WebSocket connection, as documented for `@ohos.net.webSocket`. Made by `webSocket.createWebSocket()`; a test
 * double may implement it.
 *
 * One object has one connection at a time; after its `close` event, or a failed `connect`, it can connect again with
 * its listeners still registered.
 */
export interface WebSocket {
  /**
   * Connects, and settles with the outcome of the opening handshake.
   *
   * On success the order is `headerReceive`, `open`, `openInfo`, then the callback or promise with `true`. On failure
   * an `error` event (code 200) comes first when a connection was attempted.
   *
   * Fails with 401, 201, 2302001, 2302002, 2302003, 2302998 or 2302999, through the callback or by rejecting.
   *
   * @param url `ws://` or `wss://`, at most 1024 characters, without a fragment; or `ws+unix:/path/of/socket:/path`
   */
  connect(url: WebSocketUrl, callback: AsyncCallback<boolean>): void;
  connect(url: WebSocketUrl, options: WebSocketClientOptions | undefined, callback: AsyncCallback<boolean>): void;
  connect(url: WebSocketUrl, options?: WebSocketClientOptions): Promise<boolean>;

  /**
   * Sends a message: text for a string, binary for bytes. The data is captured at the call, and order is kept.
   *
   * Settles with `true` when the bytes have been handed to the operating system, so awaiting it is back-pressure. A
   * rejection that nobody looks at does not end the process.
   *
   * Fails with 401 for data of another type, and with 2302999 when not open, or when the link dies first.
   *
   * @param data a string, an `ArrayBuffer` or, as an addition to the platform's API, a view of one
   */
  send(data: string | ArrayBuffer | ArrayBufferView, callback: AsyncCallback<boolean>): void;
  send(data: string | ArrayBuffer | ArrayBufferView): Promise<boolean>;

  /**
   * Closes the connection: a Close frame after everything already sent, then the closing handshake.
   *
   * Settles with `true` when the connection is gone, after the `close` event. While connecting it aborts the attempt;
   * while closing it joins the close in progress. A rejection that nobody looks at does not end the process.
   *
   * Fails with 401 for a code that must not be sent (1004, 1005, 1006, 1015) or a reason above 123 bytes of UTF-8, and
   * with 2302999 when there is no connection. Any other code that may not be sent becomes 1000.
   */
  close(callback: AsyncCallback<boolean>): void;
  close(options: WebSocketCloseOptions | undefined, callback: AsyncCallback<boolean>): void;
  close(options?: WebSocketCloseOptions): Promise<boolean>;

  /**
   * Registers a listener. Listeners run in the order of registration; the same function twice runs twice.
   *
   * @throws {BusinessError} 401 for an unknown event, a listener that is not a function, or another `this`
   */
  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void;

  /**
   * Removes one registration of the listener, or all listeners of the event when none is given. A change that is made
   * while an event is being delivered takes effect from the next event.
   *
   * @throws {BusinessError} 401 for an unknown event, a listener that is not a function, or another `this`
   */
  off<E extends keyof WebSocketListeners>(type: E, callback?: WebSocketListeners[E]): void;
}

/** A WebSocket of this package: what it can do beyond the documented API. */
export interface DisposableWebSocket extends WebSocket {
  /**
   * Sends a message in pieces: one fragmented message of any size, read as fast as the server takes it.
   *
   * Other messages wait until it is complete, in the order of the calls; `close` does, too, up to `closeTimeout`. When the
   * source throws, the message cannot be completed: `send` fails with 2302999 and the error as its `cause`, and the
   * connection is closed with 1011 (unless nothing of the message had been sent).
   */
  send(data: string | ArrayBuffer | ArrayBufferView | MessageSource, callback: AsyncCallback<boolean>): void;
  send(data: string | ArrayBuffer | ArrayBufferView | MessageSource): Promise<boolean>;

  /** Closes the connection, if there is one: `await using ws = webSocket.createWebSocket()`. An addition. */
  [Symbol.asyncDispose](): Promise<void>;
}

interface WebSocketConstructor {
  readonly prototype: DisposableWebSocket;
  new (): DisposableWebSocket;
}

/** The class behind the interface, for `new` and `instanceof`; it goes by the same name. */
export const WebSocket: WebSocketConstructor = class WebSocket implements DisposableWebSocket, Holdable {
  readonly #listeners = new Listeners();
  /** Since its first use. */
  #core: WebSocketCore | undefined;

  /** Whether it is a WebSocket: not, when a program has torn the method off its object. */
  static #is(receiver: unknown): receiver is WebSocket {
    return typeof receiver === 'object' && receiver !== null && #core in receiver;
  }

  static #call(
    receiver: unknown,
    method: 'connect' | 'send' | 'close',
    args: readonly unknown[],
    call: (core: WebSocketCore) => Promise<boolean> | undefined,
  ): Promise<boolean> | undefined {
    if (!WebSocket.#is(receiver)) return failCall(method, args, tornOff(method));
    let core: WebSocketCore;
    try {
      core = receiver.#loadCore();
    } catch (cause) {
      return failCall(method, args, unloadable(cause), receiver.#listeners);
    }
    return call(core);
  }

  #loadCore(): WebSocketCore {
    this.#core ??= new (coreClass())(this.#listeners);
    return this.#core;
  }

  connect(url: WebSocketUrl, callback: AsyncCallback<boolean>): void;
  connect(url: WebSocketUrl, options: WebSocketClientOptions | undefined, callback: AsyncCallback<boolean>): void;
  connect(url: WebSocketUrl, options?: WebSocketClientOptions): Promise<boolean>;
  connect(...args: unknown[]): Promise<boolean> | void {
    return WebSocket.#call(this, 'connect', args, (core) => core.connect(args));
  }

  send(data: string | ArrayBuffer | ArrayBufferView | MessageSource, callback: AsyncCallback<boolean>): void;
  send(data: string | ArrayBuffer | ArrayBufferView | MessageSource): Promise<boolean>;
  send(data?: unknown, callback?: unknown): Promise<boolean> | void {
    const core = WebSocket.#is(this) ? this.#core : undefined;
    if (core !== undefined) return core.send(data, callback);
    return WebSocket.#call(this, 'send', [callback, data], (loaded) => loaded.send(data, callback));
  }

  close(callback: AsyncCallback<boolean>): void;
  close(options: WebSocketCloseOptions | undefined, callback: AsyncCallback<boolean>): void;
  close(options?: WebSocketCloseOptions): Promise<boolean>;
  close(...args: unknown[]): Promise<boolean> | void {
    return WebSocket.#call(this, 'close', args, (core) => core.close(args));
  }

  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void {
    if (!WebSocket.#is(this)) throw tornOff('on');
    this.#listeners.add(type, callback);
  }

  off<E extends keyof WebSocketListeners>(type: E, callback?: WebSocketListeners[E]): void {
    if (!WebSocket.#is(this)) throw tornOff('off');
    this.#listeners.remove(type, callback);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#core?.isBusy) await this.close();
  }

  /** See `beside-program.ts`. */
  [holdReading](): ReadingHold {
    return this.#loadCore().holdReading();
  }

  /** See `controlled.ts`. */
  [controlled](): Controlled {
    return this.#loadCore();
  }
};

function tornOff(method: string): BusinessError {
  return parameterError(`${method} must be called on a WebSocket, as in ws.${method}(…).`);
}

function unloadable(cause: unknown): BusinessError {
  return businessError(2302999, couldNotLoad(cause), { cause });
}

function couldNotLoad(cause: unknown): string {
  return `the client could not be loaded: ${(cause as Error).message}`;
}

/** @param listeners told of it when an attempt to connect fails, before its caller */
function failCall(
  method: 'connect' | 'send' | 'close',
  args: readonly unknown[],
  error: BusinessError,
  listeners?: Listeners,
): Promise<boolean> | undefined {
  const callback = args.find((argument) => typeof argument === 'function');
  const completion = new Completion(callback as AsyncCallback<boolean> | undefined);
  const told = method === 'connect' ? listeners : undefined;
  if (method !== 'connect' || told?.has('error')) completion.mayBeIgnored();
  nextTurn(() => {
    told?.emit('error', errorEvent(0, couldNotLoad(error.cause), { cause: error.cause }) as unknown as BusinessError);
    completion.fail(error);
  });
  return completion.promise;
}

/** Makes a WebSocket. It does nothing until `connect` is called. */
export function createWebSocket(): DisposableWebSocket {
  return new WebSocket();
}
