/**
 * The pump between a socket and a session: reads, one write per turn, back-pressure, one wake-up.
 *
 * Everything that a session asks for is done here, and nothing else: no rule of the protocol is known in this file.
 */
import { AsyncResource } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { CloseCode } from '../protocol/closing/close-code.js';
import { MaskingKeys } from '../protocol/framing/mask.js';
import { flushSize, type OutputChunk } from '../protocol/framing/output.js';
import type { HandshakeResult } from '../protocol/handshake/client.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import type { Recorder } from '../protocol/recording/recorder.js';
import {
  type Failure,
  type MessageExtension,
  Session,
  type SessionHandler,
  type SessionOptions,
} from '../protocol/session.js';
import type { ConnectPlan } from './connect-plan.js';
import { type DialHandler, type Dialing, dial } from './dial/dial.js';
import {
  abortedByClose,
  abortedBySignal,
  type ConnectionFailure,
  ofSession,
  option,
  type Sentence,
  sentence,
  spell,
} from './failure.js';
import { type Sleeper, WakeUp } from './shared-timer.js';
import { describeTlsError } from './tls/alert.js';

/** Who waits until what was sent has been handed to the operating system. */
export interface Receipts {
  /** It has been. */
  settle(): void;
  /** It never will be. */
  fail(): void;
  /** Has others settle or fail together with these. */
  join(others: Receipts): void;
}

/** What a connection reports; see `SessionHandler`. None of them may throw. */
export interface ConnectionHandler {
  /** What needs no network is good (arguments, files, permissions), and the attempt has begun. */
  started?(): void;
  response(status: StatusLine, head: Head): void;
  open(result: HandshakeResult): void;
  text(message: string): void;
  binary(message: ArrayBuffer): void;
  pong(payload: Buffer): void;
  /** Asked with every flush: who waits for what was sent since the last one. The owner forgets them. */
  takeReceipts(): Receipts | undefined;
  failed(failure: ConnectionFailure): void;
  /** The connection that had been open is gone. */
  closed(code: number, reason: string): void;
}

/** What a connection may come with that an attempt has prepared; see `attempt.ts`. */
export interface Preparation {
  /** As it was at the call of connect; default: the process's, now. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly extension?: MessageExtension | undefined;
  /** Tells of the connection on the diagnostics channels. */
  readonly recorder?: Recorder | undefined;
}

/** One pool of masking keys for all connections. */
const keys = new MaskingKeys(randomFillSync);

/**
 * Reads go into one buffer that all connections share: each is parsed before the next can happen. With 64 KiB of it
 * hardly a frame of 64 KiB would lie whole in a read, and be decoded where it is: 40 instead of 24 µs for such a text.
 *
 * Never into the buffer of a large message: `net` takes another buffer for the next read only if nothing throws before
 * this turn of the event loop is over, and would else go on to fill the one that a listener has.
 */
const readSize = 262144;
let readBuffer: Buffer | undefined;

/** Above this much unsent output, pongs wait; see `Session.congested`. */
const congestion = 65536;

/** In whole milliseconds, which an object can hold without a box around each. */
const now = () => Math.trunc(performance.now());
const empty = Buffer.alloc(0);

/**
 * After so many messages of one read, what their listeners have sent is written: the peer can work on it while we go on,
 * which makes up to twice as many round trips. It costs one more write a read, however many messages are in it. …
 */
const firstAnswers = 32;
/** … Where the last read had no more messages than this, so few that they are answered after the first already. */
const fewMessages = 4;

/** A write that the socket has not completed. */
interface PendingWrite {
  /** Set when the kernel did not take it at once, so that its memory is in use until it did. */
  readonly chunk: OutputChunk | undefined;
  receipts: Receipts | undefined;
  next: PendingWrite | undefined;
}

/** Listeners are shared by all connections, and find theirs on the socket: closures would cost each of them a KiB. */
const owner = Symbol('connection');
type OwnedSocket = Socket & { [owner]?: Connection | undefined };

