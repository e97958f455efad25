/** What a WebSocket is behind its methods: one connection at a time, and who learns of what in which order. */

import type { Buffer } from 'node:buffer';
import additions from '#additions';
import { CloseCode } from '../protocol/closing/close-code.js';
import type { HandshakeResult } from '../protocol/handshake/client.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import { type ConnectHandler, type Connecting, connect } from '../transport/connect.js';
import type { Connection } from '../transport/connection.js';
import type { ConnectionFailure } from '../transport/failure.js';
import { isAllowedDomain } from './allowed-domain.js';
import { callbackError, checkNoCallback, splitArguments, typeName } from './arguments.js';
import type { ReadingHold } from './beside-program.js';
import { toBytes } from './bytes.js';
import { Completion } from './callbacks.js';
import type { ConnectionState } from './control-types.js';
import type { ControlListener, MessageReceiver, ReadInPieces } from './controlled.js';
import { type BusinessError, businessError, parameterError } from './errors.js';
import { attemptError, callerError, isEvent, lossError } from './failures.js';
import { Listeners } from './listeners.js';
import { isMessageSource } from './message-source.js';
import { planClose, planConnect, readUrl } from './options.js';
import type { SendQueue, SendQueueOwner } from './send-queue.js';
import { SendReceipts } from './send-receipts.js';
import { shareReading } from './shared-reading.js';
import type { AsyncCallback } from './types.js';

/** What few connections need. */
export interface CoreExtras {
  /** For a facade that settles `connect` when the attempt has begun. */
  started?: () => void;
  /** While a message in pieces is being sent: what is sent meanwhile waits behind it. */
  queue?: SendQueue | undefined;
  /** See `controls`. */
  control?: ControlListener | undefined;
  receiver?: MessageReceiver | undefined;
}

/** An attempt to connect, and who waits for its outcome. */
interface Attempt {
  readonly connecting: Connecting;
  readonly completion: Completion;
}

/** What is known of a connection beside itself. */
interface Opened extends HandshakeResult {
  readonly url: string;
}

export class WebSocketCore implements ConnectHandler, SendQueueOwner, ReadInPieces {
  readonly listeners: Listeners;
  #connection: Connection | undefined;
  /** Until the connection is open. */
  #attempt: Attempt | undefined;
  #closing: Completion[] | undefined;
  /** Of the sends since the last flush. */
  #receipts: SendReceipts | undefined;
  /** See `HeldReading`. */
  holds = 0;
  /** Of the connection that there is, or was: its URL alone when nothing was agreed, which is what most hold. */
  #about: string | Opened = '';
  /** What few connections need; nothing until then. */
  extras: CoreExtras | undefined;

  constructor(listeners = new Listeners()) {
    this.listeners = listeners;
  }

  /** Whether it is connecting, open or closing. */
  get isBusy(): boolean {
    return this.#connection !== undefined || this.#attempt !== undefined;
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#connection?.isOpen === true;
  }

  // ------------------------------------------------------------------ what the program asks for

  connect(args: readonly unknown[]): Promise<boolean> | undefined {
    const { callback, values } = splitArguments(args, 1);
    const completion = new Completion(callback);
    try {
      this.#connect(values, completion);
    } catch (error) {
      completion.failLater(error as BusinessError);
    }
    return completion.promise;
  }

