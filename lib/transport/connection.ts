/**
 * The pump between a socket and a session: reads in, the outbox out, back-pressure, deadlines.
 *
 * Everything that a session asks for is done here, and nothing else: no rule of the protocol is known in this file.
 */
import type { AsyncResource } from 'node:async_hooks';
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { CloseCode } from '../protocol/closing/close-code.js';
import type { Failure, Fragment, SessionHandler } from '../protocol/contracts.js';
import type { HandshakeResult } from '../protocol/handshake/client.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import type { PieceReceiver } from '../protocol/messages/assembler.js';
import type { Violation } from '../protocol/rules.js';
import { Session } from '../protocol/session.js';
import type { ConnectionHandler, ConnectionParts, OpeningHandler } from './connection-parts.js';
import { EarlyFrames, headEnd } from './early-frames.js';
import { ofSession } from './failure.js';
import type { Inbox, InboxOwner } from './inbox.js';
import { nextTurn } from './next-turn.js';
import { Outbox, type OutboxOwner, type Receipts } from './outbox.js';
import { now, sessionOptions } from './session-options.js';
import { SharedTimer, type TimerClient } from './shared-timer.js';
import { describeTlsError } from './tls/alert.js';

/** What is read after `close` for the server's Close frame, whoever holds reading back. */
const closingAllowance = 1 << 20;

/** Listeners are shared by all connections, and find theirs on the socket: closures would cost each of them a KiB. */
const owner = Symbol('connection');
/** Set on the socket of a connection that the process does not wait for. */
const unref = Symbol('unref');
type OwnedSocket = Socket & { [owner]?: Connection | undefined; [unref]?: boolean };

/** What there is until the response head has been taken, and the program has seen its connect settle. */
interface Opening {
  readonly handler: OpeningHandler;
  readonly early: EarlyFrames;
}

export class Connection implements SessionHandler, InboxOwner, OutboxOwner, TimerClient {
  readonly #handler: ConnectionHandler;
  readonly #socket: OwnedSocket;
  readonly #session: Session;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  /** Timers are shared, so callbacks re-enter the async context of their own `connect`. */
  readonly #scope: AsyncResource;
  #opening: Opening | undefined;
  #finished = false;
  /** How much is still read after `close` although the program holds reading back. */
  #readForClose = 0;
  #socketError: Error | undefined;
  #timer: SharedTimer | undefined;
  /** The deadline that `#timer` is for. */
  #armedFor = Infinity;