/** What there is until the response head has been taken, and the program told: nothing of it is needed afterwards. */
interface Opening {
  readonly plan: ConnectPlan;
  readonly deadline: number;
  readonly recorder: Recorder | undefined;
  readonly onAbort: (() => void) | undefined;
  dialing: Dialing | undefined;
  /** Of the response, 0 until there is one. */
  status: number;
  /** Frames that came meanwhile. */
  early: Buffer | undefined;
}

/** An asynchronous resource, since timers are shared: what a deadline leads to is told in the context of its connect. */
export class Connection extends AsyncResource implements SessionHandler, Sleeper {
  #opening: Opening | undefined;
  readonly #handler: ConnectionHandler;
  #socket: Socket | undefined;
  #session: Session | undefined;
  #finished = false;
  #halfClosed = false;
  #socketError: Error | undefined;

  #wakeUp: WakeUp | undefined;
  /** The deadline that `#wakeUp` is for. */
  #armedFor: number | undefined;

  /** Whether `flush` will run anyway: later in this turn, or when the read that is being parsed is done. */
  #flushDue = false;
  /** Messages that came with the read under way. */
  #delivered = 0;
  /** After how many of them their answers are written. */
  #answerAfter = firstAnswers;
  /** The writes under way, a list: an array would hold memory when it is empty, too. */
  #firstWrite: PendingWrite | undefined;
  #lastWrite: PendingWrite | undefined;
  #paused = false;

