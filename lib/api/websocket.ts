/// <reference lib="esnext.disposable" preserve="true" />
/** The documented `WebSocket`: each of its methods, with a callback or a promise. */

import { Completion } from './callbacks.js';
import { WebSocketCore } from './core.js';
import { type BusinessError, parameterError } from './errors.js';
import { type Holdable, holdReading, type ReadingHold } from './reading.js';
import type { AsyncCallback, WebSocketClientOptions, WebSocketCloseOptions, WebSocketListeners } from './types.js';

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
   * @param url `ws://` or `wss://`, at most 1024 characters, without a fragment
   */
  connect(url: string, callback: AsyncCallback<boolean>): void;
  connect(url: string, options: WebSocketClientOptions | undefined, callback: AsyncCallback<boolean>): void;
  connect(url: string, options?: WebSocketClientOptions): Promise<boolean>;

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

/** A WebSocket of this package, which can be disposed of as well. */
export interface DisposableWebSocket extends WebSocket {
  /** Closes the connection, if there is one: `await using ws = webSocket.createWebSocket()`. An addition. */
  [Symbol.asyncDispose](): Promise<void>;
}

interface WebSocketConstructor {
  readonly prototype: DisposableWebSocket;
  new (): DisposableWebSocket;
}

/** The class behind the interface, for `new` and `instanceof`; it goes by the same name. */
export const WebSocket: WebSocketConstructor = class WebSocket implements DisposableWebSocket, Holdable {
  readonly #core = new WebSocketCore();

  /** The core of a method's `this`; none when a program has torn the method off its object. */
  static #coreOf(receiver: unknown): WebSocketCore | undefined {
    return typeof receiver === 'object' && receiver !== null && #core in receiver ? receiver.#core : undefined;
  }

  connect(url: string, callback: AsyncCallback<boolean>): void;
  connect(url: string, options: WebSocketClientOptions | undefined, callback: AsyncCallback<boolean>): void;
  connect(url: string, options?: WebSocketClientOptions): Promise<boolean>;
  connect(...args: unknown[]): Promise<boolean> | void {
    const core = WebSocket.#coreOf(this);
    return core === undefined ? failTornOff('connect', args) : core.connect(args);
  }

  send(data: string | ArrayBuffer | ArrayBufferView, callback: AsyncCallback<boolean>): void;
  send(data: string | ArrayBuffer | ArrayBufferView): Promise<boolean>;
  send(data?: unknown, callback?: unknown): Promise<boolean> | void {
    const core = WebSocket.#coreOf(this);
    return core === undefined ? failTornOff('send', [callback, data]) : core.send(data, callback);
  }

  close(callback: AsyncCallback<boolean>): void;
  close(options: WebSocketCloseOptions | undefined, callback: AsyncCallback<boolean>): void;
  close(options?: WebSocketCloseOptions): Promise<boolean>;
  close(...args: unknown[]): Promise<boolean> | void {
    const core = WebSocket.#coreOf(this);
    return core === undefined ? failTornOff('close', args) : core.close(args);
  }

  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void {
    const core = WebSocket.#coreOf(this);
    if (core === undefined) throw tornOff('on');
    core.listeners.add(type, callback);
  }

  off<E extends keyof WebSocketListeners>(type: E, callback?: WebSocketListeners[E]): void {
    const core = WebSocket.#coreOf(this);
    if (core === undefined) throw tornOff('off');
    core.listeners.remove(type, callback);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#core.isBusy) await this.close();
  }

  /** See `reading.ts`. */
  [holdReading](): ReadingHold {
    return this.#core.holdReading();
  }
};

function tornOff(method: string): BusinessError {
  return parameterError(`${method} must be called on a WebSocket, as in ws.${method}(…).`);
}

function failTornOff(method: 'connect' | 'send' | 'close', args: readonly unknown[]): Promise<boolean> | undefined {
  const callback = args.find((argument) => typeof argument === 'function');
  const completion = new Completion(callback as AsyncCallback<boolean> | undefined);
  if (method !== 'connect') completion.mayBeIgnored();
  completion.failLater(tornOff(method));
  return completion.promise;
}

/** Makes a WebSocket. It does nothing until `connect` is called. */
export function createWebSocket(): DisposableWebSocket {
  return new WebSocket();
}
