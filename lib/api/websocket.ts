/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The facade: the members of the `webSocket` namespace, values and types, as the platform's programs write them. First of
 * all the documented `WebSocket`, with callbacks or promises.
 */
import { announced, Client, callbackError, failLater, shareClients } from './client.js';
import { BusinessError, businessError, parameterError } from './errors.js';
import { typeName } from './options.js';
import type { AsyncCallback, WebSocketClientOptions, WebSocketCloseOptions, WebSocketListeners } from './types.js';

export type {
  AsyncCallback,
  Callback,
  ClientCert,
  CloseResult,
  ErrorCallback,
  HttpProxy,
  OpenResult,
  PerMessageDeflateOptions,
  ProxyConfiguration,
  ResponseHeaders,
  WebSocketClientOptions,
  WebSocketCloseOptions,
  WebSocketOpenInfo,
  WebSocketRequestOptions,
} from './types.js';
export { BusinessError };

/** Versions of TLS (API 26). */
export const TlsProtocol = { TLS_V_1_0: 0, TLS_V_1_1: 1, TLS_V_1_2: 2, TLS_V_1_3: 3 } as const;
export type TlsProtocol = (typeof TlsProtocol)[keyof typeof TlsProtocol];

/**
 * A WebSocket connection, as documented for `@ohos.net.webSocket`. Made by `webSocket.createWebSocket()`.
 *
 * One object has one connection at a time; after its `close` event, or a failed `connect`, it can connect again with
 * its listeners still registered.
 */
export class WebSocket {
  static {
    shareClients((ws) => ws.#client);
  }

  readonly #client = new Client();

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
  connect(...args: unknown[]): Promise<boolean> | void {
    const { callback, values } = splitArguments(args, 1);
    if (callback !== undefined) return this.#client.connect(values, callback);
    // A program whose listener of `error` was told of the failure may ignore the promise.
    return promised(
      (done) => this.#client.connect(values, done),
      (error) => announced.has(error),
    );
  }

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
  send(data?: unknown, callback?: unknown): Promise<boolean> | void {
    const { connection } = this.#client;
    const isText = typeof data === 'string';
    const bytes = isText ? undefined : toBytes(data);
    const wellTyped = (isText || bytes !== undefined) && (callback === undefined || typeof callback === 'function');
    if (connection === undefined || !connection.isOpen || !wellTyped) return failSend(data, callback);
    if (isText) connection.sendText(data);
    else connection.sendBinary(bytes!);
    if (callback === undefined) return connection.batch.promise;
    connection.batch.add(callback as AsyncCallback<boolean>);
  }

  /**
   * Closes the connection: a Close frame after everything already sent, then the closing handshake.
   *
   * Settles with `true` when the connection is gone, after the `close` event. While connecting it aborts the attempt;
   * while closing it joins the close under way. A rejection that nobody looks at does not end the process.
   *
   * Fails with 401 for a code that must not be sent (1004, 1005, 1006, 1015) or a reason above 123 bytes of UTF-8, and
   * with 2302999 when there is no connection. Any other code that may not be sent becomes 1000.
   */
  close(callback: AsyncCallback<boolean>): void;
  close(options: WebSocketCloseOptions | undefined, callback: AsyncCallback<boolean>): void;
  close(options?: WebSocketCloseOptions): Promise<boolean>;
  close(...args: unknown[]): Promise<boolean> | void {
    const { callback, values } = splitArguments(args, 0);
    if (callback !== undefined) return this.#client.close(values, callback);
    return promised(
      (done) => this.#client.close(values, done),
      () => true,
    );
  }

  /**
   * Registers a listener. Listeners run in the order of registration; the same function twice runs twice.
   *
   * @throws {BusinessError} 401 for an unknown event or a listener that is no function
   */
  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void {
    this.#client.listeners.add(type, callback);
  }

  /**
   * Removes one registration of the listener, or all listeners of the event when none is given. A change that is made
   * while an event is being delivered takes effect from the next event.
   *
   * @throws {BusinessError} 401 for an unknown event or a listener that is no function
   */
  off<E extends keyof WebSocketListeners>(type: E, callback?: WebSocketListeners[E]): void {
    this.#client.listeners.remove(type, callback);
  }

  /** Closes the connection, if there is one: `await using ws = webSocket.createWebSocket()`. An addition of ours. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#client.isBusy) await this.close();
  }
}

/**
 * The callback is the first function from position `from` on, wherever it stands, or else the first of all; the values
 * are what comes before it.
 */
function splitArguments(
  args: unknown[],
  from: number,
): { callback: AsyncCallback<boolean> | undefined; values: unknown[] } {
  const isCallback = (argument: unknown, index: number): boolean => typeof argument === 'function' && index >= from;
  const behind = args.findIndex(isCallback);
  const at = behind < 0 && typeof args[0] === 'function' ? 0 : behind;
  if (at < 0) return { callback: undefined, values: args };
  return { callback: args[at] as AsyncCallback<boolean>, values: args.slice(0, at) };
}

/** Runs an operation, which settles later, for a promise; `ignorable`: whether a rejection may go unseen. */
function promised(
  operation: (done: AsyncCallback<boolean>) => void,
  ignorable: (error: BusinessError) => boolean,
): Promise<boolean> {
  const promise = new Promise<boolean>((resolve, reject) => {
    operation((error, value) => {
      if (error === undefined) return resolve(value);
      if (ignorable(error)) promise.catch(() => {});
      reject(error);
    });
  });
  return promise;
}

const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!;

function toBytes(data: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(data)) {
      // An empty one may be detached: making a view of that throws.
      if (data instanceof Uint8Array && data.length > 0) return data;
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    }
    // Throws without the internal slot: a buffer of another realm (node:vm) has it, one that only claims to be one has not.
    byteLengthOf.call(data);
    return new Uint8Array(data as ArrayBuffer);
  } catch {
    // a detached buffer, or none
  }
  return undefined;
}

function failSend(data: unknown, callback: unknown): Promise<boolean> | void {
  const done = [callback, data].find((argument) => typeof argument === 'function');
  const error = sendError(data, callback);
  if (done !== undefined) return failLater(done as AsyncCallback<boolean>, error);
  const promise = Promise.reject<boolean>(error);
  promise.catch(() => {});
  return promise;
}

function sendError(data: unknown, callback: unknown): BusinessError {
  if (typeof data !== 'string' && toBytes(data) === undefined) {
    return parameterError(`data must be a string, an ArrayBuffer or a view of one, got ${typeName(data)}.`);
  }
  if (callback !== undefined && typeof callback !== 'function') return callbackError(callback);
  return businessError(2302999, 'The connection is not open: call send after the open event.');
}

/**
 * Makes a WebSocket. It does nothing until `connect` is called.
 */
export function createWebSocket(): WebSocket {
  return new WebSocket();
}
