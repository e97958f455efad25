/**
 * What an observed session reports: the payloads of the `ohos-websocket:…` diagnostics channels, by channel.
 *
 * Byte offsets count from the start of the direction's stream, the opening handshake included. Buffers are views that
 * are good until the subscriber returns: copy what is to be kept. Nothing in a payload is redacted.
 */
import type { Buffer } from 'node:buffer';
import type { SessionLimits } from '../contracts.js';
import type { PerMessageDeflateOptions } from '../deflate/options.js';
import type { HandshakeRequest } from '../handshake/client.js';
import type { Field } from '../http/field.js';
import type { HeadLeniency } from '../http/head.js';
import type { ObservedRuleId } from '../observed-rules.js';
import type { RuleId } from '../rules.js';
import type { SessionCall, SessionFailure } from './calls.js';

/** Seen from the client. */
export type Direction = 'sent' | 'received';

/** Which connection an event is about, and when it was. */
export interface EventStamp {
  /** 1 for the first connection that this process observed, then 2, … */
  readonly connection: number;
  /**
   * Milliseconds on the clock of `performance.now()`, to the microsecond. Everything that one read, one call or one
   * timer led to has the same time.
   */
  readonly time: number;
}

/** Channel `handshake`: a connection attempt starts. There may be no more than this and `close`. */
export interface ConnectingEvent extends EventStamp {
  readonly type: 'connecting';
  /** Without user name and password. */
  readonly url: string;
}

/** A step of the way to the server. TLS to a proxy belongs to `proxy`. */
export type ConnectStep = 'DNS lookup' | 'TCP connection' | 'proxy' | 'TLS handshake';

/** What TLS was agreed on. */
export interface TlsFacts {
  /** E.g. `TLSv1.3`. */
  readonly version: string;
  /** E.g. `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The name in the peer's certificate; left out when it sent none. Whoever sent it may have chosen it. */
  readonly certificate: string | undefined;
  /** Whether a session was resumed. */
  readonly resumed: boolean;
}

/** The two ends of a TCP connection. */
export interface TcpFacts {
  /** The IP address of the server, or of the proxy. */
  readonly address: string;
  readonly port: number;
  /** The port of this end. */
  readonly localPort: number;
}

/**
 * Channel `handshake`: a step of the way is done. A step that there was no need for has no event; one that was repeated,
 * because a TLS session could not be resumed, has two.
 */
export interface StepEvent extends EventStamp {
  readonly type: 'step';
  readonly step: ConnectStep;
  /** Milliseconds. */
  readonly duration: number;
  /** Of a TCP connection. */
  readonly tcp: TcpFacts | undefined;
  /** Of a TLS handshake, and of a proxy that is reached by TLS. */
  readonly tls: TlsFacts | undefined;
}

/** Channel `handshake`: the request is about to be sent. */
export interface RequestEvent extends EventStamp {
  readonly type: 'request';
  readonly direction: 'sent';
  readonly offset: 0;
  /** E.g. `GET /chat HTTP/1.1`. */
  readonly startLine: string;
  /** In the order of sending. */
  readonly fields: readonly Field[];
  /** The whole head. */
  readonly bytes: Buffer;
}

/** Channel `handshake`: a response head is complete, whatever its status; interim ones (1xx) as well. */
export interface ResponseEvent extends EventStamp {
  readonly type: 'response';
  readonly direction: 'received';
  readonly offset: number;
  /** `1.1` or `1.0`. */
  readonly version: string;
  readonly status: number;
  /** The reason phrase, possibly empty. */
  readonly message: string;
  /** In the order of arrival. */
  readonly fields: readonly Field[];
  /** What it has that should not be sent and is taken all the same (RFC 9112 §2.2, §5.2); left out when nothing. */
  readonly lenient: readonly HeadLeniency[] | undefined;
}

/** Channel `handshake`: the response keeps every rule, and the connection is open. */
export interface OpenEvent extends EventStamp {
  readonly type: 'open';
  /** Empty when the server chose none. */
  readonly subprotocol: string;
  /** Empty when none was negotiated. */
  readonly extensions: string;
}

/** Channel `frame`: a frame was sent, or was received whole and keeps the rules on a single frame (RFC 6455 §5.2). */
export interface FrameEvent extends EventStamp {
  readonly type: 'frame';
  readonly direction: Direction;
  readonly offset: number;
  readonly fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. RSV1: a compressed message starts. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** Its first byte in the lowest 8 bits, as a signed 32-bit number; 0 when the frame is not masked. */
  readonly maskingKey: number;
  /** Bytes of payload. */
  readonly length: number;
  /** How many bits the length was written in: 7, 16 or 64. */
  readonly lengthBits: number;
  /** Unmasked; as on the wire in that it is still compressed. */
  readonly payload: Buffer;
}

