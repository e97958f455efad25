/// <reference lib="esnext.disposable" preserve="true" />
/** The facade: the documented `WebSocket`, with callbacks or promises, and the order of its events. */
import { Buffer } from 'node:buffer';
import { isArrayBuffer } from 'node:util/types';
import type { BusinessError, FailedResponse } from './errors.js';
import { businessError, call, errorEvent, parameterError, readGiven } from './errors.js';
import { Listeners, noError } from './listeners.js';
import { planConnect, typeName } from './options.js';
import { CloseCode, isReservedCloseCode, maxReasonSize, maySendCloseCode } from './protocol/close-code.js';
import type { HandshakeResult } from './protocol/handshake.js';
import type { Head, StatusLine } from './protocol/http1.js';
import { isAllowedDomain } from './transport/allowed-domains.js';
import { type Attempt, attempt } from './transport/attempt.js';
import type { Connection, ConnectionFailure, ConnectionHandler } from './transport/connection.js';
import type { AsyncCallback, WebSocketClientOptions, WebSocketCloseOptions, WebSocketListeners } from './types.js';

const defaultReason = 'CLOSE_NORMAL';

/** The failures of connect that a listener of `error` was told of. */
const announced = new WeakSet<BusinessError>();

/** Stops or goes on reading from the connection that a WebSocket has, if any. */
export let setReading: (ws: WebSocket, reading: boolean) => void;

/**
 * A WebSocket connection, as documented for `@ohos.net.webSocket`. Made by `webSocket.createWebSocket()`.
 *
 * One object has one connection at a time; after its `close` event, or a failed `connect`, it can connect again with
 * its listeners still registered.
 */
