/**
 * What a WebSocket is behind its attributes and methods: its connection, its state, what of its messages still waits, and
 * its events, in the order that the standard gives.
 */
import { Buffer } from 'node:buffer';
import additions from '#additions';
import { isAllowedDomain } from '../api/allowed-domain.js';
import type { ListenerTarget, ReadingHold } from '../api/beside-program.js';
import { callUser, noError } from '../api/callbacks.js';
import type { ConnectionState } from '../api/control-types.js';
import type { ControlListener, MessageReceiver, ReadInPieces } from '../api/controlled.js';
import type { BusinessError } from '../api/errors.js';
import { attemptError, lossError } from '../api/failures.js';
import { Listeners } from '../api/listeners.js';
import type { Outcome, SendQueue, SendQueueOwner } from '../api/send-queue.js';
import { type HeldReading, shareReading } from '../api/shared-reading.js';
import { CloseCode } from '../protocol/closing/close-code.js';
import type { HandshakeResult } from '../protocol/handshake/client.js';
import { type ConnectHandler, type Connecting, connect } from '../transport/connect.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import type { Connection } from '../transport/connection.js';
import type { ConnectionFailure } from '../transport/failure.js';
import { nextTurn } from '../transport/next-turn.js';
import type { Receipts } from '../transport/outbox.js';
import { CloseEvent, ConnectionErrorEvent } from './events.js';
import { MessageListeners } from './message-listeners.js';

const states: readonly ConnectionState[] = ['connecting', 'open', 'closing', 'closed'];

/** The values of `readyState`. */
export const ReadyState = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;

/** What has been sent since the last flush; it counts as buffered until the system has it. */
class Unsent implements Receipts {
  bytes = 0;
  /** For the queue. */
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  readonly #channel: Channel;
  #joined: Receipts | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  settle(): void {
    this.#channel.bufferedAmount -= this.bytes;
    this.#resolve?.();
    this.#joined?.settle();
  }

  /** Settles with these. */
  settled(): Promise<void> {
    this.#promise ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#promise;
  }

  /** The standard has `bufferedAmount` keep what never left. */
  fail(): void {
    this.#reject?.(new Error('The connection ended before the message was complete.'));
    this.#joined?.fail();
  }

  join(others: Receipts): void {
    if (this.#joined === undefined) this.#joined = others;
    else this.#joined.join(others);
  }
}

/** Of a socket of Unix, the one that it has for its server. */
function originOf(protocol: string, authority: string): string {
  return `${protocol.replace('+unix', '')}//${authority || 'localhost'}`;
}

export class Channel implements ConnectHandler, SendQueueOwner, Outcome, ReadInPieces, HeldReading {
  readonly #target: EventTarget;
  readonly url: string;
  /** Of the `message` event. */
  readonly listeners: MessageListeners;
  readonly #offersProtocols: boolean;
  #attempt: Connecting | undefined;
  #connection: Connection | undefined;
  #state: number = ReadyState.connecting;
  /** What the error event will say; set when the connection has failed. */
  #error: Error | undefined;
  #unsent: Unsent | undefined;
  /** While a `Blob` is being read: what is sent meanwhile waits behind it. */
  #queue: SendQueue | undefined;
  /** See `HeldReading`. */
  holds = 0;
  /** See `messages` and `toEmitter`: listeners in the words of the documented API. */
  #beside: Listeners | undefined;
  #receiver: MessageReceiver | undefined;
  /** See `controls`. */
  controlListener: ControlListener | undefined;
  binaryType: 'blob' | 'arraybuffer' = 'blob';
  protocol = '';
  extensions = '';
  /** Bytes of messages, as the program sees them, that the system has not taken. */
  bufferedAmount = 0;

