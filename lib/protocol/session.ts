/**
 * One WebSocket connection as a pure state machine: the opening handshake, messages, ping and pong, the closing
 * handshake, failure, deadlines. Bytes and numbers go in, frames go into a sink, reports to a handler.
 *
 * Every change of state goes through the table in `states.ts`.
 */
import { Buffer } from 'node:buffer';
import { decodeCloseBody, encodeCloseBody } from './closing/close-body.js';
import { CloseCode, maxReasonSize } from './closing/close-code.js';
import type { Failure, SessionHandler, SessionLimits, SessionObserver, SessionOptions } from './contracts.js';
import { type Budget, unlimited } from './framing/budget.js';
import { Deframer } from './framing/deframer.js';
import type { Framer } from './framing/framer.js';
import { type FrameHeader, lengthBits } from './framing/header.js';
import type { MaskingKeys } from './framing/mask.js';
import { Opcode } from './framing/opcode.js';
import type { OutputSink } from './framing/output-queue.js';
import { bytesOf } from './framing/payload.js';
import { Opening } from './handshake/opening.js';
import { Heartbeat } from './heartbeat.js';
import { Assembler, type MessageHandler } from './messages/assembler.js';
import type { MessageExtension } from './messages/extension.js';
import { Violation } from './rules.js';
import { option, type Sentence, sentence } from './sentence.js';
import { type State, stateAfter, type Transition } from './states.js';

/** How long a client waits for the server to close the TCP connection first (RFC 6455 §7.1.1) before it does. */
const lingerTimeout = 1000;
/** How long the body of a refusal may take. */
const refusalTimeout = 1000;
const never = Infinity;

export class Session implements MessageHandler {
  readonly #handler: SessionHandler;
  /** What the options said, as far as it is needed to the end; the rest of them is not kept. */
  readonly #limits: SessionLimits;
  readonly #keys: MaskingKeys;
  readonly #now: () => number;
  readonly #sink: OutputSink;
  readonly #observer: SessionObserver | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #isServer: boolean;
  #state: State;
  /** Until the connection is open. */
  #opening: Opening | undefined;

  // Frames
  readonly #budget: Budget;
  #deframer: Deframer | undefined;
  #assembler: Assembler | undefined;
  #extension: MessageExtension | undefined;
  /** Bytes that the peer had sent before its first frame: its response head. */
  #framesOffset = 0;
  /** The payload of the last ping that waits to be answered while the peer does not read. */
  #owedPong: Buffer | undefined;
  #congested = false;

  // The end
  #result: { code: number; reason: string } | undefined;
  /** Whether the closing handshake was completed (RFC 6455 §7.1.4). */
  #clean = false;
  /** Whether our side of the stream has been ended. */
  #halfClosed = false;

  /** When the step in progress has to be done, on the clock of `now`: the handshake, the closing handshake, the end. */
  #stepDeadline: number | undefined;

  /** Set when somebody wants to see every frame; see `MessageHandler`. */
  readonly onFrame: ((header: Readonly<FrameHeader>, payload: Buffer, offset: number) => void) | undefined;