  /** @param handshakeDeadline when to give up, on the clock of `performance.now` */
  constructor(
    plan: ConnectPlan,
    handler: ConnectionHandler,
    handshakeDeadline: number,
    { environment, extension, recorder }: Preparation = {},
  ) {
    super('OHOSWEBSOCKET');
    this.#handler = handler;
    const { signal } = plan;
    const onAbort = signal && (() => this.#abort(abortedBySignal, signal.reason));
    if (onAbort !== undefined) signal!.addEventListener('abort', onAbort, { once: true });
    const opening: Opening = {
      plan,
      deadline: handshakeDeadline,
      recorder,
      onAbort,
      dialing: undefined,
      status: 0,
      early: undefined,
    };
    this.#opening = opening;
    this.#arm();
    const dialHandler: DialHandler = {
      onread: { buffer: (readBuffer ??= Buffer.allocUnsafeSlow(readSize)), callback: this.#onRead },
      started: () => handler.started?.(),
      connected: (socket, usesOnread, head) => this.#connected(opening, socket, usesOnread, head, extension),
      failed: (failure) => this.#dialFailed(failure),
    };
    opening.dialing = dial(plan.dial, dialHandler, environment);
  }

  get isOpen(): boolean {
    return this.#session?.isOpen ?? false;
  }

  // ------------------------------------------------------------------ what the owner asks for

  /** Sends a text message; the connection must be open. */
  sendText(message: string): void {
    this.#session!.sendText(message);
    this.#scheduleFlush();
  }

  /** Sends a binary message; the connection must be open. The bytes are copied before this returns. */
  sendBinary(message: Uint8Array): void {
    this.#session!.sendBinary(message);
    this.#scheduleFlush();
  }

  /** Sends a ping with at most 125 bytes; the connection must be open. */
  ping(payload: Uint8Array): void {
    this.#session!.ping(payload);
    this.#scheduleFlush();
  }

  /** Starts the closing handshake; while connecting, it aborts the attempt. */
  close(code: number, reason: string): void {
    if (this.#session === undefined || this.#session.state === 'connecting' || this.#session.state === 'refused') {
      this.#abort(abortedByClose);
    } else {
      this.resume(); // the server's Close frame has to be read
      this.#session.close(code, reason);
      this.#afterSession();
    }
  }

  /**
   * Stops reading: the peer's messages stay in the kernel, and then with the peer. What has been read already is still
   * delivered: at most 256 KiB. The end of the connection is noticed after `resume` only.
   */
  pause(): void {
    if (this.#paused || this.#finished || this.#session?.isOpen !== true) return;
    this.#paused = true;
    this.#socket!.pause();
    this.#session.paused = true;
  }

  resume(): void {
    if (!this.#paused || this.#finished) return;
    this.#paused = false;
    this.#socket!.resume();
    this.#session!.paused = false;
    this.#arm();
  }

  // ------------------------------------------------------------------ the session's reports

  response(status: StatusLine, head: Head): void {
    this.#opening!.status = status.status;
    this.#handler.response(status, head);
  }

  open(result: HandshakeResult): void {
    this.#dropSignal();
    this.#handler.open(result);
  }

  text(message: string): void {
    this.#handler.text(message);
    if (++this.#delivered === this.#answerAfter) this.#answerEarly();
  }

  binary(message: ArrayBuffer): void {
    this.#handler.binary(message);
    if (++this.#delivered === this.#answerAfter) this.#answerEarly();
  }

  pong(payload: Buffer): void {
    this.#handler.pong(payload);
  }

  failed(failure: Failure): void {
    if (this.#finished) return;
    if (this.#session?.isOver) this.#finish();
    this.#handler.failed(ofSession(failure, describeTlsError(failure.cause, 'the server')));
  }

  closed(code: number, reason: string): void {
    if (this.#finished) return;
    this.#finish();
    this.#handler.closed(code, reason);
  }

  /** Writes what is waiting, in as few writes as it has chunks: one, unless it is more than 64 KiB. */
  flush(): void {
    this.#flushDue = false;
    const session = this.#session;
    const socket = this.#socket;
    if (session === undefined || socket === undefined || this.#halfClosed || this.#finished) return;
    // While the socket is still busy, small output gathers: each write that waits would keep a buffer of its own.
    // With nothing left to write, the sends of this turn still have to be told when the writes under way are done.
    const size = session.outputSize;
    if (socket.writableLength > 0 && size > 0 && size < flushSize) return;
    for (let chunk = session.takeOutput(); chunk !== undefined; chunk = session.takeOutput()) {
      socket.write(chunk.bytes, (error) => this.#written(error));
      // Nothing left in the socket: the kernel (or the cipher) has its own copy, and the memory is free again.
      const taken = socket.writableLength === 0;
      if (taken) session.releaseOutput(chunk);
      const write = { chunk: taken ? undefined : chunk, receipts: undefined, next: undefined };
      if (this.#lastWrite === undefined) this.#firstWrite = write;
      else this.#lastWrite.next = write;
      this.#lastWrite = write;
    }
    this.#assignReceipts();
    if (session.wantsHalfClose) {
      this.#halfClosed = true;
      socket.end();
    }
  }

  #answerEarly(): void {
    this.flush();
    this.#flushDue = true; // there is more to come in this read
  }

  /** Writes when no message is half built: who is told of the congestion may send or close, and framers are shared. */
  #flushTurn(): void {
    this.flush();
    const session = this.#session;
    if (session === undefined || this.#finished) return;
    if (this.#socket!.writableLength > congestion) session.congested = true;
    session.rest();
  }

  // ------------------------------------------------------------------ the socket

  #connected(
    opening: Opening,
    socket: OwnedSocket,
    usesOnread: boolean,
    head: Buffer,
    extension: MessageExtension | undefined,
  ): void {
    opening.dialing = undefined;
    this.#socket = socket;
    const { target, fields, subprotocols, limits, pingInterval, pongTimeout, deflate } = opening.plan;
    const options: SessionOptions = {
      request: {
        host: target.hostField,
        resource: target.resource,
        subprotocols,
        extensions: extension?.offer ?? '',
        fields,
      },
      limits,
      random: randomFillSync,
      keys,
      now,
      handshakeDeadline: opening.deadline,
      pingInterval,
      pongTimeout: pongTimeout === 0 ? Infinity : pongTimeout,
      extension,
    };
    this.#session = opening.recorder?.session(this, options, deflate) ?? new Session(this, options);
    socket[owner] = this;
    socket.on('error', Connection.#onError);
    socket.on('end', Connection.#onEnd);
    socket.on('close', Connection.#onClose);
    if (!usesOnread) socket.on('data', Connection.#onData);
    this.#flushTurn();
    if (head.length > 0) this.#receive(head);
  }

  readonly #onRead = (size: number, buffer: Uint8Array): boolean => {
    this.#receive(buffer as Buffer, size);
    return !this.#paused;
  };

  static #onData(this: OwnedSocket, chunk: Buffer): void {
    const connection = this[owner];
    if (connection !== undefined) connection.#receive(chunk);
  }

  #receive(bytes: Buffer, size = bytes.length): void {
    if (this.#finished) return;
    if (this.#opening !== undefined) this.#receiveOpening(this.#opening, bytes, size);
    else this.#receiveFrames(bytes, 0, size);
  }

  #receiveFrames(bytes: Buffer, start: number, end: number): void {
    // Whatever is sent while messages are delivered leaves in one write, below.
    this.#flushDue = true;
    this.#delivered = 0;
    this.#session!.receive(bytes, start, end);
    this.#answerAfter = this.#delivered <= fewMessages ? 1 : firstAnswers;
    this.#afterSession();
  }

  /**
   * Gives the session the response head alone. The frames behind it are kept until the program has seen connect
   * succeed: one that awaits it, and then listens for messages, must not miss the first ones.
   */
  #receiveOpening(opening: Opening, bytes: Buffer, size: number): void {
    const session = this.#session!;
    let at = 0;
    while (at < size && session.state === 'connecting' && !this.#finished) {
      const end = headEnd(bytes, at, size);
      this.#receiveFrames(bytes, at, end);
      at = end;
    }
    if (this.#finished || session.state === 'connecting') return;
    if (session.state === 'refused') {
      if (at < size) this.#receiveFrames(bytes, at, size);
      return;
    }
    if (opening.early === undefined && at === size) {
      this.#opening = undefined;
      return;
    }
    if (opening.early === undefined) setImmediate(() => this.#receiveEarly());
    opening.early = Buffer.concat([opening.early ?? empty, bytes.subarray(at, size)]);
  }

  /** The frames that came with the response head, or right behind it. */
  #receiveEarly(): void {
    const early = this.#opening?.early;
    if (early === undefined) return; // the connection ended first
    this.#opening = undefined;
    this.#receive(early);
  }

  static #onEnd(this: OwnedSocket): void {
    const connection = this[owner];
    if (connection === undefined) return;
    connection.#receiveEarly();
    connection.#receiveEnd();
    connection.#afterSession();
  }

  /** Stays registered to the end: an error on the way out must not be uncaught. */
  static #onError(this: OwnedSocket, error: Error): void {
    const connection = this[owner];
    if (connection !== undefined) connection.#socketError = error;
  }

  #receiveEnd(): void {
    const error = this.#socketError;
    // TLS 1.3 judges a client certificate after the handshake: its alert arrives here, as a line of OpenSSL's.
    const problem = describeTlsError(error, 'the server');
    this.#session!.receiveEnd(error, problem && spell(problem));
  }

  static #onClose(this: OwnedSocket): void {
    const connection = this[owner];
    if (connection === undefined) return;
    connection.#receiveEarly();
    connection.#receiveEnd();
    connection.#finish();
  }

  #written(error: Error | null | undefined): void {
    if (error != null) return; // 'close' follows, and fails all receipts
    const write = this.#firstWrite;
    if (write === undefined) return;
    this.#firstWrite = write.next;
    if (write.next === undefined) this.#lastWrite = undefined;
    const session = this.#session!;
    if (write.chunk !== undefined) {
      session.releaseOutput(write.chunk);
      if (this.#socket!.writableLength <= congestion) session.congested = false;
    }
    if (session.outputSize > 0) this.#scheduleFlush();
    write.receipts?.settle();
  }

  #scheduleFlush(): void {
    if (!this.#flushDue) this.#queueFlush();
  }

  /** Apart from its caller, in which the closure would cost every send a context. */
  #queueFlush(): void {
    this.#flushDue = true;
    queueMicrotask(() => this.#flushTurn());
  }

  /** After anything that may have given a session output, a new deadline, or its end. */
  #afterSession(): void {
    if (this.#finished) return;
    this.#flushTurn();
    this.#arm();
  }

  /** The sends of this turn are done when the last write under way is. */
  #assignReceipts(): void {
    const receipts = this.#handler.takeReceipts();
    if (receipts === undefined) return;
    const write = this.#lastWrite;
    if (write === undefined) process.nextTick(() => receipts.settle());
    else if (write.receipts === undefined) write.receipts = receipts;
    else write.receipts.join(receipts);
  }

  // ------------------------------------------------------------------ time

  #arm(): void {
    const deadline = this.#session?.deadline ?? this.#opening!.deadline;
    // What wakes too early just arms itself again.
    if (deadline >= (this.#armedFor ?? Infinity)) return;
    this.#wakeUp?.cancel(this);
    this.#armedFor = deadline;
    this.#wakeUp = WakeUp.at(deadline, now(), this);
  }

  /** See `Sleeper`. */
  wakeUp(): void {
    this.#wakeUp = this.#armedFor = undefined;
    // A process that was stopped finds its timers due before it has read what arrived meanwhile: read first.
    setImmediate(() => this.runInAsyncScope(this.#expire, this));
  }

  #expire(): void {
    if (this.#finished) return;
    const opening = this.#opening;
    if (this.#session !== undefined) {
      this.#session.expire();
      this.#afterSession();
    } else if (now() >= opening!.deadline) {
      const { phase } = opening!.dialing!;
      const limit = sentence`${opening!.plan.handshakeTimeout} ms (${option('handshakeTimeout')})`;
      const text = sentence`no connection within ${limit}; it got as far as: ${phase}`;
      this.#fail({ kind: 'timeout', limit: 'handshakeTimeout', phase, sentence: text, status: 0, attempted: true });
    } else {
      this.#arm();
    }
  }

  // ------------------------------------------------------------------ the end

  #dialFailed(failure: ConnectionFailure): void {
    if (this.#finished) return;
    const recorder = this.#opening?.recorder;
    this.#finish();
    recorder?.abandon({ message: spell(failure.sentence), status: failure.status, body: failure.refusal?.body });
    this.#handler.failed(failure);
  }

  /** Ends the attempt to connect. */
  #abort(text: Sentence, cause?: unknown): void {
    if (this.#finished) return;
    const { status } = this.#opening!;
    this.#fail({ kind: 'aborted', sentence: text, status, attempted: true, cause });
  }

  #fail(failure: ConnectionFailure): void {
    if (this.#finished) return;
    const { recorder } = this.#opening!;
    this.#finish();
    recorder?.abandon({ message: spell(failure.sentence), status: failure.status, body: undefined });
    // It may be reporting the response at this moment: it must not go on to open.
    this.#session?.close(CloseCode.normal, '');
    // Whoever called close or abort is told after that call, as of every other failure.
    queueMicrotask(() => this.#handler.failed(failure));
  }

  /** Lets go of everything: the socket, the timer, the signal, the sends that will never be written. */
  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#wakeUp?.cancel(this);
    this.#dropSignal();
    this.#opening?.dialing?.abort();
    this.#opening = undefined;
    if (this.#socket !== undefined) {
      (this.#socket as OwnedSocket)[owner] = undefined;
      this.#socket.destroy();
    }
    this.#handler.takeReceipts()?.fail();
    for (let write = this.#firstWrite; write !== undefined; write = write.next) write.receipts?.fail();
    this.#firstWrite = this.#lastWrite = undefined;
  }

  /** The signal ends the attempt only. */
  #dropSignal(): void {
    const { plan, onAbort } = this.#opening ?? {};
    if (onAbort !== undefined) plan!.signal!.removeEventListener('abort', onAbort);
  }
}

/** Where to cut a piece of a head so that nothing behind the empty line is in the same piece. */
function headEnd(bytes: Buffer, start: number, end: number): number {
  // The empty line may have begun in the piece before.
  const lineEndFirst = bytes[start] === 0x0d || bytes[start] === 0x0a;
  const mark = lineEndFirst ? '\n' : '\r\n\r\n';
  const at = bytes.subarray(start, end).indexOf(mark);
  return at < 0 ? end : start + at + mark.length;
}