  constructor(
    target: EventTarget,
    { href, protocol, host: authority }: URL,
    plan: ConnectPlan,
    refusal: string | undefined,
  ) {
    this.#target = target;
    this.url = href;
    this.listeners = new MessageListeners(target, originOf(protocol, authority));
    this.#offersProtocols = plan.subprotocols.length > 0;
    const { host } = plan.target;
    const why =
      refusal ?? (isAllowedDomain(host) ? undefined : `The host ${host} is not on the list of allowed domains.`);
    if (why === undefined) this.#attempt = connect(plan, this);
    else nextTurn(() => this.#end(new Error(why), CloseCode.abnormal, ''));
  }

  get readyState(): number {
    // The server's Close frame, and a rule that it broke, end what may be sent before they end the connection.
    if (this.#state === ReadyState.open && !this.#connection!.isOpen) return ReadyState.closing;
    return this.#state;
  }

  sendText(text: string): void {
    const size = Buffer.byteLength(text);
    this.bufferedAmount += size;
    if (this.#state !== ReadyState.open) return;
    if (this.#queue !== undefined) this.#queue.add(text, this);
    else if (this.#connection!.isOpen && this.#connection!.sendText(text)) this.sent(size);
  }

  /** @param bytes the program's: copied before this returns */
  sendBinary(bytes: Uint8Array): void {
    this.bufferedAmount += bytes.length;
    if (this.#state !== ReadyState.open) return;
    if (this.#queue !== undefined) this.#queue.add(bytes.slice(), this);
    else if (this.#connection!.isOpen && this.#connection!.sendBinary(bytes)) this.sent(bytes.length);
  }

  sendBlob(blob: Blob): void {
    this.bufferedAmount += blob.size;
    if (this.readyState !== ReadyState.open) return;
    this.#queue ??= new (additions.sendQueue().SendQueue)(this.#connection!, this);
    this.#queue.add(blob, this);
  }

  // ------------------------------------------------------------------ see `Controlled`

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get state(): ConnectionState {
    return states[this.readyState]!;
  }

  abort(): void {
    if (this.#state === ReadyState.connecting) this.close(CloseCode.noStatusReceived, '');
  }

  holdReading(): ReadingHold {
    return shareReading(this);
  }

  get messageReceiver(): MessageReceiver | undefined {
    return this.#receiver;
  }

  set messageReceiver(receiver: MessageReceiver | undefined) {
    this.#receiver = receiver;
    this.#connection?.receivePieces(receiver);
  }

  /** See `beside-program.ts`. Who comes when all is over learns of the end all the same. */
  get besideProgram(): ListenerTarget {
    const beside = (this.#beside ??= new Listeners());
    return {
      on: (type, callback) => {
        beside.add(type, callback);
        if (type !== 'close' || this.#state !== ReadyState.closed) return;
        const over = callback as (error: typeof noError, closed: object) => void;
        nextTurn(() => callUser(over, noError, { code: CloseCode.abnormal, reason: '' }));
      },
      off: (type, callback) => beside.remove(type, callback),
    };
  }

  // ------------------------------------------------------------------ what the queue reports

  sent(size: number): void {
    (this.#unsent ??= new Unsent(this)).bytes += size;
  }

  flushed(): Promise<void> {
    return (this.#unsent ??= new Unsent(this)).settled();
  }

  idle(): void {
    this.#queue = undefined;
  }

  /** A message of the queue has left. */
  succeed(): void {}

  /**
   * A `Blob` could not be read: without its message, the others would not be what the program sent. What fails because the
   * connection is ending says nothing of how it ends.
   */
  fail(error: Error): void {
    if (this.readyState >= ReadyState.closing || this.#connection === undefined) return;
    this.#fail(error);
    this.#connection.terminate();
  }

  close(code: number, reason: string): void {
    if (this.readyState >= ReadyState.closing) return;
    const wasConnecting = this.#state === ReadyState.connecting;
    this.#state = ReadyState.closing;
    if (wasConnecting) this.#attempt?.abort();
    else (this.#queue ?? this.#connection!).close(code, reason);
  }

  // ------------------------------------------------------------------ what the connection reports

  response(): void {}

  allows(host: string): boolean {
    return isAllowedDomain(host);
  }

  open({ subprotocol, extensions }: HandshakeResult, connection: Connection): void {
    this.#attempt = undefined;
    this.#connection = connection;
    if (this.#offersProtocols && subprotocol === '') {
      this.#fail(new Error('The server chose none of the subprotocols that were offered.'));
      return connection.terminate();
    }
    if (this.holds > 0) connection.pause();
    if (this.#receiver !== undefined) connection.receivePieces(this.#receiver);
    this.controlListener?.opened(connection);
    this.#state = ReadyState.open;
    this.protocol = subprotocol;
    this.extensions = extensions;
    this.#beside?.emitResult('open', { status: 101, message: 'Switching Protocols' });
    this.#target.dispatchEvent(new Event('open'));
  }

  message(data: string | ArrayBuffer): void {
    if (this.#state !== ReadyState.open) return;
    if (this.#receiver !== undefined) this.#receiver.whole(data);
    else {
      this.#beside?.emitMessage(data);
      const isShown = typeof data === 'string' || this.binaryType === 'arraybuffer';
      this.listeners.deliver(isShown ? data : new Blob([data]));
    }
    if (this.holds > 0) this.#connection?.pause(); // what close has started again
  }

  pinged(payload: Buffer): void {
    this.controlListener?.pinged(payload);
  }

  pong(payload: Buffer): void {
    this.controlListener?.ponged(payload);
  }

  takeReceipts(): Receipts | undefined {
    const unsent = this.#unsent;
    this.#unsent = undefined;
    return unsent;
  }

  failed(failure: ConnectionFailure): void {
    if (this.#connection !== undefined) return this.#fail(lossError(failure));
    this.#end(attemptError(failure), CloseCode.abnormal, '');
  }

  closed(code: number, reason: string): void {
    // After a failure, the standard has no code of ours: only what a Close frame of the server said.
    if (this.#error === undefined && code !== CloseCode.abnormal) this.#end(undefined, code, reason);
    else this.#end(this.#error, CloseCode.abnormal, '');
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#state = ReadyState.closing;
  }

  #end(error: Error | undefined, code: number, reason: string): void {
    this.#state = ReadyState.closed;
    this.#attempt = this.#connection = undefined;
    this.#queue?.end();
    this.#queue = undefined;
    this.controlListener?.ended();
    if (error !== undefined) {
      this.#beside?.emit('error', error as BusinessError);
      this.#target.dispatchEvent(new ConnectionErrorEvent(error));
    }
    this.#beside?.emitResult('close', { code, reason });
    const wasClean = code !== CloseCode.abnormal;
    this.#target.dispatchEvent(new CloseEvent('close', { wasClean, code, reason }));
  }
}
