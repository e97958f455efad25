/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The WebSocket of the platform's modules: the package's own, behaving as the platform's engine does.
 *
 * `README.md` in this folder has the two semantics side by side. In short: `connect` settles when the attempt has begun,
 * what fails later is one `error` event; each event has one listener; `send` and `close` may come before `open`.
 */
import { checkNoCallback, readGiven, splitArguments } from '../api/arguments.js';
import {
  besideProgram,
  type Holdable,
  holdReading,
  type ListenerTarget,
  type ReadingHold,
} from '../api/beside-program.js';
import { toBytes } from '../api/bytes.js';
import { Completion } from '../api/callbacks.js';
import { type Controlled, controlled } from '../api/controlled.js';
import { WebSocketCore } from '../api/core.js';
import { type BusinessError, businessError } from '../api/errors.js';
import { Listeners } from '../api/listeners.js';
import { planClose } from '../api/options.js';
import type {
  AsyncCallback,
  CloseResult,
  OpenResult,
  WebSocketClientOptions,
  WebSocketCloseOptions,
  WebSocketListeners,
} from '../api/types.js';
import { platformCloseOptions, platformOptions } from './platform-options.js';

/** What the engine says where a Close frame has no reason, or none came. */
const linkDown = 'The link is down';

const events: Readonly<Record<keyof WebSocketListeners, true>> = {
  open: true,
  openInfo: true,
  message: true,
  close: true,
  error: true,
  dataEnd: true,
  headerReceive: true,
};

/** A connect that is not open yet, with what the program asks for meanwhile. */
interface Pending {
  readonly connected: Completion;
  /** Whether only the network can fail it: then `connected` has been settled, and a failure is an event. */
  begun: boolean;
  readonly sends: { readonly data: string | Uint8Array; readonly sent: Completion }[];
  readonly closed: Completion[];
  /** What the first close asked for. */
  close: CloseResult | undefined;
}

/** One connection at a time; after its `close` event, or an `error` event while connecting, it can connect again. */
export class PlatformWebSocket implements Holdable {
  static {
    // See `controlled.ts`. Not declared: the declarations must not need Node's types.
    Object.defineProperty(this.prototype, controlled, {
      value(this: PlatformWebSocket): Controlled {
        return this.#core;
      },
    });
  }

  readonly #core = new WebSocketCore();
  /** At most one an event. */
  readonly #program = new Listeners();
  readonly #beside = new Listeners();
  #pending: Pending | undefined;
  #isOpen = false;
  /** Whether the open connection has been reported as lost. */
  #isLost = false;
  /** The code and reason that the program closes with. */
  #ownClose: CloseResult | undefined;

