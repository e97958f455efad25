/**
 * One WebSocket connection as a pure state machine: the opening handshake, messages, ping and pong, the closing
 * handshake, failure, deadlines. Bytes and numbers go in, bytes and calls of a handler come out.
 *
 *     connecting ──► open ──► closing ──► ending ──► over
 *          │          └────────────────────▲            ▲
 *          └► refused ──────────────────────────────────┘
 *
 * - `closing`: our Close frame is out; messages are still delivered until the peer's Close frame comes.
 * - `ending`: both Close frames were exchanged, or we failed the connection. Input is discarded; what is left is to
 *   see the TCP connection end.
 * - `refused`: the response was not 101, and the start of its body is being collected.
 */
import { Buffer } from 'node:buffer';
import { decodeCloseBody, encodeCloseBody } from './closing/close-body.js';
import { CloseCode, maxReasonSize } from './closing/close-code.js';
import { Deframer } from './framing/deframer.js';
import { Framer } from './framing/framer.js';
import { type FrameHeader, lengthBits } from './framing/header.js';
import type { MaskingKeys, RandomFill } from './framing/mask.js';
import { Opcode } from './framing/opcode.js';
import { Output, type OutputChunk } from './framing/output.js';
import { bytesOf } from './framing/payload.js';
import {
  checkHandshakeResponse,
  encodeHandshakeRequest,
  type HandshakeRequest,
  type HandshakeResult,
  handshakeKey,
} from './handshake/client.js';
import { RefusalBody } from './http/body-preview.js';
import { type Head, type HeadLimits, HeadReader, parseStatusLine, type StatusLine } from './http/head.js';
import { Assembler, type Inflater, type MessageHandler, type MessageLimits } from './messages/assembler.js';
import { Violation } from './rules.js';

/** Bounds on what a peer can make a session hold or wait for. Times in milliseconds. */
export interface SessionLimits extends HeadLimits, MessageLimits {
  /** From our Close frame, or the end of the closing handshake, to the end of the TCP connection. */
  readonly closeTimeout: number;
}

/** permessage-deflate, or any extension that works on whole messages. */
export interface MessageExtension extends Inflater {
  /** The offer in the request. */
  readonly offer: string;
  /** Takes the server's answer. @throws {Violation} `handshake-extension…`, `handshake-deflate-parameter` */
  accept(extensions: string): void;
  /** Whether a message of this many bytes is to be compressed; only called after a successful `accept`. */
  compresses(size: number): boolean;
  /** Compresses a whole message; `undefined` when it would not get smaller, and is to be sent as it is. */
  deflate(bytes: Uint8Array): Buffer | undefined;
}

/** What a session needs from outside: nothing in it reads a clock, a random source or the environment. */
export interface SessionOptions {
  /** The handshake to make as a client. Without one the session is a server's, and starts open. */
  readonly request?: HandshakeRequest | undefined;
  readonly limits: SessionLimits;
  /** For the Sec-WebSocket-Key. */
  readonly random: RandomFill;
  readonly keys: MaskingKeys;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  /** When the opening handshake has to be done, on that clock. Default: never. */
  readonly handshakeDeadline?: number;
  /** Time between pings; 0: no heartbeat. Default: none. */
  readonly pingInterval?: number;
  /** Time to wait for a pong, at most `pingInterval`; 0: no matter how long. Default: 0. */
  readonly pongTimeout?: number;
  /** A client's is used when the server accepts its offer; a server's has been negotiated before. */
  readonly extension?: MessageExtension | undefined;
  readonly observer?: SessionObserver | undefined;
}

/** What the peer answered instead of 101. */
export interface Refusal {
  readonly status: StatusLine;
  readonly head: Head;
  readonly body: string;
}

/** Why a session ended other than by a closing handshake. */
export interface Failure {
  /** What happened, as a sentence. */
  readonly message: string;
  /** The broken rule, when there is one: a lost connection or a timeout breaks none. */
  readonly violation?: Violation | undefined;
  /** The HTTP status of the response; 0 when there was none. */
  readonly status: number;
  readonly refusal?: Refusal | undefined;
  /** The option whose time was up. */
  readonly limit?: 'handshakeTimeout' | 'pongTimeout' | 'closeTimeout' | undefined;
  readonly cause?: unknown;
}

