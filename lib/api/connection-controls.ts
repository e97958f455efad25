/** The controls of a connection: see `controls`. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Connection } from '../transport/connection.js';
import { type LinkFacts, linkFacts, type TlsLinkFacts, tlsLinkFacts } from '../transport/link-facts.js';
import { typeName } from './arguments.js';
import type { ReadingHold } from './beside-program.js';
import { toBytes } from './bytes.js';
import { callUser } from './callbacks.js';
import type { ConnectionState, ControlListener, Controlled } from './controlled.js';
import { type BusinessError, businessError, parameterError } from './errors.js';

/** A listener of `ping` or `pong`: the payload, in a buffer of its own. */
export type ControlFrameListener = (payload: ArrayBuffer) => void;

/** RFC 6455 §5.5. */
const maxPayload = 125;

interface Ping {
  readonly payload: Buffer;
  readonly sentAt: number;
  resolve(milliseconds: number): void;
  reject(error: BusinessError): void;
}

/** What `controls` gives for one WebSocket, whichever connection it has. */
export interface ConnectionControls {
  /** `closed` also before the first connection. */
  readonly state: ConnectionState;
  /** As it was given to `connect`; empty before that. It may hold credentials. */
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

class Controls implements ConnectionControls, ControlListener {
  readonly #host: Controlled;
  /** In flight, in the order in which they were sent. */
  readonly #pings: Ping[] = [];
  readonly #listeners: Record<'ping' | 'pong', readonly ControlFrameListener[]> = { ping: [], pong: [] };
  #reading: ReadingHold | undefined;
  #isPaused = false;
  #holdsProcess = true;

  constructor(host: Controlled) {
    this.#host = host;
  }

  get state(): ConnectionState {
    return this.#host.state;
  }

  get url(): string {
    return this.#host.url;
  }

  get protocol(): string {
    return this.#host.protocol;
  }

  get extensions(): string {
    return this.#host.extensions;
  }

  get bufferedAmount(): number {
    return this.#host.bufferedAmount;
  }

  get remoteAddress(): string | undefined {
    return this.#link?.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#link?.remotePort;
  }

  get localAddress(): string | undefined {
    return this.#link?.localAddress;
  }

  get localPort(): number | undefined {
    return this.#link?.localPort;
  }

  get #link(): LinkFacts | undefined {
    const { connection } = this.#host;
    return connection && linkFacts(connection.socket);
  }

  get tls(): TlsLinkFacts | undefined {
    const { connection } = this.#host;
    return connection && tlsLinkFacts(connection.socket);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  ping(data?: string | ArrayBuffer | ArrayBufferView): Promise<number> {
    const sent = this.#ping(data);
    sent.catch(() => {});
    return sent;
  }

  async #ping(data: unknown): Promise<number> {
    const payload = data === undefined ? randomBytes(8) : readPayload(data);
    const { connection } = this.#host;
    if (connection?.isOpen !== true) {
      throw businessError(2302999, 'The connection is not open: call ping after the open event.');
    }
    return new Promise((resolve, reject) => {
      this.#pings.push({ payload, sentAt: performance.now(), resolve, reject });
      connection.ping(payload);
    });
  }

  on(type: 'ping' | 'pong', listener: ControlFrameListener): void {
    check(type, listener);
    this.#listeners[type] = [...this.#listeners[type], listener];
  }

  off(type: 'ping' | 'pong', listener?: ControlFrameListener): void {
    check(type, listener ?? check);
    const listeners = this.#listeners[type];
    const index = listener === undefined ? -1 : listeners.indexOf(listener);
    this.#listeners[type] = listener === undefined ? [] : listeners.filter((_, at) => at !== index);
  }

  terminate(): void {
    const { connection } = this.#host;
    if (connection === undefined) this.#host.abort();
    else connection.terminate();
  }

  pause(): void {
    this.#isPaused = true;
    this.#reading ??= this.#host.holdReading();
    this.#reading.hold();
  }

  resume(): void {
    this.#isPaused = false;
    this.#reading?.release();
  }

  ref(): void {
    this.#hold(true);
  }

  unref(): void {
    this.#hold(false);
  }

  #hold(holds: boolean): void {
    this.#holdsProcess = holds;
    this.#host.connection?.hold(holds);
  }

  // ------------------------------------------------------------------ what the WebSocket reports

  opened(connection: Connection): void {
    if (!this.#holdsProcess) connection.hold(false);
  }

  pinged(payload: Buffer): void {
    this.#emit('ping', payload);
  }

  ponged(payload: Buffer): void {
    const now = performance.now();
    const at = this.#pings.findIndex((ping) => ping.payload.equals(payload));
    for (const { sentAt, resolve } of this.#pings.splice(0, at + 1)) resolve(now - sentAt);
    this.#emit('pong', payload);
  }

  ended(): void {
    const error = businessError(2302999, 'The connection ended before the pong came.');
    for (const { reject } of this.#pings.splice(0)) reject(error);
  }

  #emit(type: 'ping' | 'pong', payload: Buffer): void {
    for (const listener of this.#listeners[type]) callUser(listener, new Uint8Array(payload).buffer);
  }
}

/** @throws {BusinessError} 401 */
function check(type: unknown, listener: unknown): void {
  if (type !== 'ping' && type !== 'pong') {
    throw parameterError(
      `The event must be 'ping' or 'pong', got ${typeof type === 'string' ? JSON.stringify(type.slice(0, 40)) : typeName(type)}.`,
    );
  }
  if (typeof listener !== 'function') {
    throw parameterError(`A listener of '${type}' must be a function, got ${typeName(listener)}.`);
  }
}

/** @throws {BusinessError} 401 */
function readPayload(data: unknown): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data) : toBytes(data);
  if (bytes === undefined) {
    throw parameterError(`data must be a string, an ArrayBuffer or a view of one, got ${typeName(data)}.`);
  }
  if (bytes.length > maxPayload) {
    throw parameterError(`data must have at most ${maxPayload} bytes (RFC 6455 §5.5), got ${bytes.length}.`);
  }
  return Buffer.from(bytes);
}

/** The controls of a WebSocket, the same for each call. */
export function controlsOf(host: Controlled): ConnectionControls {
  const before = host.controlListener;
  if (before instanceof Controls) return before;
  const made = new Controls(host);
  host.controlListener = made;
  return made;
}
