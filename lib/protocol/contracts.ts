/** What a session is given and what it reports. */
import type { Buffer } from 'node:buffer';
import type { Budget } from './framing/budget.js';
import type { FrameHeader } from './framing/header.js';
import type { MaskingKeys, RandomFill } from './framing/mask.js';
import type { Opcode } from './framing/opcode.js';
import type { OutputSink } from './framing/output-queue.js';
import type { HandshakeRequest, HandshakeResult } from './handshake/client.js';
import type { OpeningObserver } from './handshake/opening.js';
import type { Refusal } from './http/body-preview.js';
import type { Head, StatusLine } from './http/head.js';
import type { HeadLimits } from './http/limits.js';
import type { MessageLimits } from './messages/assembler.js';
import type { MessageExtension } from './messages/extension.js';
import type { Violation } from './rules.js';
import type { LimitName, Sentence } from './sentence.js';

/** Bounds on what a peer can make a session hold or wait for. Times in milliseconds. */
export interface SessionLimits extends HeadLimits, MessageLimits {
  /** From our Close frame, or the end of the closing handshake, to the end of the TCP connection. */
  readonly closeTimeout: number;
}

/** What a session needs from outside: nothing in it reads a clock, a random source or the environment. */
export interface SessionOptions {
  /** The handshake to make as a client. Without one the session is a server's, and starts open. */
  readonly request?: HandshakeRequest | undefined;
  readonly limits: SessionLimits;
  /** Where the session writes. */
  readonly sink: OutputSink;
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
  /** What receiving may cost; see `Session.receive`. Default: there is no end to it. */
  readonly budget?: Budget | undefined;
}

/** Why a session ended other than by a closing handshake. */
export interface Failure {
  /** What happened, without a full stop. */
  readonly sentence: Sentence;
  /** The limit that ran out, when that is why. */
  readonly limit?: LimitName | undefined;
  /** The broken rule, when there is one: a lost connection or a timeout breaks none. */
  readonly violation?: Violation | undefined;
  /** The HTTP status of the response; 0 when there was none. */
  readonly status: number;
  readonly refusal?: Refusal | undefined;
  readonly cause?: unknown;
}

/** A frame of a message that is sent in pieces. */
export interface Fragment {
  /** Text or binary for the first one of a message, continuation for the others. */
  readonly opcode: typeof Opcode.text | typeof Opcode.binary | typeof Opcode.continuation;
  /** Together, those of a text message are UTF-8. */
  readonly payload: Uint8Array;
  /** Whether it is the last one of the message. */
  readonly fin: boolean;
}

/** What a session reports. Handlers, not events: a message costs no object around it. None of them may throw. */
export interface SessionHandler {
  /** A response head arrived, whatever its status. */
  response(status: StatusLine, head: Head): void;
  open(result: HandshakeResult): void;
  /** A whole message: text, or bytes in a buffer that is the receiver's. */
  message(data: string | ArrayBuffer): void;
  /** A ping of the peer, which is answered next. The payload is good until this returns. */
  pinged?(payload: Buffer): void;
  /** The peer's pong to a `ping` of ours, or an unsolicited one; heartbeat pongs do not appear. */
  pong(payload: Buffer): void;
  /** Comes before `closed` when the session had been open; alone when it never was. */
  failed(failure: Failure): void;
  /** The session that had been open is over. */
  closed(code: number, reason: string): void;
}

/** Sees everything that passes. Payloads are views that are good until the call returns. */
export interface SessionObserver extends OpeningObserver {
  /** `payload` is unmasked and, for a compressed message, still compressed. `offset`: in the direction's stream. */
  frame(direction: 'sent' | 'received', header: Readonly<FrameHeader>, payload: Buffer, offset: number): void;
  message(direction: 'sent' | 'received', data: string | ArrayBufferView | ArrayBuffer): void;
  violation(violation: Violation): void;
  closed(code: number, reason: string, clean: boolean): void;
}
