/** What a WebSocket is behind its methods: the connection that it has, and what is told to whom in which order. */

import { CloseCode } from '../protocol/closing/close-code.js';
import type { HandshakeResult } from '../protocol/handshake/client.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import { type Attempt, attempt } from '../transport/connect.js';
import type { Connection, ConnectionFailure, ConnectionHandler } from '../transport/connection.js';
import { isAllowedDomain } from '../transport/dial/target.js';
import type { BusinessError, FailedResponse } from './errors.js';
import { businessError, call, errorEvent, parameterError, throwLater } from './errors.js';
import { planClose, planConnect, typeName } from './options.js';
import type { AsyncCallback, Callback, WebSocketListeners } from './types.js';
import type { WebSocket } from './websocket.js';

/** Success as a callback is told of it: the platform's type of callbacks has no `undefined`. */
const noError = undefined as unknown as Parameters<AsyncCallback<unknown>>[0];

/** The failures of connect that a listener of `error` was told of. */
export const announced = new WeakSet<BusinessError>();

let clientOf: (ws: WebSocket) => Client;

/** How the class `WebSocket` lets this file at the client behind one, for those beside the documented API. */
export function shareClients(get: typeof clientOf): void {
  clientOf = get;
}

/** Stops or goes on reading from the connection that a WebSocket has, if any. */
export function setReading(ws: WebSocket, reading: boolean): void {
  const { connection } = clientOf(ws);
  if (reading) connection?.resume();
  else connection?.pause();
}

export class Client implements ConnectionHandler {
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
      const { code, reason } = planClose(options);
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

/** What stands where a callback may stand, and is no function. */
function checkNoCallback(callback: unknown): void {
  if (callback !== undefined) throw callbackError(callback);
}

export function callbackError(callback: unknown): BusinessError {
  return parameterError(`callback must be a function, got ${typeName(callback)}.`);
}

/** Errors in arguments are found at the call, and reported like every other failure: later. */
export function failLater(done: AsyncCallback<boolean>, error: unknown): void {
  queueMicrotask(() => call(done, error as BusinessError, false));
}

function failedResponse({ refusal }: ConnectionFailure): FailedResponse | undefined {
  if (refusal === undefined) return undefined;
  const { status, head, body } = refusal;
  return { status: status.status, message: status.message, headers: head.toHeaders(), body };
}

type EventName = keyof WebSocketListeners;
type Registered = { [E in EventName]: readonly WebSocketListeners[E][] };

/** Shared by all that have no listener yet. The keys are the events that exist. */
const none: Registered = { open: [], openInfo: [], message: [], close: [], error: [], dataEnd: [], headerReceive: [] };

/** The listeners of one WebSocket: registration, removal, delivery in order. */
export class Listeners {
  /** Arrays are replaced, never changed: a change during delivery takes effect from the next event. */
  readonly #registered: Registered = { ...none };

  /** @throws {BusinessError} 401 */
  add<E extends EventName>(type: E, listener: WebSocketListeners[E]): void {
    checkEvent(type);
    checkListener(type, listener);
    const registered: readonly WebSocketListeners[E][] = this.#registered[type];
    this.#set(type, registered.concat([listener])); // exactly as long as needed, which a spread is not
  }

  /** Removes one registration of the listener, or all of the event. @throws {BusinessError} 401 */
  remove<E extends EventName>(type: E, listener?: WebSocketListeners[E]): void {
    checkEvent(type);
    if (listener === undefined) return this.#set(type, []);
    checkListener(type, listener);
    const registered: readonly WebSocketListeners[E][] = this.#registered[type];
    const index = registered.indexOf(listener);
    if (index >= 0) this.#set(type, registered.toSpliced(index, 1));
  }

  has(type: EventName): boolean {
    return this.#registered[type].length > 0;
  }

  /** Delivers an event whose listeners get one value. */
  emit<E extends 'error' | 'headerReceive'>(type: E, data: Parameters<WebSocketListeners[E]>[0]): void {
    for (const listener of this.#registered[type]) call(listener as Callback<typeof data>, data);
  }

  /** Delivers an event whose listeners get an error, here none, and a value. */
  emitResult<E extends 'open' | 'openInfo' | 'close'>(type: E, data: Parameters<WebSocketListeners[E]>[1]): void {
    for (const listener of this.#registered[type]) call(listener as AsyncCallback<typeof data>, noError, data);
  }

  /** Delivers `message` and then `dataEnd`: the hot path, without a call or an array around each. */
  emitMessage(message: string | ArrayBuffer): void {
    const listeners = this.#registered.message;
    for (let i = 0; i < listeners.length; i++) {
      try {
        listeners[i]!(noError, message);
      } catch (error) {
        throwLater(error);
      }
    }
    // Read only now: dataEnd is the next event, so what a listener of message changed has its effect.
    const { dataEnd } = this.#registered;
    for (let i = 0; i < dataEnd.length; i++) call(dataEnd[i] as () => void); // no argument, not even undefined
  }

  #set<E extends EventName>(type: E, listeners: readonly WebSocketListeners[E][]): void {
    (this.#registered as Record<EventName, unknown>)[type] = listeners;
  }
}

function checkEvent(type: unknown): void {
  if (typeof type === 'string' && Object.hasOwn(none, type)) return;
  const got = typeof type === 'string' ? JSON.stringify(type.slice(0, 40)) : typeof type;
  throw parameterError(`The event must be one of ${Object.keys(none).join(', ')}; got ${got}.`);
}

function checkListener(type: string, listener: unknown): void {
  if (typeof listener !== 'function') {
    const got = listener === null ? 'null' : typeof listener;
    throw parameterError(`A listener of '${type}' must be a function, got ${got}.`);
  }
}
