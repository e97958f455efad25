import type { Buffer } from 'node:buffer';
import type { Kind } from '../payload.js';

/** Called with each message; `count` is 1 but for the raw floor, which only knows how many frames its bytes were. */
export type Received = (data: unknown, count: number) => void;

/** Where to connect; `caPath` is the server's certificate (PEM file), `''` for `ws:`. */
export interface Target {
  readonly url: string;
  readonly caPath: string;
  /** Offer permessage-deflate, and compress every message. */
  readonly deflate?: boolean;
  /** Resume the TLS session of an earlier connection of this process. */
  readonly resume?: boolean;
}

/** An open connection of a client under test. */
export interface Link {
  /** Sends the prepared message `count` times in this turn, with nothing waited for. */
  send(message: unknown, count: number): void;
  /**
   * Sends the prepared message `count` times in this turn; `handedOver` is called once the client says, by the means
   * its documentation
   * names, that its last one has gone to the operating system (or that more may be written).
   */
  burst(message: unknown, count: number, handedOver: () => void): void;
  /** The closing handshake, awaited to its end. */
  close(): Promise<void>;
}

/** One client under test, behind the smallest interface that all of them can meet. */
export interface Client {
  /** Turns a payload into what this client's send takes, once, before anything is measured. */
  prepare(bytes: Buffer, kind: Kind): unknown;
  /**
   * Opens a connection. Messages are delivered as `string` or as `ArrayBuffer`, or what comes nearest without a
   * copy.
   */
  connect(target: Target, received: Received): Promise<Link>;
}