  constructor(handler: SessionHandler, options: SessionOptions) {
    this.#handler = handler;
    const {
      request,
      observer,
      extension,
      limits,
      sink,
      keys,
      now,
      random,
      pingInterval = 0,
      pongTimeout = 0,
    } = options;
    this.#limits = limits;
    this.#sink = sink;
    this.#keys = keys;
    this.#now = now;
    this.#observer = observer;
    this.#heartbeat = new Heartbeat(pingInterval, pongTimeout);
    this.#isServer = request === undefined;
    this.#extension = extension;
    this.#budget = options.budget ?? unlimited();
    this.onFrame = observer && ((header, payload, offset) => observer.frame('received', header, payload, offset));
    if (request === undefined) {
      this.#state = 'open';
      this.#heartbeat.start(now());
    } else {
      this.#state = 'connecting';
      this.#stepDeadline = options.handshakeDeadline;
      this.#opening = new Opening(request, random, limits, observer);
      sink.head(this.#opening.encode());
    }
  }

  get state(): State {
    return this.#state;
  }

  /** Whether messages may be sent. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The connection has to be destroyed: nothing more will come out of this session. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** See `MessageHandler`. After a Close frame or a failure nothing is processed (RFC 6455 §1.4, §7.1.7). */
  get stopped(): boolean {
    return this.#state !== 'open' && this.#state !== 'closing';
  }

  /** When `expire` wants to be called next, on the clock of `now`; `Infinity`: never. */
  get deadline(): number {
    return Math.min(this.#stepDeadline ?? never, this.#heartbeat.deadline);
  }

  /** HTTP status of the server's response; 0 until there is one. */
  get #status(): number {
    return this.#opening?.status ?? (this.#isServer ? 0 : 101);
  }

  // ------------------------------------------------------------------ input

  /**
   * Takes bytes from the peer, in chunks of any size. Their memory may be reused when this returns.
   *
   * @returns the position up to which they were taken: below `end` when the budget is spent; see `Deframer.receive`
   */
  receive(bytes: Buffer, start = 0, end = bytes.length): number {
    if (start === end || this.#state === 'over' || this.#state === 'ending') return end;
    if (this.#state === 'refused') {
      this.#receiveBody(bytes, start, end);
      return end;
    }
    try {
      let at = start;
      while (this.#state === 'connecting' && at < end) at = this.#receiveHead(bytes, at, end);
      return at < end && !this.stopped ? (this.#deframer ?? this.#startFrames()).receive(bytes, at, end) : end;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violate(error);
      return end;
    }
  }

  /** The peer ended its side, or the connection is gone; `cause` when that was an error, in the words of `problem`. */
  receiveEnd(cause?: Error, problem: Sentence | undefined = cause && [cause.message]): void {
    switch (this.#state) {
      case 'over':
        return;
      case 'ending':
        return this.#end();
      case 'refused':
        return this.#refuse();
      case 'connecting':
        if (cause === undefined) {
          const violation = this.#opening!.cutOff();
          if (violation !== undefined) return this.#violate(violation);
        }
        return this.#failHandshake({
          sentence:
            problem === undefined
              ? ['the server closed the connection without an answer to the opening handshake']
              : sentence`the connection was lost during the opening handshake: ${problem}`,
          cause,
          status: 0,
        });
      default: {
        // RFC 6455 §7.1.5: without a Close frame from the peer the code is 1006.
        const where =
          this.#state === 'closing' ? ' before the server answered our Close frame' : ' without a Close frame';
        this.#lose({
          sentence: sentence`the connection was lost${where}${problem === undefined ? '' : sentence`: ${problem}`}`,
          cause,
        });
      }
    }
  }

  // ------------------------------------------------------------------ output

