/** The types of `controls`: a file of their own, since the declarations must not need Node's types. */

import type { TlsLinkFacts } from '../transport/link-types.js';

/** Where a connection is: `closed` also before the first one. */
export type ConnectionState = 'connecting' | 'open' | 'closing' | 'closed';

/** A listener of `ping` or `pong`: the payload, in a buffer of its own. */
export type ControlFrameListener = (payload: ArrayBuffer) => void;

/** What `controls` gives for one WebSocket, whichever connection it has. */
export interface ConnectionControls {
  /** `closed` also before the first connection. */
  readonly state: ConnectionState;
  /** As it was given to `connect`, as text; empty before that. It may hold credentials. */
  readonly url: string;
  /** The subprotocol that the server chose; empty when it chose none. */
  readonly protocol: string;
  /** The extensions that the server agreed to, e.g. `permessage-deflate`; empty for none. */
  readonly extensions: string;
  /** Bytes that were sent and that the system has not taken. */
  readonly bufferedAmount: number;
  /** The address of the server, or of the proxy; `undefined` while there is no connection, or for a local socket. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** Version, cipher and certificate; `undefined` without TLS, and while there is no connection. */
  readonly tls: TlsLinkFacts | undefined;
  /** See `pause`. */
  readonly isPaused: boolean;

  /**
   * Sends a ping, and settles with the milliseconds until its pong. Several may be in flight: a pong answers the ping with
   * its payload, and those before it, which a server need not answer each (RFC 6455 §5.5.3).
   *
   * Rejects with 401 for a payload of another type or above 125 bytes, and with 2302999 when the connection is not open, or
   * ends first. A rejection that nobody looks at does not end the process.
   *
   * @param data default: 8 random bytes
   */
  ping(data?: string | ArrayBuffer | ArrayBufferView): Promise<number>;

  /**
   * Registers a listener of `ping` (the server's, which are answered anyway) or `pong` (to `ping`, and those that nobody
   * asked for; not those of the heartbeat).
   *
   * @throws {BusinessError} 401 for another event, or a listener that is not a function
   */
  on(type: 'ping' | 'pong', listener: ControlFrameListener): void;

  /** Removes one registration of a listener, or all of the event. @throws {BusinessError} 401 as `on` does */
  off(type: 'ping' | 'pong', listener?: ControlFrameListener): void;

  /** Ends the connection at once, without a closing handshake: `close` with 1006 follows. While connecting, gives up. */
  terminate(): void;

  /**
   * Stops reading: the server is held back by TCP. At most what one read has brought (256 KiB) still arrives; after `close`,
   * 1 MiB, in which the server's Close frame is looked for. It holds for later connections as well, until `resume`.
   */
  pause(): void;
  resume(): void;

  /** Has the process wait for the connection, as it does unless `unref` was called. */
  ref(): void;

  /** Lets the process end although the connection is open. It holds for later connections; connecting is waited for. */
  unref(): void;
}
