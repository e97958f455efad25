/**
 * One WebSocket connection as a pure state machine: the opening handshake, messages, ping and pong, the closing
 * handshake, failure, deadlines. Bytes and numbers go in, frames go into a sink, reports to a handler.
 *
 * Every change of state goes through the table in `states.ts`.
 */
import type { Buffer } from 'node:buffer';
import { decodeCloseBody, encodeCloseBody } from './closing/close-body.js';
import { CloseCode, maxReasonSize } from './closing/close-code.js';
import type { Failure, Fragment, SessionHandler, SessionLimits, SessionObserver, SessionOptions } from './contracts.js';
import { Deadlines, lingerTimeout, refusalTimeout } from './deadlines.js';
import { type Budget, unlimited } from './framing/budget.js';
import type { Framer } from './framing/framer.js';
import type { FrameHeader } from './framing/header.js';
import type { MaskingKeys } from './framing/mask.js';
import { Opcode } from './framing/opcode.js';
import type { OutputSink } from './framing/output-queue.js';
import { bytesOf } from './framing/payload.js';
import { Opening } from './handshake/opening.js';
import { Heartbeat } from './heartbeat.js';
import type { MessageHandler } from './messages/assembler.js';
import type { MessageExtension } from './messages/extension.js';
import { FrameInput } from './messages/frame-input.js';
import { ObservedSender } from './observed-sender.js';
import { PongReplies } from './pong-replies.js';
import { Violation } from './rules.js';
import type { Sentence } from './sentence.js';
import * as failures from './session-failures.js';
import { type State, stateAfter, type Transition } from './states.js';

export class Session implements MessageHandler {
  readonly #handler: SessionHandler;
  /** What the options said, as far as it is needed to the end; the rest of them is not kept. */
  readonly limits: SessionLimits;
  readonly #keys: MaskingKeys;
  readonly #sink: OutputSink;
  readonly #observer: SessionObserver | undefined;
  readonly #deadlines: Deadlines;
  readonly #isServer: boolean;
  #state: State;
  /** Until the connection is open. */
  #opening: Opening | undefined;
  readonly #budget: Budget;
  #input: FrameInput | undefined;
  #extension: MessageExtension | undefined;
  /** Bytes that the peer had sent before its first frame: its response head. */
  #framesOffset = 0;
  /** Since the peer was congested for the first time. */
  #pongs: PongReplies | undefined;
  /** How it ends. `clean`: the closing handshake was completed (RFC 6455 §7.1.4). */
  #result: { code: number; reason: string; clean: boolean } | undefined;
  /** Whether our side of the stream has been ended. */
  #halfClosed = false;
  /** What sends when there is an extension or an observer. */
  #sender: ObservedSender | undefined;
  /** Set when somebody wants to see every frame; see `MessageHandler`. */
  readonly onFrame: ((header: Readonly<FrameHeader>, payload: Buffer, offset: number) => void) | undefined;

  constructor(handler: SessionHandler, options: SessionOptions) {
    this.#handler = handler;
    const { request, observer, extension } = options;
    this.limits = options.limits;
    this.#sink = options.sink;
    this.#keys = options.keys;
    this.#observer = observer;
    this.#deadlines = new Deadlines(options.now, options.sink, options);
    this.#isServer = request === undefined;
    this.#extension = extension;
    this.#budget = options.budget ?? unlimited();
    this.onFrame = observer && ((header, payload, offset) => observer.frame('received', header, payload, offset));
    if (request === undefined) {
      this.#state = 'open';
      this.#startSending(extension);
      this.#deadlines.startHeartbeat();
    } else {
      this.#state = 'connecting';
      if (options.handshakeDeadline !== undefined) this.#deadlines.endStepAt(options.handshakeDeadline);
      this.#opening = new Opening(request, options.random, options.limits, observer);
      this.#sink.head(this.#opening.encode());
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
    return this.#deadlines.next;
  }

  /** HTTP status of the server's response; 0 until there is one. */
  get #status(): number {
    return this.#opening?.status ?? (this.#isServer ? 0 : 101);
  }