/** What a session reports. Handlers, not events: a message costs no object around it. None of them may throw. */
export interface SessionHandler {
  /** A response head arrived, whatever its status. */
  response(status: StatusLine, head: Head): void;
  open(result: HandshakeResult): void;
  text(message: string): void;
  /** The buffer is the receiver's. */
  binary(message: ArrayBuffer): void;
  /** The peer's pong to a `ping` of ours, or an unsolicited one; heartbeat pongs do not appear. */
  pong(payload: Buffer): void;
  /** Comes before `closed` when the session had been open; alone when it never was. */
  failed(failure: Failure): void;
  /** The session that had been open is over. */
  closed(code: number, reason: string): void;
  /** 64 KiB of output are waiting: better take them now than at the end of the turn. */
  flush(): void;
}

/** Sees everything that passes. Payloads are views that are good until the call returns. */
export interface SessionObserver {
  request(bytes: Buffer): void;
  response(status: StatusLine, head: Head): void;
  /** `payload` is unmasked and, for a compressed message, still compressed. `offset`: in the direction's stream. */
  frame(direction: 'sent' | 'received', header: Readonly<FrameHeader>, payload: Buffer, offset: number): void;
  message(direction: 'sent' | 'received', data: string | ArrayBufferView | ArrayBuffer): void;
  violation(violation: Violation): void;
  closed(code: number, reason: string, clean: boolean): void;
}

/** The opening handshake under way. */
interface Opening {
  readonly request: HandshakeRequest;
  readonly key: string;
  readonly reader: HeadReader;
  /** Of the response, 0 until there is one. */
  status: number;
  refusal: { status: StatusLine; head: Head; body: RefusalBody } | undefined;
}