  constructor() {
    const { listeners } = this.#core;
    this.#core.extras = { started: () => this.#started() };
    listeners.add('headerReceive', (headers) => this.#both((to) => to.emit('headerReceive', headers)));
    listeners.add('open', (_error, result) => this.#opened(result));
    listeners.add('openInfo', (_error, result) => this.#both((to) => to.emitResult('openInfo', result)));
    listeners.add('message', (_error, message) => {
      this.#program.emitMessage(message);
      this.#beside.emitMessage(message);
    });
    listeners.add('error', (error) => this.#failed(error));
    listeners.add('close', (_error, result) => this.#closed(result));
  }

  /**
   * Connects, and settles with `true` as soon as only the network can fail the attempt: a failure after that is an
   * `error` event (code 200) and nothing else.
   *
   * Fails with 401, 201, 2302001, 2302002, 2302003, 2302998 or 2302999, through the callback or by rejecting, without an
   * event.
   *
   * @param url `ws://` or `wss://`, at most 1024 characters, without a fragment
   * @param options those of a wrong type, and null, count as not given
   */
  connect(url: string, callback: AsyncCallback<boolean>): void;
  connect(url: string, options: WebSocketClientOptions | undefined, callback: AsyncCallback<boolean>): void;
  connect(url: string, options?: WebSocketClientOptions): Promise<boolean>;
  connect(...args: unknown[]): Promise<boolean> | void {
    if (!(#core in this)) return undefined;
    const { callback, values } = splitArguments(args, 1);
    const [url, options, ...extra] = values;
    const connected = new Completion(callback);
    try {
      const read = readGiven('options', () => platformOptions(options));
      const pending: Pending = { connected, begun: false, sends: [], closed: [], close: undefined };
      if (!this.#core.isBusy) this.#pending = pending;
      this.#core.connect([url, read, ...extra, (error: BusinessError) => this.#settle(pending, error)]);
    } catch (error) {
      connected.failLater(error as BusinessError);
    }
    return connected.promise;
  }

  /**
   * Sends a message; while connecting, it waits until the connection is open, and is sent before what listeners of `open`
   * send. Settles with `true` when the bytes have been handed to the operating system.
   *
   * Fails with 401 for data of another type, and with 2302999 when there is no connection, or when it fails first. A
   * rejection that nobody looks at does not end the process.
   */
  send(data: string | ArrayBuffer | ArrayBufferView, callback: AsyncCallback<boolean>): void;
  send(data: string | ArrayBuffer | ArrayBufferView): Promise<boolean>;
  send(data?: unknown, callback?: unknown): Promise<boolean> | void {
    if (!(#core in this)) return undefined;
    const captured = typeof data === 'string' ? data : toBytes(data);
    const wellTyped = captured !== undefined && (callback === undefined || typeof callback === 'function');
    if (this.#pending === undefined || !wellTyped) return this.#core.send(data, callback);
    const sent = new Completion(callback as AsyncCallback<boolean> | undefined).mayBeIgnored();
    this.#pending.sends.push({ data: typeof captured === 'string' ? captured : new Uint8Array(captured), sent });
    return sent.promise;
  }

  /**
   * Closes the connection; while connecting, once it is open and the listeners of `open` have run. Settles with `true`
   * when the connection is gone, or the attempt has failed.
   *
   * Fails with 401 for a code that must not be sent or a reason above 123 bytes, and with 2302999 when there is no
   * connection. A rejection that nobody looks at does not end the process.
   */
  close(callback: AsyncCallback<boolean>): void;
  close(options: WebSocketCloseOptions | undefined, callback: AsyncCallback<boolean>): void;
  close(options?: WebSocketCloseOptions): Promise<boolean>;
  close(...args: unknown[]): Promise<boolean> | void {
    if (!(#core in this)) return undefined;
    const { callback, values } = splitArguments(args, 0);
    const closed = new Completion(callback).mayBeIgnored();
    try {
      const close = planClose(readGiven('options', () => platformCloseOptions(values[0])));
      checkNoCallback(values[1]);
      if (this.#pending === undefined) {
        this.#close(close, closed);
      } else {
        this.#pending.close ??= close;
        this.#pending.closed.push(closed);
      }
    } catch (error) {
      closed.failLater(error as BusinessError);
    }
    return closed.promise;
  }

  /** Registers the listener of an event; it replaces the one before. Unknown events are ignored. */
  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void {
    if (!(#core in this) || !isEvent(type) || typeof callback !== 'function') return;
    this.#program.remove(type);
    this.#program.add(type, callback);
  }

  /** Removes the listener of an event: when it is this one, or whichever it is. Unknown events are ignored. */
  off<E extends keyof WebSocketListeners>(type: E, callback?: WebSocketListeners[E]): void {
    if (!(#core in this) || !isEvent(type)) return;
    if (callback === undefined || typeof callback === 'function') this.#program.remove(type, callback);
  }

  /** Closes the connection, or gives up an attempt: `await using ws = webSocket.createWebSocket()`. An addition of ours. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#core.isBusy) return;
    if (this.#pending === undefined) {
      await this.close();
    } else {
      this.#pending.connected.mayBeIgnored(); // an attempt that has not begun rejects
      await this.#core.close([]);
    }
  }

  /** See `beside-program.ts`. */
  get [besideProgram](): ListenerTarget {
    const beside = this.#beside;
    return {
      on: (type, callback) => beside.add(type, callback),
      off: (type, callback) => beside.remove(type, callback),
    };
  }

  /** See `beside-program.ts`. */
  [holdReading](): ReadingHold {
    return this.#core.holdReading();
  }

  #close(close: CloseResult, closed: Completion): void {
    if (this.#isOpen) this.#ownClose ??= close;
    this.#core.close([close, settling(closed)]);
  }

  #both(emit: (to: Listeners) => void): void {
    emit(this.#program);
    emit(this.#beside);
  }

  #started(): void {
    const pending = this.#pending!;
    pending.begun = true;
    queueMicrotask(() => pending.connected.succeed());
  }

  #opened(result: OpenResult): void {
    const { sends } = this.#pending!;
    this.#pending = undefined;
    this.#isOpen = true;
    this.#isLost = false;
    this.#ownClose = undefined;
    for (const { data, sent } of sends) this.#core.send(data, settling(sent));
    this.#both((to) => to.emitResult('open', result));
  }

  #failed(error: BusinessError): void {
    if (this.#pending?.begun === false) return; // the caller of connect gets it
    this.#isLost = this.#isOpen;
    this.#pending = undefined; // before the listeners run: they may connect again
    this.#both((to) => to.emit('error', error));
  }

  /** The outcome of the core's connect, after its events. */
  #settle(pending: Pending, error: BusinessError | undefined): void {
    const { connected, begun, sends, closed, close } = pending;
    if (error === undefined) {
      for (const completion of closed) this.#close(close!, completion);
      return;
    }
    if (this.#pending === pending) this.#pending = undefined;
    if (!begun) connected.fail(error);
    const unsent = businessError(2302999, 'The attempt to connect failed before the data could be sent.');
    for (const { sent } of sends) sent.fail(unsent);
    for (const completion of closed) completion.succeed();
  }

  #closed(result: CloseResult): void {
    if (!this.#isOpen) return; // an attempt that was given up
    this.#isOpen = false;
    const told = closeResult(result, this.#isLost, this.#ownClose);
    this.#both((to) => to.emitResult('close', { ...told }));
  }
}

/** Makes a WebSocket that behaves as the platform's. It does nothing until `connect` is called. */
export function createPlatformWebSocket(): PlatformWebSocket {
  return new PlatformWebSocket();
}

function isEvent(type: unknown): boolean {
  return typeof type === 'string' && Object.hasOwn(events, type);
}

function settling(completion: Completion): AsyncCallback<boolean> {
  return (error) => (error === undefined ? completion.succeed() : completion.fail(error));
}

/** The engine reports what it closes with itself, whatever the peer answers with; and 0 where a link was lost. */
function closeResult({ code, reason }: CloseResult, isLost: boolean, own: CloseResult | undefined): CloseResult {
  if (code === 1006) return isLost || own === undefined ? { code: 0, reason: linkDown } : own;
  if (code === 1005) return own ?? { code: 1000, reason: linkDown };
  return { code, reason: reason || (own?.code === code ? own.reason : linkDown) };
}
