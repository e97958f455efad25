/** What a connection is made from, and whom it reports to. */
import type { AsyncResource } from 'node:async_hooks';
import type { Buffer } from 'node:buffer';
import type { HandshakeResult } from '../protocol/handshake/client.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import type { MessageExtension } from '../protocol/messages/extension.js';
import type { Recorder } from '../protocol/recording/recorder.js';
import type { ConnectPlan } from './connect-plan.js';
import type { ConnectionFailure } from './failure.js';
import type { Inbox } from './inbox.js';
import type { Receipts } from './outbox.js';

/** What an open connection reports. None of it may throw. */
export interface ConnectionHandler {
  /** A whole message: text, or bytes in a buffer that is the receiver's. */
  message(data: string | ArrayBuffer): void;
  /** A ping of the peer; the payload is good until this returns. */
  pinged?(payload: Buffer): void;
  pong(payload: Buffer): void;
  failed(failure: ConnectionFailure): void;
  /** The connection is gone. */
  closed(code: number, reason: string): void;
  /** Who waits for what has been sent since the last call, if anybody does; see `Outbox`. */
  takeReceipts(): Receipts | undefined;
}

/** Who follows the opening handshake. None of it may throw. */
export interface OpeningHandler {
  response(status: StatusLine, head: Head): void;
  opened(result: HandshakeResult): void;
  handshakeFailed(failure: ConnectionFailure): void;
}

/** What a connection is made from, beside its socket. */
export interface ConnectionParts {
  readonly plan: ConnectPlan;
  /** When the opening handshake has to be done, on the clock of `performance.now`. */
  readonly deadline: number;
  readonly opening: OpeningHandler;
  readonly handler: ConnectionHandler;
  readonly inbox: Inbox;
  /** The async context of the call of connect. */
  readonly scope: AsyncResource;
  readonly extension: MessageExtension | undefined;
  /** Publishes this connection's events on the diagnostics channels. */
  readonly recorder: Recorder | undefined;
}