  /** Sends a text message. The session must be open. Lone surrogates become U+FFFD. */
  sendText(message: string): void {
    // What follows is in a method of its own: the closure in it would cost the hot path a context for each message.
    if (this.#extension === undefined && this.#observer === undefined) this.#out.text(message);
    else this.#sendExtendedText(message);
  }

  /** Sends a binary message. The session must be open. The bytes are copied before this returns. */
  sendBinary(message: Uint8Array): void {
    if (this.#extension === undefined && this.#observer === undefined) this.#out.binary(message);
    else this.#sendExtendedBinary(bytesOf(message));
  }

  #sendExtendedText(message: string): void {
    const bytes = Buffer.from(message);
    this.#observer?.message('sent', message);
    if (this.#extension?.compresses(bytes.length) && this.#sendCompressed(Opcode.text, bytes)) return;
    this.#observeSent(Opcode.text, 0, bytes, () => this.#out.text(message));
  }

  #sendExtendedBinary(message: Uint8Array): void {
    this.#observer?.message('sent', message);
    if (this.#extension?.compresses(message.length) && this.#sendCompressed(Opcode.binary, message)) return;
    this.#observeSent(Opcode.binary, 0, message, () => this.#out.binary(message));
  }

  /** Sends a ping with at most 125 bytes. The session must be open. */
  ping(payload: Uint8Array): void {
    this.#control(Opcode.ping, payload);
  }

  /**
   * Starts the closing handshake; does nothing when one is under way. The reason has at most 123 bytes.
   * While connecting there is nothing to hand shake: the session is just over.
   */
  close(code: number, reason: string): void {
    if (this.#state === 'connecting' || this.#state === 'refused') {
      this.#failHandshake({ sentence: ['close was called before the connection was open'], status: this.#status });
    } else if (this.#state === 'open') {
      this.#control(Opcode.close, encodeCloseBody(code, reason));
      this.#move('Close sent');
      this.#heartbeat.stop();
      this.#stepDeadline = this.#now() + this.#limits.closeTimeout;
    }
  }

  get #out(): Framer {
    return this.#sink.framer(this.#isServer ? undefined : this.#keys);
  }

  /**
   * Whether the peer does not keep up with what we send. Then only the most recent ping is remembered, and answered
   * when it reads again, as RFC 6455 §5.5.3 allows: a flood of pings does not fill our memory with pongs.
   */
  set congested(congested: boolean) {
    this.#congested = congested;
    if (congested || this.#owedPong === undefined) return;
    const payload = this.#owedPong;
    this.#owedPong = undefined;
    if (this.#state === 'open') this.#control(Opcode.pong, payload);
  }

  /** Whether input is held back on purpose: no pong can arrive then, so the heartbeat rests. */
  set paused(paused: boolean) {
    this.#heartbeat.stop();
    if (!paused && this.#state === 'open') this.#heartbeat.start(this.#now());
  }

  // ------------------------------------------------------------------ time

  /** Acts on the deadlines that have passed. */
  expire(): void {
    const now = this.#now();
    if (now >= (this.#stepDeadline ?? never)) this.#expireStep(now);
    if (this.#state !== 'open') return;
    const verdict = this.#heartbeat.verdict(now);
    if (verdict === 'dead') {
      const limit = 'pongTimeout';
      const seconds = this.#heartbeat.timeout / 1000;
      this.#lose({ sentence: sentence`no pong within ${seconds} s (${option(limit)}): the link is dead`, limit });
    } else if (verdict === 'ping') {
      // Four unpredictable bytes: an unsolicited pong does not pass for an answer.
      const payload = Buffer.alloc(4);
      payload.writeInt32LE(this.#keys.next());
      this.#control(Opcode.ping, payload);
      this.#heartbeat.pinged(payload, now);
    }
  }

  #expireStep(now: number): void {
    this.#stepDeadline = undefined;
    switch (this.#state) {
      case 'connecting':
        return this.#failHandshake({
          sentence: sentence`the server did not answer the opening handshake within ${option('handshakeTimeout')}`,
          limit: 'handshakeTimeout',
          status: 0,
        });
      case 'refused':
        return this.#refuse();
      case 'closing':
        return this.#lose({
          sentence: sentence`the server did not answer our Close frame within ${option('closeTimeout')}`,
          limit: 'closeTimeout',
        });
      case 'ending':
        if (this.#halfClosed) return this.#end();
        this.#halfClose();
        this.#stepDeadline = now + Math.max(0, this.#limits.closeTimeout - lingerTimeout);
    }
  }

  // ------------------------------------------------------------------ the opening handshake

  #receiveHead(bytes: Buffer, start: number, end: number): number {
    const opening = this.#opening!;
    const at = opening.receive(bytes, start, end);
    const { response } = opening;
    if (response === undefined) return at;
    this.#handler.response(response.status, response.head);
    if (this.#state !== 'connecting') return end; // closed by a listener of that event
    if (response.status.status !== 101) {
      this.#move('refused');
      this.#stepDeadline = Math.min(this.#stepDeadline ?? never, this.#now() + refusalTimeout);
      this.#receiveBody(bytes, at, end);
      return end;
    }
    this.#accept(opening);
    return at;
  }

  #accept(opening: Opening): void {
    const result = opening.accept();
    if (result.extensions === '') this.#extension = undefined;
    else this.#extension!.accept(result.extensions);
    this.#stepDeadline = undefined;
    this.#framesOffset = opening.size;
    this.#opening = undefined;
    this.#move('accepted');
    this.#heartbeat.start(this.#now());
    this.#handler.open(result);
  }

  /** Made when the first frame arrives: a connection that nothing happens on does without. */
  #startFrames(): Deframer {
    const budget = this.#budget;
    const assembler = new Assembler(this, this.#limits, budget);
    const deframer = new Deframer(assembler, {
      expectMasked: this.#isServer,
      offset: this.#framesOffset,
      budget,
    });
    if (this.#extension !== undefined) {
      assembler.inflater = this.#extension;
      deframer.allowedRsv = 4; // RSV1 (RFC 7692 §6)
    }
    this.#assembler = assembler;
    this.#deframer = deframer;
    return deframer;
  }

  #receiveBody(bytes: Buffer, start: number, end: number): void {
    if (this.#opening!.receiveBody(bytes, start, end)) this.#refuse();
  }

  #refuse(): void {
    const { response, refusal } = this.#opening!;
    const { status, message } = response!.status;
    const got = `${status} ${message}`.trim();
    const violation = new Violation('handshake-status', got, 0);
    this.#observer?.violation(violation);
    this.#failHandshake({
      sentence: [`the server answered ${got}, expected 101 Switching Protocols`],
      status,
      refusal,
      violation,
    });
  }

