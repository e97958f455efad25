/** A connection for the command line: like the facade's, with pings, pongs and the reason why it ended. */
import type { Buffer } from 'node:buffer';
import { SendReceipts } from '../api/send-receipts.js';
import type { ResponseHeaders } from '../protocol/http/field.js';
import { blotFields, blotSubprotocol, Secrets } from '../protocol/secrets.js';
import { type ConnectHandler, type Connecting, connect } from '../transport/connect.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import type { Connection } from '../transport/connection.js';
import type { ConnectionFailure } from '../transport/failure.js';
import { describeFailure } from './connection-options.js';

/** What the opening handshake brought. */
export interface Opened {
  /** Empty when the server chose none. */
  readonly subprotocol: string;
  readonly extensions: string;
  readonly headers: ResponseHeaders;
}

/** How a connection that had been open ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** When it was lost, or the peer broke the protocol. */
  readonly failure: ConnectionFailure | undefined;
}

export interface LinkHandler {
  text(message: string): void;
  binary(message: ArrayBuffer): void;
  pong?(payload: Buffer): void;
}

/** The attempt to connect failed. */
export class ConnectError extends Error {
  readonly failure: ConnectionFailure;

  constructor(failure: ConnectionFailure) {
    super(describeFailure(failure));
    this.failure = failure;
  }
}

export class Link {
  readonly #connecting: Connecting;
  #connection: Connection | undefined;
  /** Of what was sent since the last flush. */
  #receipts: SendReceipts | undefined;
  /** Rejects with a `ConnectError`. */
  readonly opened: Promise<Opened>;
  /** Resolves when the connection that had been open is gone. */
  readonly ended: Promise<Ending>;

  /**
   * @param showsSecrets whether what it reports of the handshake and the end has the credentials in it that the request
   *   had, or the server gave; messages are verbatim either way
   */
  constructor(plan: ConnectPlan, handler: LinkHandler, showsSecrets = false) {
    const secrets = secretsOf(plan, showsSecrets);
    let opened!: (result: Opened) => void;
    let refused!: (error: ConnectError) => void;
    let ended!: (ending: Ending) => void;
    this.opened = new Promise((resolve, reject) => {
      opened = resolve;
      refused = reject;
    });
    this.ended = new Promise((resolve) => {
      ended = resolve;
    });
    let headers: ResponseHeaders = {};
    let failure: ConnectionFailure | undefined;
    const connectHandler: ConnectHandler = {
      response: (_status, head) => {
        headers = head.toHeaders();
      },
      open: (result, connection) => {
        this.#connection = connection;
        const { subprotocol, extensions } = result;
        if (showsSecrets) opened({ subprotocol, extensions, headers });
        else opened({ subprotocol: blotSubprotocol(subprotocol), extensions, headers: blotHeaders(headers, secrets) });
      },
      message: (data) => (typeof data === 'string' ? handler.text(data) : handler.binary(data)),
      pong: (payload) => handler.pong?.(payload),
      takeReceipts: () => {
        const receipts = this.#receipts;
        this.#receipts = undefined;
        return receipts;
      },
      failed: (why) => {
        failure = { ...why, sentence: [secrets.blotMessage(describeFailure(why))] };
        refused(new ConnectError(failure)); // no effect once it was open
      },
      closed: (code, reason) => ended({ code, reason: secrets.blot(reason), failure }),
    };
    this.#connecting = connect(plan, connectHandler);
  }

  get isOpen(): boolean {
    return this.#connection?.isOpen ?? false;
  }

  /** Queues a message. @returns whether the connection was open to take it */
  send(message: string | Uint8Array): boolean {
    if (!this.#connection?.isOpen) return false;
    return typeof message === 'string' ? this.#connection.sendText(message) : this.#connection.sendBinary(message);
  }

  /** At most 125 bytes. @returns whether the connection was open to take it */
  ping(payload: Uint8Array): boolean {
    if (!this.#connection?.isOpen) return false;
    this.#connection.ping(payload);
    return true;
  }

  /** Resolves when all that was sent in this turn is the operating system's, or never will be. @returns whether it is */
  async flushed(): Promise<boolean> {
    if (!this.#connection?.isOpen) return false;
    this.#receipts ??= SendReceipts.take();
    return this.#receipts.promise.catch(() => false); // `ended` reports how it ended
  }

  /** Starts the closing handshake, or gives up the attempt to connect. */
  close(code = 1000, reason = ''): void {
    if (this.#connection === undefined) this.#connecting.abort();
    else this.#connection.close(code, reason);
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }
}

/** What is not shown of what the server says: the secrets of the request, or nothing. */
export function secretsOf({ target, subprotocols, fields }: ConnectPlan, showsSecrets: boolean): Secrets {
  if (showsSecrets) return Secrets.ofAuthorization(undefined);
  return Secrets.ofRequest({ resource: target.resource, host: target.hostField, subprotocols, fields });
}

/** The fields of a response as they may be shown. */
export function blotHeaders(headers: ResponseHeaders, secrets = Secrets.ofAuthorization(undefined)): ResponseHeaders {
  const shown = (name: string, value: string): string => secrets.blot(blotFields([[name, value]])[0]![1]);
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((one: string) => shown(name, one)) : shown(name, value as string),
  ]);
  return Object.fromEntries(entries) as ResponseHeaders;
}