/** Channel `message`: a whole message, after decompression or before compression. Follows its last frame. */
export interface SessionMessageEvent extends EventStamp {
  readonly type: 'message';
  readonly direction: Direction;
  /** Of the message's first frame. */
  readonly offset: number;
  /** A string for a text message. */
  readonly data: string | Uint8Array;
}

/** Channel `rule`: the peer broke a rule, and the connection fails (RFC 6455 §7.1.7). A relay reports both peers, and goes on. */
export interface RuleEvent extends EventStamp {
  readonly type: 'rule';
  /** `sent`: the client broke it, as a relay sees it. */
  readonly direction: Direction;
  /** Of the frame or field that breaks the rule. */
  readonly offset: number;
  readonly id: RuleId | ObservedRuleId;
  /** E.g. `RFC 6455 §5.2`. */
  readonly section: string;
  readonly expected: string;
  readonly got: string;
  /** The status code of the Close frame that answers; `undefined` in the opening handshake, which has none. */
  readonly closeCode: number | undefined;
  /** At most 32 bytes from the start of the frame that breaks it; `undefined` when a `frame` event has shown it whole. */
  readonly bytes: Uint8Array | undefined;
}

/** Channel `close`: the end of a connection, or of the attempt to make one; exactly one for every `connecting`. */
export interface SessionCloseEvent extends EventStamp {
  readonly type: 'close';
  /** 1005: the peer's Close frame had no code; 1006: there was no Close frame. */
  readonly code: number;
  readonly reason: string;
  /** Whether the connection had been open. */
  readonly opened: boolean;
  /** Why it ended other than by a closing handshake. */
  readonly failure: SessionFailure | undefined;
}

/** Channel `session`: what a session was made with. Together with the calls it is what a replay needs. */
export interface SessionEvent extends EventStamp {
  readonly type: 'session';
  /** The Sec-WebSocket-Key. */
  readonly key: string;
  /** `undefined` for a server's session. */
  readonly request: HandshakeRequest | undefined;
  readonly limits: SessionLimits;
  /** On the clock of `time`. */
  readonly handshakeDeadline: number;
  /** Milliseconds; 0: no heartbeat. */
  readonly pingInterval: number;
  readonly pongTimeout: number;
  readonly deflate: PerMessageDeflateOptions | undefined;
}

/** Channel `session`: something goes into the session. What comes of it follows, on all channels. */
export interface CallEvent extends EventStamp {
  readonly type: 'call';
  /** 0; 1 for a call that was made by a listener during another call, and so on. */
  readonly depth: number;
  readonly call: SessionCall;
}

/** Channel `session`: masking keys were drawn, other than the one of the frame that follows alone. */
export interface KeysEvent extends EventStamp {
  readonly type: 'keys';
  readonly keys: readonly number[];
}

/** Channel `session`: a message was compressed, or (`undefined`) did not get smaller and leaves as it is. */
export interface DeflatedEvent extends EventStamp {
  readonly type: 'deflated';
  readonly bytes: Uint8Array | undefined;
}

/** Of a relay only, for `session`: bytes of one direction as they came, after its head; what a replay plays. */
export interface BytesEvent extends EventStamp {
  readonly type: 'bytes';
  readonly direction: Direction;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** How the direction ended behind them: `end`, or an error such as `ECONNRESET`; left out while it goes on. */
  readonly ended: string | undefined;
}

/** Of a relay only, for `handshake`: something that it did on its own: a fault that it was asked for, or what it could not read. */
export interface RelayEvent extends EventStamp {
  readonly type: 'relay';
  readonly message: string;
}

/** The payloads of each channel. */
export interface ChannelEvents {
  handshake: ConnectingEvent | StepEvent | RequestEvent | ResponseEvent | OpenEvent | RelayEvent;
  frame: FrameEvent;
  message: SessionMessageEvent;
  rule: RuleEvent;
  close: SessionCloseEvent;
  session: SessionEvent | CallEvent | KeysEvent | DeflatedEvent | BytesEvent;
}

/** The name of a channel behind `ohos-websocket:`, such as `frame`. */
export type Channel = keyof ChannelEvents;
/** What any of the channels carries. */
export type ObservedEvent = ChannelEvents[Channel];

/** Takes events. `build` is called only when somebody wants that channel's. */
export type EventSink = <C extends Channel>(channel: C, build: () => ChannelEvents[C]) => void;