  #connect([given, options, extra]: readonly unknown[], completion: Completion): void {
    const url = readUrl(given);
    const plan = planConnect(url, options);
    checkNoCallback(extra);
    if (this.isBusy) {
      throw businessError(2302003, 'Close the connection first, or create another WebSocket.');
    }
    if (!isAllowedDomain(plan.target.host)) {
      throw businessError(2302998, `The host ${plan.target.host} is not on the list given to setAllowedDomains.`);
    }
    this.#about = url;
    this.#attempt = { connecting: connect(plan, this), completion };
  }

  send(data: unknown, callback: unknown): Promise<boolean> | undefined {
    const connection = this.#connection;
    if (this.extras?.queue !== undefined) return this.#sendInOrder(this.extras.queue, data, callback);
    const isText = typeof data === 'string';
    const bytes = isText ? undefined : toBytes(data);
    const wellTyped = (isText || bytes !== undefined) && (callback === undefined || typeof callback === 'function');
    if (connection === undefined || !connection.isOpen || !wellTyped) return this.#sendPieces(data, callback);
    const sent = isText ? connection.sendText(data) : connection.sendBinary(bytes!);
    if (!sent) return failSend(data, callback); // a subscriber of the diagnostics channels closed meanwhile
    const receipts = (this.#receipts ??= SendReceipts.take());
    if (callback === undefined) return receipts.promise;
    receipts.add(callback as AsyncCallback<boolean>);
    return undefined;
  }

  #sendPieces(data: unknown, callback: unknown): Promise<boolean> | undefined {
    const connection = this.#connection;
    if (connection?.isOpen !== true || !isMessageSource(data)) return failSend(data, callback);
    const queue = new (additions.sendQueue().SendQueue)(connection, this);
    (this.extras ??= {}).queue = queue;
    return this.#sendInOrder(queue, data, callback);
  }

  /** Behind the message in pieces that is being sent, or as the first one. */
  #sendInOrder(queue: SendQueue, data: unknown, callback: unknown): Promise<boolean> | undefined {
    const view = typeof data === 'string' ? undefined : toBytes(data);
    // Not by slice, which in a Buffer does not copy.
    const bytes = typeof data === 'string' ? data : view && new Uint8Array(view);
    const message = bytes ?? (isMessageSource(data) ? data : undefined);
    const isCallback = callback === undefined || typeof callback === 'function';
    if (message === undefined || !isCallback || queue.isClosing || this.#connection?.isOpen !== true) {
      return failSend(data, callback);
    }
    const completion = new Completion(callback as AsyncCallback<boolean> | undefined).mayBeIgnored();
    queue.add(message, completion);
    return completion.promise;
  }

  close(args: readonly unknown[]): Promise<boolean> | undefined {
    const { callback, values } = splitArguments(args, 0);
    const completion = new Completion(callback).mayBeIgnored();
    try {
      this.#close(values, completion);
    } catch (error) {
      completion.failLater(error as BusinessError);
    }
    return completion.promise;
  }

  #close([options, extra]: readonly unknown[], completion: Completion): void {
    const { code, reason } = planClose(options);
    checkNoCallback(extra);
    if (!this.isBusy) {
      throw businessError(2302999, 'There is no connection to close; call connect first.');
    }
    (this.#closing ??= []).push(completion);
    if (this.#connection === undefined) this.#attempt?.connecting.abort();
    else (this.extras?.queue ?? this.#connection).close(code, reason);
  }

  // ------------------------------------------------------------------ see `ReadInPieces`

  get state(): ConnectionState {
    const connection = this.#connection;
    if (connection === undefined) return this.#attempt === undefined ? 'closed' : 'connecting';
    return connection.isOpen && this.#closing === undefined ? 'open' : 'closing';
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get url(): string {
    return typeof this.#about === 'string' ? this.#about : this.#about.url;
  }

  get protocol(): string {
    return typeof this.#about === 'string' ? '' : this.#about.subprotocol;
  }

  get extensions(): string {
    return typeof this.#about === 'string' ? '' : this.#about.extensions;
  }

  get bufferedAmount(): number {
    return this.#connection?.unwritten ?? 0;
  }

  get controlListener(): ControlListener | undefined {
    return this.extras?.control;
  }

  set controlListener(listener: ControlListener | undefined) {
    (this.extras ??= {}).control = listener;
  }

  get messageReceiver(): MessageReceiver | undefined {
    return this.extras?.receiver;
  }

  set messageReceiver(receiver: MessageReceiver | undefined) {
    (this.extras ??= {}).receiver = receiver;
    this.#connection?.receivePieces(receiver);
  }

  abort(): void {
    this.#attempt?.connecting.abort();
  }

  /** See `holdReading`. */
  holdReading(): ReadingHold {
    return shareReading(this);
  }

  // ------------------------------------------------------------------ what the connection reports

  started(): void {
    this.extras?.started?.();
  }

  response(_status: StatusLine, head: Head): void {
    if (this.listeners.has('headerReceive')) this.listeners.emit('headerReceive', head.toHeaders());
  }

  allows(host: string): boolean {
    return isAllowedDomain(host);
  }

  open(result: HandshakeResult, connection: Connection): void {
    const { subprotocol, extensions } = result;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#connection = connection;
    if (subprotocol !== '' || extensions !== '') this.#about = { url: this.url, subprotocol, extensions };
    if (this.holds > 0) connection.pause();
    if (this.extras !== undefined) openWith(this.extras, connection);
    const opened = { status: 101, message: 'Switching Protocols' };
    this.listeners.emitResult('open', { ...opened });
    this.listeners.emitResult('openInfo', subprotocol === '' ? opened : { ...opened, protocol: subprotocol });
    attempt?.completion.succeed();
  }

  message(data: string | ArrayBuffer): void {
    const receiver = this.extras?.receiver;
    if (receiver === undefined) this.listeners.emitMessage(data);
    else receiver.whole(data);
    if (this.holds > 0) this.#connection?.pause(); // what close has started again
  }

  pinged(payload: Buffer): void {
    this.extras?.control?.pinged(payload);
  }

  pong(payload: Buffer): void {
    this.extras?.control?.ponged(payload);
  }

  /** See `SendQueueOwner`. */
  flushed(): Promise<unknown> {
    return (this.#receipts ??= SendReceipts.take()).promise;
  }

  sent(): void {}

  idle(): void {
    this.extras!.queue = undefined;
  }

  takeReceipts(): SendReceipts | undefined {
    const receipts = this.#receipts;
    this.#receipts = undefined;
    return receipts;
  }

  failed(failure: ConnectionFailure): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return this.listeners.emit('error', lossError(failure));
    // The object is free before its listeners run: they may connect again.
    this.#attempt = undefined;
    this.extras?.control?.ended();
    const closing = this.#takeClosing();
    if (isEvent(failure)) {
      // A program whose listener of `error` learns of the failure may ignore the promise.
      if (this.listeners.has('error')) attempt.completion.mayBeIgnored();
      this.listeners.emit('error', attemptError(failure));
    }
    attempt.completion.fail(callerError(failure));
    if (closing.length === 0) return;
    // close was called while connecting
    this.listeners.emitResult('close', { code: CloseCode.abnormal, reason: '' });
    for (const completion of closing) completion.succeed();
  }

  closed(code: number, reason: string): void {
    const closing = this.#takeClosing();
    this.#connection = undefined;
    if (this.extras !== undefined) endWith(this.extras);
    this.listeners.emitResult('close', { code, reason });
    for (const completion of closing) completion.succeed();
  }

  #takeClosing(): Completion[] {
    const closing = this.#closing ?? [];
    this.#closing = undefined;
    return closing;
  }
}

function openWith({ receiver, control }: CoreExtras, connection: Connection): void {
  if (receiver !== undefined) connection.receivePieces(receiver);
  control?.opened(connection);
}

function endWith(extras: CoreExtras): void {
  extras.queue?.end();
  extras.queue = undefined;
  extras.control?.ended();
}

/** Reports why nothing was sent; a rejection may be ignored. Apart from `send`, which is the hot path. */
function failSend(data: unknown, callback: unknown): Promise<boolean> | undefined {
  const done = [callback, data].find((argument) => typeof argument === 'function');
  const completion = new Completion(done as AsyncCallback<boolean> | undefined).mayBeIgnored();
  completion.failLater(sendError(data, callback));
  return completion.promise;
}

function sendError(data: unknown, callback: unknown): BusinessError {
  if (typeof data !== 'string' && toBytes(data) === undefined && !isMessageSource(data)) {
    return parameterError(`data must be a string, an ArrayBuffer or a view of one, got ${typeName(data)}.`);
  }
  if (callback !== undefined && typeof callback !== 'function') return callbackError(callback);
  return businessError(2302999, 'The connection is not open: call send after the open event.');
}