  /** Takes over a socket that is ready for the opening handshake. Call `start` next. */
  constructor(socket: Socket, parts: ConnectionParts) {
    const { plan, opening, inbox, handler, scope, recorder } = parts;
    this.#handler = handler;
    this.#socket = socket;
    this.#scope = scope;
    this.#opening = { handler: opening, early: new EarlyFrames() };
    this.#inbox = inbox;
    this.#outbox = new Outbox(socket, this);
    const options = sessionOptions(parts, this.#outbox);
    this.#session = recorder?.session(this, options, plan.deflate) ?? new Session(this, options);
  }

  /**
   * Sends the request, and follows the socket from now on.
   *
   * @param usesOnread whether the socket reads into the inbox; else it is read by 'data' events
   * @param head bytes of the peer that are already there
   */
  start(usesOnread: boolean, head: Buffer): void {
    const socket = this.#socket;
    socket[owner] = this;
    socket.on('error', Connection.#onError);
    socket.on('end', Connection.#onEnd);
    socket.on('close', Connection.#onClose);
    this.#inbox.attach(this, socket, this.#scope, usesOnread);
    this.#afterSession();
    if (head.length > 0) this.arrived(head, head.length);
  }

  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  /** Bytes of output that the system has not taken yet. */
  get unwritten(): number {
    return this.#finished ? 0 : this.#outbox.size + this.#socket.writableLength;
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Milliseconds that closing may take. */
  get closeTimeout(): number {
    return this.#session.limits.closeTimeout;
  }

  // ------------------------------------------------------------------ what the owner asks for

  /** Sends a text message; the connection must be open. @returns whether it was sent: see `Session.sendText` */
  sendText(message: string): boolean {
    const sent = this.#session.sendText(message);
    this.#outbox.schedule();
    return sent;
  }

  /** Sends a binary message, as `sendText` does. The bytes are copied before this returns. */
  sendBinary(message: Uint8Array): boolean {
    const sent = this.#session.sendBinary(message);
    this.#outbox.schedule();
    return sent;
  }

  /** Sends a frame of a message in pieces, as `sendBinary` does: no other message may be sent until its last one. */
  sendFragment(fragment: Fragment): boolean {
    const sent = this.#session.sendFragment(fragment);
    this.#outbox.schedule();
    return sent;
  }

  /** Sends a ping with at most 125 bytes; the connection must be open. */
  ping(payload: Uint8Array): void {
    this.#session.ping(payload);
    this.#outbox.schedule();
  }

  /** Starts the closing handshake; the connection must have been open. */
  close(code: number, reason: string): void {
    if (this.#finished) return;
    if (this.#session.isOpen) this.#readForClose = closingAllowance;
    this.resume(); // the server's Close frame has to be read
    this.#session.close(code, reason);
    this.#afterSession();
  }

  /** The peer broke a rule that is known outside the session: in what a reader of pieces decompresses. */
  violate(violation: Violation): void {
    if (this.#finished || this.#session.stopped) return;
    this.#session.violate(violation);
    this.#afterSession();
  }

  /** Has messages that begin from now on received in pieces. */
  receivePieces(receiver: PieceReceiver | undefined): void {
    if (!this.#finished && !this.#session.stopped) this.#session.input.pieces = receiver;
  }

  /** See `TimerClient`. */
  get isUnref(): boolean {
    return this.#socket[unref] === true;
  }

  /** Whether the process waits for this connection. */
  hold(holds: boolean): void {
    this.#timer?.cancel(this);
    this.#timer = undefined;
    this.#armedFor = Infinity;
    this.#socket[unref] = !holds;
    if (holds) this.#socket.ref();
    else this.#socket.unref();
    this.#arm();
  }

  /** Ends the connection at once, without a closing handshake: reported as closed with 1006, in a later turn. */
  terminate(): void {
    if (this.#finished) return;
    this.#finish();
    this.#session.receiveEnd();
    nextTurn(() => this.#scope.runInAsyncScope(() => this.#handler.closed(CloseCode.abnormal, '')));
  }

  /** Gives the opening handshake up: the socket is destroyed, and nothing is reported. */
  abandon(): void {
    this.#finish();
    // It may be reporting the response at this moment: it must not go on to open.
    this.#session.close(CloseCode.normal, '');
  }

  /**
   * Stops reading: the peer's messages stay in the kernel, and then with the peer. What has been read already is still
   * delivered: at most 256 KiB. The end of the connection is noticed after `resume` only. After `close` the server's Close
   * frame is looked for all the same, but only among its next bytes: ask again with each message.
   */
  pause(): void {
    if (this.#inbox.isPaused || this.#finished || this.#session.stopped || this.#readForClose > 0) return;
    this.#inbox.pause();
    this.#session.paused = true;
  }

  resume(): void {
    if (!this.#inbox.isPaused || this.#finished) return;
    this.#inbox.resume();
    this.#session.paused = false;
    this.#arm();
  }

  // ------------------------------------------------------------------ the session's reports

  response(status: StatusLine, head: Head): void {
    this.#opening!.handler.response(status, head);
  }

  open(result: HandshakeResult): void {
    this.#opening!.handler.opened(result);
  }

  message(data: string | ArrayBuffer): void {
    this.#handler.message(data);
  }

  pinged(payload: Buffer): void {
    this.#handler.pinged?.(payload);
  }

  pong(payload: Buffer): void {
    this.#handler.pong(payload);
  }

  failed(failure: Failure): void {
    if (this.#finished) return;
    if (!this.#session.isOver) return this.#handler.failed(ofSession(failure));
    const { handler } = this.#opening!;
    this.#finish();
    handler.handshakeFailed(ofSession(failure));
  }

  closed(code: number, reason: string): void {
    if (this.#finished) return;
    this.#finish();
    this.#handler.closed(code, reason);
  }

  // ------------------------------------------------------------------ the outbox's reports

  takeReceipts(): Receipts | undefined {
    return this.#handler.takeReceipts();
  }

  congested(congested: boolean): void {
    this.#session.congested = congested;
  }

  written(position: number): void {
    if (this.#session.awaitsWriting) this.#session.written(position, this.#outbox.transit);
  }

  // ------------------------------------------------------------------ the inbox's reports

  get isGone(): boolean {
    return this.#finished;
  }

  arrived(bytes: Buffer, size: number): void {
    if (this.#finished) return;
    if (this.#readForClose > 0) this.#readForClose -= size;
    if (this.#opening !== undefined) this.#receiveOpening(this.#opening, bytes, size);
    else this.#inbox.take(bytes, 0, size);
  }

  receive(bytes: Buffer, start: number, end: number): number {
    return this.#session.receive(bytes, start, end);
  }

  readStarts(): void {
    this.#outbox.readStarts();
  }

  readEnds(): void {
    this.#afterSession();
  }

  // ------------------------------------------------------------------ the socket

  #receiveOpening({ early }: Opening, bytes: Buffer, size: number): void {
    const session = this.#session;
    let at = 0;
    while (at < size && session.state === 'connecting' && !this.#finished) {
      const end = headEnd(bytes, at, size);
      this.#inbox.take(bytes, at, end);
      at = end;
    }
    if (this.#finished || session.state === 'connecting') return;
    if (session.state === 'refused') {
      if (at < size) this.#inbox.take(bytes, at, size);
      return;
    }
    if (!early.arrived) {
      if (at === size) {
        this.#opening = undefined;
        return;
      }
      nextTurn(() => this.#receiveEarly());
    }
    early.keep(bytes, at, size);
  }

  #receiveEarly(): void {
    const early = this.#opening?.early.take();
    if (early === undefined) return; // the connection ended first
    this.#opening = undefined;
    this.arrived(early, early.length);
  }

  static #onEnd(this: OwnedSocket): void {
    const connection = this[owner];
    if (connection === undefined) return;
    connection.#inbox.end(() => {
      connection.#receiveEarly();
      connection.#receiveEnd();
      connection.#afterSession();
    });
  }

  /** Stays registered to the end: an error on the way out must not be uncaught. */
  static #onError(this: OwnedSocket, error: Error): void {
    const connection = this[owner];
    if (connection !== undefined) connection.#socketError = error;
  }

  #receiveEnd(): void {
    const error = this.#socketError;
    // TLS 1.3 judges a client certificate after the handshake: its alert arrives here, as a line of OpenSSL's.
    this.#session.receiveEnd(error, describeTlsError(error, 'the server'));
  }

  static #onClose(this: OwnedSocket): void {
    const connection = this[owner];
    if (connection === undefined) return;
    connection.#inbox.end(() => {
      connection.#receiveEarly();
      connection.#receiveEnd();
      connection.#finish();
    });
  }

  /** After anything that may have given a session output, a new deadline, or its end. */
  #afterSession(): void {
    if (this.#finished) return;
    this.#outbox.flushTurn();
    this.#arm();
  }

  // ------------------------------------------------------------------ time

  #arm(): void {
    if (this.#finished) return;
    const { deadline } = this.#session;
    // A timer that fires too early re-arms itself.
    if (deadline >= this.#armedFor) return;
    this.#timer?.cancel(this);
    this.#armedFor = deadline;
    this.#timer = SharedTimer.at(deadline, now(), this);
  }

  /** See `TimerClient`. */
  wakeUp(): void {
    this.#timer = undefined;
    this.#armedFor = Infinity;
    // A process that was stopped finds its timers due before it has read what arrived meanwhile: read first.
    nextTurn(() => this.#scope.runInAsyncScope(this.#expire, this));
  }

  #expire(): void {
    if (this.#finished) return;
    this.#session.expire();
    this.#afterSession();
  }

  /** Lets go of everything: the socket, the timer, the sends that will never be written. */
  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#timer?.cancel(this);
    this.#opening = undefined;
    this.#socket[owner] = undefined;
    this.#socket.destroy();
    this.#outbox.close();
  }
}