  #failHandshake(failure: Failure): void {
    this.#move('handshake failed');
    this.#stepDeadline = undefined;
    this.#handler.failed(failure);
  }

  // ------------------------------------------------------------------ messages

  text(message: string): void {
    this.#observer?.message('received', message);
    this.#handler.message(message);
  }

  binary(message: ArrayBuffer): void {
    this.#observer?.message('received', message);
    this.#handler.message(message);
  }

  control(opcode: number, payload: Buffer, offset: number): void {
    if (opcode === Opcode.ping) {
      // RFC 6455 §5.5.2: answered at once with the same payload; nothing follows our Close frame.
      if (this.#state !== 'open') return;
      if (this.#congested) this.#owedPong = Buffer.from(payload);
      else this.#control(Opcode.pong, payload);
    } else if (opcode === Opcode.pong) {
      if (!this.#heartbeat.ponged(payload)) this.#handler.pong(payload);
    } else {
      this.#receiveClose(payload, offset);
    }
  }

  #sendCompressed(opcode: typeof Opcode.text | typeof Opcode.binary, message: Uint8Array): boolean {
    const bytes = this.#extension!.deflate(message);
    if (bytes === undefined) return false;
    this.#observeSent(opcode, 4, bytes, () => this.#out.compressed(opcode, bytes));
    return true;
  }

  #control(opcode: typeof Opcode.close | typeof Opcode.ping | typeof Opcode.pong, payload: Uint8Array): void {
    if (this.#observer === undefined) this.#out.control(opcode, payload);
    else this.#observeSent(opcode, 0, payload, () => this.#out.control(opcode, payload));
  }

  #observeSent(opcode: number, rsv: number, payload: Uint8Array, send: () => void): void {
    const observer = this.#observer;
    const offset = this.#sink.position;
    send();
    if (observer === undefined) return;
    const { length } = payload;
    const masked = !this.#isServer;
    const header = {
      fin: true,
      rsv,
      opcode,
      masked,
      maskingKey: this.#out.lastKey,
      length,
      lengthBits: lengthBits(length),
    };
    observer.frame('sent', header, Buffer.from(payload.buffer, payload.byteOffset, length), offset);
  }

  // ------------------------------------------------------------------ the end

  #receiveClose(payload: Buffer, offset: number): void {
    const result = decodeCloseBody(payload, offset);
    this.#result = result;
    this.#clean = true;
    // RFC 6455 §5.5.1: an endpoint that has not sent a Close frame answers with one, typically echoing the code.
    if (this.#state === 'open') this.#control(Opcode.close, encodeCloseBody(result.code, ''));
    this.#startEnding('Close received');
    // RFC 6455 §7.1.1: the server closes TCP first; a client may close it when that takes too long. A server does at once.
    if (this.#isServer) this.#halfClose();
    const { closeTimeout } = this.#limits;
    this.#stepDeadline = this.#now() + Math.min(closeTimeout, this.#halfClosed ? closeTimeout : lingerTimeout);
  }

  /** Fails the WebSocket connection (RFC 6455 §7.1.7). */
  #violate(violation: Violation): void {
    this.#observer?.violation(violation);
    const failure: Failure = { sentence: [violation.message], violation, status: this.#status };
    if (this.#state === 'connecting') return this.#failHandshake({ ...failure, refusal: this.#opening!.refusal });
    const code = violation.rule.closeCode ?? CloseCode.protocolError;
    const reason = violation.rule.demand.slice(0, maxReasonSize);
    if (this.#state === 'open') this.#control(Opcode.close, encodeCloseBody(code, reason));
    this.#result = { code, reason };
    this.#startEnding('rule broken');
    this.#halfClose();
    this.#stepDeadline = this.#now() + Math.min(lingerTimeout, this.#limits.closeTimeout);
    this.#handler.failed(failure);
  }

  /** The link is gone, or as good as gone, without a closing handshake: 1006 (RFC 6455 §7.1.5). */
  #lose(failure: Omit<Failure, 'status'>): void {
    this.#result = undefined;
    this.#startEnding('link lost');
    this.#handler.failed({ ...failure, status: this.#status });
    this.#end();
  }

  #startEnding(transition: 'Close received' | 'rule broken' | 'link lost'): void {
    this.#move(transition);
    this.#heartbeat.stop();
    // Nothing more is processed: what has come of a message is let go now. A violation's stack may keep the assembler alive.
    this.#assembler?.discard();
    this.#deframer = undefined;
    this.#assembler = undefined;
  }

  #halfClose(): void {
    this.#halfClosed = true;
    this.#sink.end();
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#move('connection ended');
    this.#stepDeadline = undefined;
    const { code, reason } = this.#result ?? { code: CloseCode.abnormal, reason: '' };
    this.#observer?.closed(code, reason, this.#clean);
    this.#handler.closed(code, reason);
  }

  #move(transition: Transition): void {
    this.#state = stateAfter(this.#state, transition);
  }
}