export class WebSocket {
  /** For `messages.ts`, which holds the peer back when its reader is slow: not part of the documented API. */
  static {
    setReading = (ws, reading) => {
      const { connection } = ws.#client;
      if (reading) connection?.resume();
      else connection?.pause();
    };
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
    return promised((done) => this.#client.connect(values, done), (error) => announced.has(error));
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
    return promised((done) => this.#client.close(values, done), () => true);
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

/** What a WebSocket is behind its methods: the connection that it has, and what is told to whom in which order. */
class Client implements ConnectionHandler {
  readonly listeners = new Listeners();
  connection: Connection | undefined;
  /** What there is before the connection, until that has been loaded. */
  #attempt: Attempt | undefined;
  #connectDone: AsyncCallback<boolean> | undefined;
  #closeDone: AsyncCallback<boolean>[] | undefined;

  /** Whether it is connecting, open or closing. */
  get isBusy(): boolean {
    return this.connection !== undefined || this.#attempt !== undefined;
  }

  connect([url, options, callback]: unknown[], done: AsyncCallback<boolean>): void {
    try {
      const plan = planConnect(url, options);
      checkNoCallback(callback);
      if (this.isBusy) {
        throw businessError(2302003, 'Close the connection first, or create another WebSocket.');
      }
      if (!isAllowedDomain(plan.target.host)) {
        throw businessError(2302998, `The host ${plan.target.host} is not on the list given to setAllowedDomains.`);
      }
      this.#connectDone = done;
      this.#attempt = attempt(plan, this, (connection) => {
        this.#attempt = undefined;
        this.connection = connection;
      });
    } catch (error) {
      failLater(done, error);
    }
  }

  close([options, callback]: unknown[], done: AsyncCallback<boolean>): void {
    try {
      const { code, reason } = readGiven('options', () => checkCloseOptions(options));
      checkNoCallback(callback);
      if (!this.isBusy) {
        throw businessError(2302999, 'There is no connection to close; call connect first.');
      }
      (this.#closeDone ??= []).push(done);
      if (this.connection === undefined) this.#attempt?.close();
      else this.connection.close(code, reason);
    } catch (error) {
      failLater(done, error);
    }
  }

  response(_status: StatusLine, head: Head): void {
    if (this.listeners.has('headerReceive')) this.listeners.emit('headerReceive', head.toHeaders());
  }

  open({ subprotocol }: HandshakeResult): void {
    const opened = { status: 101, message: 'Switching Protocols' };
    this.listeners.emitResult('open', { ...opened });
    this.listeners.emitResult('openInfo', subprotocol === '' ? opened : { ...opened, protocol: subprotocol });
    const done = this.#connectDone;
    this.#connectDone = undefined;
    if (done !== undefined) call(done, noError, true);
  }

  text(message: string): void {
    this.listeners.emitMessage(message);
  }

  binary(message: ArrayBuffer): void {
    this.listeners.emitMessage(message);
  }

  /** The documented API has no event for it. */
  pong(): void {}

  failed(failure: ConnectionFailure): void {
    const { code, message, status, cause } = failure;
    const more = { cause, response: failedResponse(failure) };
    const connecting = this.#connectDone !== undefined;
    // The object is free before its listeners run: they may connect again.
    if (connecting) this.connection = this.#attempt = undefined;
    const done = this.#connectDone;
    const closeDone = connecting ? this.#takeCloseDone() : [];
    this.#connectDone = undefined;
    const heard = this.listeners.has('error');
    // The platform's type of this listener does not tell that `data` is a string.
    this.listeners.emit('error', errorEvent(status, message, more) as unknown as BusinessError);
    if (done !== undefined) {
      const error = businessError(code, message, more);
      if (heard) announced.add(error);
      call(done, error, false);
    }
    if (closeDone.length > 0) {
      // close was called while connecting
      this.listeners.emitResult('close', { code: CloseCode.abnormal, reason: '' });
      for (const closed of closeDone) call(closed, noError, true);
    }
  }

  closed(code: number, reason: string): void {
    const closeDone = this.#takeCloseDone();
    this.connection = undefined;
    this.listeners.emitResult('close', { code, reason });
    for (const done of closeDone) call(done, noError, true);
  }

  #takeCloseDone(): AsyncCallback<boolean>[] {
    const closeDone = this.#closeDone ?? [];
    this.#closeDone = undefined;
    return closeDone;
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

/** What stands where a callback may stand, and is no function. */
function checkNoCallback(callback: unknown): void {
  if (callback !== undefined) throw callbackError(callback);
}

function callbackError(callback: unknown): BusinessError {
  return parameterError(`callback must be a function, got ${typeName(callback)}.`);
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

/** Errors in arguments are found at the call, and reported like every other failure: later. */
function failLater(done: AsyncCallback<boolean>, error: unknown): void {
  queueMicrotask(() => call(done, error as BusinessError, false));
}

function toBytes(data: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(data)) {
      // An empty one may be detached: making a view of that throws.
      if (data instanceof Uint8Array && data.length > 0) return data;
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    }
    // By its internal slot: a buffer of another realm (node:vm) counts, an object that only claims to be one does not.
    if (isArrayBuffer(data)) return new Uint8Array(data);
  } catch {
    // a detached buffer
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

function checkCloseOptions(options: unknown = {}): { code: number; reason: string } {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw parameterError(`options must be an object with code and reason, got ${typeName(options)}.`);
  }
  const { code = CloseCode.normal, reason = defaultReason } = options as Record<string, unknown>;
  if (typeof code !== 'number') throw parameterError(`code must be a number, got ${typeName(code)}.`);
  if (typeof reason !== 'string') throw parameterError(`reason must be a string, got ${typeName(reason)}.`);
  if (isReservedCloseCode(code)) {
    throw parameterError(`code ${code} must never be sent (RFC 6455 §7.4.1); use 1000, or 3000 to 4999.`);
  }
  const size = Buffer.byteLength(reason);
  if (size > maxReasonSize) {
    throw parameterError(`reason must have at most ${maxReasonSize} bytes of UTF-8, got ${size}.`);
  }
  // The platform's rule: a code that may not be sent is replaced, not refused.
  return { code: maySendCloseCode(code) ? code : CloseCode.normal, reason };
}

function failedResponse({ refusal }: ConnectionFailure): FailedResponse | undefined {
  if (refusal === undefined) return undefined;
  const { status, head, body } = refusal;
  return { status: status.status, message: status.message, headers: head.toHeaders(), body };
}

/**
 * Makes a WebSocket. It does nothing until `connect` is called.
 */
export function createWebSocket(): WebSocket {
  return new WebSocket();
}
