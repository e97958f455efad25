/** What `reconnecting` takes and gives. */

import type { ReconnectingOutcome } from './retry-rule.js';
import type {
  AsyncCallback,
  Callback,
  WebSocketClientOptions,
  WebSocketCloseOptions,
  WebSocketListeners,
} from './types.js';

export type { ReconnectingOutcome } from './retry-rule.js';

/** What is sent with: the connection that has just been opened. */
export interface OpenedConnection {
  /** As of a WebSocket; what is sent here goes before everything that waits. */
  send(data: string | ArrayBuffer | ArrayBufferView): Promise<boolean>;
  /** How many connections there have been, this one included: 1 for the first. */
  readonly count: number;
}

/** The options of `connect`, and when to connect again. */
export interface ReconnectingOptions extends WebSocketClientOptions {
  /** Milliseconds before the first new attempt, of which half is random; default 500. It doubles with each failure. */
  minDelay?: number | undefined;
  /** Milliseconds that the delay does not exceed; default 30 000. */
  maxDelay?: number | undefined;
  /** Milliseconds that a connection has to be open for the delays to begin anew; default 5000. */
  minUptime?: number | undefined;
  /** How many attempts may fail in a row before it gives up; default: any number. */
  maxRetries?: number | undefined;
  /**
   * Whether to connect again: `true`, `false`, or in how many milliseconds; `undefined` leaves it to the default rule. See
   * `lib/api/README.md` for that.
   */
  retry?:
    | ((outcome: ReconnectingOutcome) => boolean | number | undefined | PromiseLike<boolean | number | undefined>)
    | undefined;
  /** Options that change from attempt to attempt, such as a token in `header`; they replace the others of that name. */
  connectOptions?: (() => WebSocketClientOptions | PromiseLike<WebSocketClientOptions>) | undefined;
  /**
   * Called with each connection, after the listeners of `open` and before what waits is sent: to log in, to subscribe
   * again. When it fails, the connection is closed with 1011 and the next attempt is made.
   */
  resubscribe?: ((connection: OpenedConnection) => unknown) | undefined;
  /** How many messages may wait for a connection; default 1000. What is more fails at once. */
  maxQueue?: number | undefined;
  /** How many bytes may wait for a connection; default 16 MiB. */
  maxQueueSize?: number | undefined;
  /** Ends it for good, as `close` does. */
  signal?: WebSocketClientOptions['signal'];
}

/** The next attempt. */
export interface RetryNotice extends ReconnectingOutcome {
  /** Milliseconds until the attempt. */
  delay: number;
}

/** Event name -> its listener: the documented events of every connection, and two of ours. */
export interface ReconnectingListeners extends WebSocketListeners {
  /** There will be another attempt. */
  retry: Callback<RetryNotice>;
  /** There will be none any more: why, or nothing when the program ended it. Exactly once. */
  end: Callback<ReconnectingOutcome | undefined>;
}

/** A WebSocket that connects again by itself. */
export interface ReconnectingWebSocket {
  /** `waiting`: for the next attempt; `closed`: for good. */
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed';
  /** How many messages wait for a connection. */
  readonly queued: number;
  /**
   * Sends a message, or has it wait for the connection. It settles as `send` of a WebSocket does. What had been given to a
   * connection that was lost fails, and is not sent again: nobody knows whether it arrived.
   */
  send(data: string | ArrayBuffer | ArrayBufferView, callback: AsyncCallback<boolean>): void;
  send(data: string | ArrayBuffer | ArrayBufferView): Promise<boolean>;
  /** Ends it for good: closes the connection, if there is one; what waits to be sent fails. */
  close(callback: AsyncCallback<boolean>): void;
  close(options: WebSocketCloseOptions | undefined, callback: AsyncCallback<boolean>): void;
  close(options?: WebSocketCloseOptions): Promise<boolean>;
  /** Registers a listener; those of the documented events hear of every connection. */
  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void;
  on<E extends keyof ReconnectingListeners>(type: E, callback: ReconnectingListeners[E]): void;
  /** Removes a listener, or all of the event. */
  off<E extends keyof WebSocketListeners>(type: E, callback?: WebSocketListeners[E]): void;
  off<E extends keyof ReconnectingListeners>(type: E, callback?: ReconnectingListeners[E]): void;
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}