  /**
   * Takes bytes from the peer, in chunks of any size. Their memory may be reused when this returns.
   *
   * @returns the position up to which they were taken: below `end` when the budget is spent; see `Deframer.receive`
   */
  receive(bytes: Buffer, start = 0, end = bytes.length): number {
    if (start === end || this.#state === 'over' || this.#state === 'ending') return end;
    if (this.#state === 'refused') {
      if (this.#opening!.receiveBody(bytes, start, end)) this.#refuse();
      return end;
    }
    let at = start;
    this.#deadlines.received();
    try {
      while (this.#state === 'connecting' && at < end) at = this.#receiveHead(bytes, at, end);
      at = at < end && !this.stopped ? this.input.receive(bytes, at, end) : end;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violate(this.#state === 'connecting' ? this.#opening!.conceal(error) : error);
      return end;
    }
    this.#deadlines.received(); // the time that the program took for it is not the link's
    return at;
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
      case 'connecting': {
        const violation = cause === undefined ? this.#opening!.cutOff() : undefined;
        if (violation !== undefined) return this.violate(violation);
        return this.#failHandshake(failures.lostWhileOpening(problem, cause));
      }
      default:
        // RFC 6455 §7.1.5: without a Close frame from the peer the code is 1006.
        this.#lose(failures.connectionLost(this.#state === 'closing', problem, cause));
    }
  }

  /** Sends a text message; the session must be open. @returns whether it was sent: an observer may close it meanwhile */
  sendText(message: string): boolean {
    if (this.#sender !== undefined) return this.#sender.text(message);
    this.#out.text(message);
    return true;
  }

  /** Sends a binary message, as `sendText` does. The bytes are copied before this returns. */
  sendBinary(message: Uint8Array): boolean {
    if (this.#sender !== undefined) return this.#sender.binary(bytesOf(message));
    this.#out.binary(message);
    return true;
  }

  /** Sends a frame of a message in pieces, as `sendText` does. The bytes are copied before this returns. */
  sendFragment(fragment: Fragment): boolean {
    if (this.#sender !== undefined) return this.#sender.fragment(fragment);
    this.#out.fragment(fragment.opcode, fragment.payload, fragment.fin, false);
    return true;
  }

  /** Sends a ping with at most 125 bytes. The session must be open. */
  ping(payload: Uint8Array): void {
    this.#control(Opcode.ping, payload);
  }

  /** Starts the closing handshake, if that has not been done; while connecting, the session is just over. */
  close(code: number, reason: string): void {
    if (this.#state === 'connecting' || this.#state === 'refused') {
      this.#failHandshake(failures.closedBeforeOpen);
    } else if (this.#state === 'open') {
      this.#move('Close sent'); // first: an observer of the frame may call close as well
      this.#control(Opcode.close, encodeCloseBody(code, reason));
      this.#deadlines.heartbeat.stop();
      this.#deadlines.startStep(this.limits.closeTimeout);
    }
  }

  get #out(): Framer {
    return this.#sink.framer(this.#isServer ? undefined : this.#keys);
  }

  /** Whether the peer does not keep up with what we send; see `PongReplies`. */
  set congested(congested: boolean) {
    if (congested) this.#pongs ??= new PongReplies();
    const owed = this.#pongs?.setCongested(congested);
    if (owed !== undefined && this.#state === 'open') this.#control(Opcode.pong, owed);
  }

  /** Whether `written` makes a difference now. */
  get awaitsWriting(): boolean {
    return this.#deadlines.awaitWriting;
  }

  /** The system has taken the output up to `position`. @param transit milliseconds that what it holds takes to the peer */
  written(position: number, transit: number): void {
    this.#deadlines.written(position, transit);
  }

  /** Whether input is held back on purpose: no pong can arrive then, so the heartbeat rests. */
  set paused(paused: boolean) {
    this.#deadlines.heartbeat.stop();
    if (!paused && this.#state === 'open') this.#deadlines.startHeartbeat();
  }

  /** Acts on the deadlines that have passed. */
  expire(): void {
    const { heartbeat } = this.#deadlines;
    if (this.#deadlines.isStepOver) this.#expireStep();
    if (this.#state !== 'open') return;
    const now = this.#deadlines.now();
    const verdict = heartbeat.verdict(now);
    if (verdict === 'dead') {
      this.#lose(failures.linkIsDead(heartbeat.timeout));
    } else if (verdict === 'ping') {
      const payload = Heartbeat.payload(this.#keys.next());
      this.#control(Opcode.ping, payload);
      heartbeat.pinged(payload, now, this.#sink.position);
    }
  }

  #expireStep(): void {
    this.#deadlines.stopStep();
    switch (this.#state) {
      case 'connecting':
        return this.#failHandshake(failures.handshakeTimedOut);
      case 'refused':
        return this.#refuse();
      case 'closing':
        return this.#lose(failures.closeTimedOut);
      case 'ending':
        if (this.#halfClosed) return this.#end();
        this.#halfClose();
        this.#deadlines.startStep(Math.max(0, this.limits.closeTimeout - lingerTimeout));
    }
  }

  #receiveHead(bytes: Buffer, start: number, end: number): number {
    const opening = this.#opening!;
    const at = opening.receive(bytes, start, end);
    const { response } = opening;
    if (response === undefined) return at;
    this.#handler.response(response.status, response.head);
    if (this.#state !== 'connecting') return end; // closed by a listener of that event
    if (response.status.status !== 101) {
      this.#move('refused');
      this.#deadlines.endStepAt(this.#deadlines.now() + refusalTimeout);
      if (opening.receiveBody(bytes, at, end)) this.#refuse();
      return end;
    }
    this.#accept(opening);
    return at;
  }

  #accept(opening: Opening): void {
    const result = opening.accept();
    if (result.extensions === '') this.#extension = undefined;
    else this.#extension!.accept(result.extensions);
    this.#deadlines.stopStep();
    this.#framesOffset = opening.size;
    this.#opening = undefined;
    this.#move('accepted');
    this.#startSending(this.#extension);
    this.#deadlines.startHeartbeat();
    this.#handler.open(result);
  }

  get input(): FrameInput {
    this.#input ??= new FrameInput(this, this.limits, {
      offset: this.#framesOffset,
      expectMasked: this.#isServer,
      inflater: this.#extension,
      budget: this.#budget,
    });
    return this.#input;
  }

  #refuse(): void {
    const failure = failures.refused(this.#opening!.refusal!, this.#opening!.refusedWith);
    this.#observer?.violation(failure.violation);
    this.#failHandshake(failure);
  }

  #failHandshake(failure: Omit<Failure, 'status'>): void {
    this.#move('handshake failed');
    this.#deadlines.stopStep();
    this.#handler.failed({ ...failure, status: this.#status });
  }

  message(data: string | ArrayBuffer): void {
    this.#observer?.message('received', data);
    this.#handler.message(data);
  }

  control(opcode: number, payload: Buffer, offset: number): void {
    if (opcode === Opcode.ping) {
      this.#handler.pinged?.(payload);
      // RFC 6455 §5.5.2: answered at once with the same payload; nothing follows our Close frame.
      if (this.#state !== 'open') return;
      const reply = this.#pongs === undefined ? payload : this.#pongs.pinged(payload);
      if (reply !== undefined) this.#control(Opcode.pong, reply);
    } else if (opcode === Opcode.pong) {
      const received = this.#deadlines.heartbeat.ponged(payload);
      if (received === undefined) this.#handler.pong(payload);
      else this.#sink.acknowledged(received);
    } else {
      this.#receiveClose(payload, offset);
    }
  }

  #control(opcode: typeof Opcode.close | typeof Opcode.ping | typeof Opcode.pong, payload: Uint8Array): void {
    if (this.#sender === undefined) this.#out.control(opcode, payload);
    else this.#sender.control(opcode, payload);
  }

  #startSending(extension: MessageExtension | undefined): void {
    if (extension === undefined && this.#observer === undefined) return;
    const keys = this.#isServer ? undefined : this.#keys;
    this.#sender = new ObservedSender(this.#sink, keys, extension, this.#observer, () => this.#state === 'open');
  }

  #receiveClose(payload: Buffer, offset: number): void {
    const result = decodeCloseBody(payload, offset);
    this.#result = { ...result, clean: true };
    // RFC 6455 §5.5.1: an endpoint that has not sent a Close frame answers with one, typically echoing the code.
    const answers = this.#state === 'open';
    this.#startEnding('Close received');
    if (answers) this.#control(Opcode.close, encodeCloseBody(result.code, ''));
    // RFC 6455 §7.1.1: the server closes TCP first; a client may close it when that takes too long. A server does at once.
    if (this.#isServer) this.#halfClose();
    const { closeTimeout } = this.limits;
    this.#deadlines.startStep(this.#halfClosed ? closeTimeout : Math.min(closeTimeout, lingerTimeout));
  }

  /** Fails the WebSocket connection (RFC 6455 §7.1.7). */
  violate(violation: Violation): void {
    this.#observer?.violation(violation);
    if (this.#state === 'connecting')
      return this.#failHandshake(failures.ruleBroken(violation, this.#opening!.refusal));
    const code = violation.rule.closeCode ?? CloseCode.protocolError;
    const reason = violation.rule.demand.slice(0, maxReasonSize);
    const wasOpen = this.#state === 'open';
    this.#result = { code, reason, clean: false };
    this.#startEnding('rule broken');
    if (wasOpen) this.#control(Opcode.close, encodeCloseBody(code, reason));
    this.#halfClose();
    this.#deadlines.startStep(Math.min(lingerTimeout, this.limits.closeTimeout));
    this.#handler.failed({ ...failures.ruleBroken(violation), status: this.#status });
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
    this.#deadlines.heartbeat.stop();
    // Nothing more is processed: what has come of a message is let go now. A violation's stack may keep the assembler alive.
    this.#input?.discard();
    this.#input = undefined;
  }

  #halfClose(): void {
    this.#halfClosed = true;
    this.#sink.end();
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#move('connection ended');
    this.#deadlines.stopStep();
    const { code, reason, clean } = this.#result ?? { code: CloseCode.abnormal, reason: '', clean: false };
    this.#observer?.closed(code, reason, clean);
    this.#handler.closed(code, reason);
  }

  #move(transition: Transition): void {
    this.#state = stateAfter(this.#state, transition);
  }
}