type State = 'connecting' | 'refused' | 'open' | 'closing' | 'ending' | 'over';

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
  readonly #observer: SessionObserver | undefined;
  readonly #pingInterval: number;
  readonly #pongTimeout: number;
  readonly #isServer: boolean;
  #state: State;
  /** Until the connection is open. */
  #opening: Opening | undefined;
  /** Borrowed while there is output; see `rest`. */
  #framer: Framer | undefined;

  // Frames
  #deframer: Deframer | undefined;
  #assembler: Assembler | undefined;
  #extension: MessageExtension | undefined;
  /** Bytes that the peer had sent before its first frame: its response head. */
  #framesOffset = 0;
  /** Bytes of output that were taken. */
  #taken = 0;
  /** The payload of the last ping that waits to be answered while the peer does not read. */
  #owedPong: Buffer | undefined;
  #congested = false;

  // The end
  #result: { code: number; reason: string } | undefined;
  /** Whether the closing handshake was completed (RFC 6455 §7.1.4). */
  #clean = false;
  #halfClose = false;

  // Deadlines, on the clock of `now`
  #stepDeadline: number | undefined;
  #pingDeadline: number | undefined;
  #pongDeadline: number | undefined;
  #expectedPong: Buffer | undefined;

  /** Set when somebody wants to see every frame; see `MessageHandler`. */
  readonly onFrame: ((header: Readonly<FrameHeader>, payload: Buffer, offset: number) => void) | undefined;

  constructor(handler: SessionHandler, options: SessionOptions) {
    this.#handler = handler;
    const { request, observer, extension, limits, keys, now, random, pingInterval = 0, pongTimeout = 0 } = options;
    this.#limits = limits;
    this.#keys = keys;
    this.#now = now;
    this.#observer = observer;
    this.#pingInterval = pingInterval;
    this.#pongTimeout = pongTimeout;
    this.#isServer = request === undefined;
    this.#extension = extension;
    this.onFrame = observer && ((header, payload, offset) => observer.frame('received', header, payload, offset));
    if (request === undefined) {
      this.#state = 'open';
      this.#startHeartbeat();
    } else {
      this.#state = 'connecting';
      this.#stepDeadline = options.handshakeDeadline;
      const key = handshakeKey(random);
      this.#opening = { request, key, reader: new HeadReader(limits), status: 0, refusal: undefined };
      const bytes = encodeHandshakeRequest(request, key);
      this.#out.output.append(bytes);
      observer?.request(bytes);
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

  /** Once its output has been written, the connection is to be half-closed (TCP FIN). */
  get wantsHalfClose(): boolean {
    return this.#halfClose;
  }

  /** See `MessageHandler`. After a Close frame or a failure nothing is processed (RFC 6455 §1.4, §7.1.7). */
  get stopped(): boolean {
    return this.#state !== 'open' && this.#state !== 'closing';
  }

  /** When `expire` wants to be called next, on the clock of `now`; `Infinity`: never. */
  get deadline(): number {
    return Math.min(this.#stepDeadline ?? never, this.#pingDeadline ?? never, this.#pongDeadline ?? never);
  }

  /** HTTP status of the server's response; 0 until there is one. */
  get #status(): number {
    return this.#opening?.status ?? (this.#isServer ? 0 : 101);
  }

  // ------------------------------------------------------------------ input

  /** Takes bytes from the peer, in chunks of any size. Their memory may be reused when this returns. */
  receive(bytes: Buffer, start = 0, end = bytes.length): void {
    if (start === end) return;
    if (this.#state === 'over' || this.#state === 'ending') return;
    if (this.#state === 'refused') return this.#receiveBody(bytes, start, end);
    try {
      let at = start;
      while (this.#state === 'connecting' && at < end) at = this.#receiveHead(bytes, at, end);
      if (at < end && !this.stopped) (this.#deframer ?? this.#startFrames()).receive(bytes, at, end);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violate(error);
    }
  }

  /** The peer ended its side, or the connection is gone; `cause` when that was an error, in the words of `problem`. */
  receiveEnd(cause?: Error, problem = cause?.message): void {
    switch (this.#state) {
      case 'over':
        return;
      case 'ending':
        return this.#end();
      case 'refused':
        return this.#refuse();
      case 'connecting':
        if (cause === undefined && this.#opening!.reader.size > 0) {
          const { size } = this.#opening!.reader;
          return this.#violate(
            new Violation('http-head-complete', `the end of the connection after ${size} bytes`, size),
          );
        }
        return this.#failHandshake({
          message:
            cause === undefined
              ? 'the server closed the connection without an answer to the opening handshake'
              : `the connection was lost during the opening handshake: ${problem}`,
          cause,
          status: 0,
        });
      default: {
        // RFC 6455 §7.1.5: without a Close frame from the peer the code is 1006.
        const where =
          this.#state === 'closing' ? ' before the server answered our Close frame' : ' without a Close frame';
        this.#lose(`the connection was lost${where}${cause === undefined ? '' : `: ${problem}`}`, cause);
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
      this.#failHandshake({ message: 'close was called before the connection was open', status: this.#status });
    } else if (this.#state === 'open') {
      this.#control(Opcode.close, encodeCloseBody(code, reason));
      this.#state = 'closing';
      this.#stopHeartbeat();
      this.#stepDeadline = this.#now() + this.#limits.closeTimeout;
    }
  }

  /** Bytes of output that wait to be taken. */
  get outputSize(): number {
    return this.#framer?.output.size ?? 0;
  }

  get #out(): Framer {
    return (this.#framer ??= Framer.borrow(this.#isServer ? undefined : this.#keys, this.#handler));
  }

  /** Takes the next piece of output, or nothing when there is none. Give it back with `releaseOutput`. */
  takeOutput(): OutputChunk | undefined {
    const chunk = this.#framer?.output.take();
    if (chunk !== undefined) this.#taken += chunk.bytes.length;
    return chunk;
  }

  /** The chunk has been written. Its memory is used again; a chunk that is never given back is just garbage. */
  releaseOutput(chunk: OutputChunk): void {
    Output.release(chunk);
  }

  /** Says that nothing is being sent at the moment: a session without output holds nothing to make it with. */
  rest(): void {
    if (this.#framer?.output.size !== 0) return;
    this.#framer.giveBack();
    this.#framer = undefined;
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
    this.#stopHeartbeat();
    if (!paused && this.#state === 'open') this.#startHeartbeat();
  }

  // ------------------------------------------------------------------ time

  /** Acts on the deadlines that have passed. */
  expire(): void {
    const now = this.#now();
    if (now >= (this.#stepDeadline ?? never)) this.#expireStep(now);
    if (this.#state !== 'open') return;
    if (now >= (this.#pongDeadline ?? never)) {
      return this.#lose(`no pong within ${this.#pongTimeout / 1000} s (pongTimeout): the link is dead`);
    }
    if (now >= (this.#pingDeadline ?? never)) this.#heartbeat(now);
  }

  #expireStep(now: number): void {
    this.#stepDeadline = undefined;
    switch (this.#state) {
      case 'connecting':
        return this.#failHandshake({
          message: 'the server did not answer the opening handshake within handshakeTimeout',
          limit: 'handshakeTimeout',
          status: 0,
        });
      case 'refused':
        return this.#refuse();
      case 'closing':
        return this.#lose('the server did not answer our Close frame within closeTimeout');
      case 'ending':
        if (this.#halfClose) return this.#end();
        this.#halfClose = true;
        this.#stepDeadline = now + Math.max(0, this.#limits.closeTimeout - lingerTimeout);
    }
  }

  #heartbeat(now: number): void {
    // Four unpredictable bytes: an unsolicited pong does not pass for an answer.
    const payload = Buffer.alloc(4);
    payload.writeInt32LE(this.#keys.next());
    this.#control(Opcode.ping, payload);
    this.#expectedPong = payload;
    if (this.#pongTimeout > 0) this.#pongDeadline = now + this.#pongTimeout;
    this.#pingDeadline = now + this.#pingInterval;
  }

  #startHeartbeat(): void {
    if (this.#pingInterval > 0) this.#pingDeadline = this.#now() + this.#pingInterval;
  }

  #stopHeartbeat(): void {
    this.#pingDeadline = undefined;
    this.#pongDeadline = undefined;
    this.#expectedPong = undefined;
  }

  // ------------------------------------------------------------------ the opening handshake

  #receiveHead(bytes: Buffer, start: number, end: number): number {
    const opening = this.#opening!;
    const { reader } = opening;
    const at = reader.push(bytes, start, end);
    const { head } = reader;
    if (head === undefined) return at;
    const status = parseStatusLine(head.startLine);
    this.#observer?.response(status, head);
    if (status.status < 200 && status.status !== 101) {
      // RFC 9110 §15.2: any number of interim responses may come before the final one.
      reader.skipHead();
      return at;
    }
    opening.status = status.status;
    this.#handler.response(status, head);
    if (this.#state !== 'connecting') return end; // closed by a listener of that event
    if (status.status !== 101) {
      opening.refusal = { status, head, body: new RefusalBody(head, status.status) };
      this.#state = 'refused';
      this.#stepDeadline = Math.min(this.#stepDeadline ?? never, this.#now() + refusalTimeout);
      this.#receiveBody(bytes, at, end);
      return end;
    }
    this.#accept(opening, status, head);
    return at;
  }

  #accept({ request, key, reader }: Opening, status: StatusLine, head: Head): void {
    const result = checkHandshakeResponse(status, head, request, key);
    if (result.extensions === '') this.#extension = undefined;
    else this.#extension!.accept(result.extensions);
    this.#stepDeadline = undefined;
    this.#framesOffset = reader.size;
    this.#opening = undefined;
    this.#state = 'open';
    this.#startHeartbeat();
    this.#handler.open(result);
  }

  /** Made when the first frame arrives: a connection that nothing happens on does without. */
  #startFrames(): Deframer {
    const assembler = new Assembler(this, this.#limits);
    const deframer = new Deframer(assembler, {
      expectMasked: this.#isServer,
      offset: this.#framesOffset,
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
    const { body } = this.#opening!.refusal!;
    body.push(bytes, start, end);
    if (body.complete) this.#refuse();
  }

  #refuse(): void {
    const { status, head, body } = this.#opening!.refusal!;
    const got = `${status.status} ${status.message}`.trim();
    const violation = new Violation('handshake-status', got, 0);
    this.#observer?.violation(violation);
    this.#failHandshake({
      message: `the server answered ${got}, expected 101 Switching Protocols`,
      status: status.status,
      refusal: { status, head, body: body.toString() },
      violation,
    });
  }

  /** The response that broke a rule, when its head is complete: a 101 with a wrong Accept, say. */
  #badResponse(): Refusal | undefined {
    const { reader, status } = this.#opening!;
    const { head } = reader;
    return head && status > 0 ? { status: parseStatusLine(head.startLine), head, body: '' } : undefined;
  }

  #failHandshake(failure: Failure): void {
    this.#state = 'over';
    this.#stepDeadline = undefined;
    this.#handler.failed(failure);
  }

  // ------------------------------------------------------------------ messages

  text(message: string): void {
    this.#observer?.message('received', message);
    this.#handler.text(message);
  }

  binary(message: ArrayBuffer): void {
    this.#observer?.message('received', message);
    this.#handler.binary(message);
  }

  control(opcode: number, payload: Buffer, offset: number): void {
    if (opcode === Opcode.ping) {
      // RFC 6455 §5.5.2: answered at once with the same payload; nothing follows our Close frame.
      if (this.#state !== 'open') return;
      if (this.#congested) this.#owedPong = Buffer.from(payload);
      else this.#control(Opcode.pong, payload);
    } else if (opcode === Opcode.pong) {
      if (this.#expectedPong?.equals(payload)) {
        this.#expectedPong = undefined;
        this.#pongDeadline = undefined;
      } else {
        this.#handler.pong(payload);
      }
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
    const offset = this.#taken + this.outputSize;
    send();
    if (observer === undefined) return;
    const { length } = payload;
    const masked = !this.#isServer;
    const header = {
      fin: true,
      rsv,
      opcode,
      masked,
      maskingKey: this.#framer!.lastKey,
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
    this.#state = 'ending';
    this.#stopHeartbeat();
    this.#dropFrames();
    // RFC 6455 §7.1.1: the server closes TCP first; a client may close it when that takes too long. A server does at once.
    if (this.#isServer) this.#halfClose = true;
    const { closeTimeout } = this.#limits;
    this.#stepDeadline = this.#now() + Math.min(closeTimeout, this.#halfClose ? closeTimeout : lingerTimeout);
  }

  /** Fails the WebSocket connection (RFC 6455 §7.1.7). */
  #violate(violation: Violation): void {
    this.#observer?.violation(violation);
    const failure: Failure = { message: violation.message, violation, status: this.#status };
    if (this.#state === 'connecting') return this.#failHandshake({ ...failure, refusal: this.#badResponse() });
    const code = violation.rule.closeCode ?? CloseCode.protocolError;
    const reason = violation.rule.demand.slice(0, maxReasonSize);
    if (this.#state === 'open') this.#control(Opcode.close, encodeCloseBody(code, reason));
    this.#result = { code, reason };
    this.#state = 'ending';
    this.#stopHeartbeat();
    this.#dropFrames();
    this.#halfClose = true;
    this.#stepDeadline = this.#now() + Math.min(lingerTimeout, this.#limits.closeTimeout);
    this.#handler.failed(failure);
  }

  /** The link is gone, or as good as gone, without a closing handshake: 1006 (RFC 6455 §7.1.5). */
  #lose(message: string, cause?: unknown): void {
    this.#result = undefined;
    this.#state = 'ending';
    this.#stopHeartbeat();
    this.#dropFrames();
    this.#handler.failed({ message, status: this.#status, cause });
    this.#end();
  }

  /** Nothing more is processed, so what has come of a message need not be held until the connection is gone. */
  #dropFrames(): void {
    this.#assembler?.discard(); // a violation's stack may keep the assembler itself alive
    this.#deframer = undefined;
    this.#assembler = undefined;
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#stepDeadline = undefined;
    const { code, reason } = this.#result ?? { code: CloseCode.abnormal, reason: '' };
    this.#observer?.closed(code, reason, this.#clean);
    this.#handler.closed(code, reason);
  }
}
