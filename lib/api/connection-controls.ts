/** The controls of a connection: see `controls`. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Connection } from '../transport/connection.js';
import { linkFacts, tlsLinkFacts } from '../transport/link-facts.js';
import type { LinkFacts, TlsLinkFacts } from '../transport/link-types.js';
import { typeName } from './arguments.js';
import type { ReadingHold } from './beside-program.js';
import { toBytes } from './bytes.js';
import { callUser } from './callbacks.js';
import type { ConnectionControls, ConnectionState, ControlFrameListener } from './control-types.js';
import type { ControlListener, Controlled } from './controlled.js';
import { type BusinessError, businessError, parameterError } from './errors.js';
import { checkListener } from './listeners.js';

/** RFC 6455 §5.5. */
const maxPayload = 125;

interface Ping {
  readonly payload: Buffer;
  readonly sentAt: number;
  resolve(milliseconds: number): void;
  reject(error: BusinessError): void;
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
    checkEvent(type);
    checkListener(type, listener);
    this.#listeners[type] = [...this.#listeners[type], listener];
  }

  off(type: 'ping' | 'pong', listener?: ControlFrameListener): void {
    checkEvent(type);
    if (listener !== undefined) checkListener(type, listener);
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
function checkEvent(type: unknown): void {
  if (type === 'ping' || type === 'pong') return;
  const got = typeof type === 'string' ? JSON.stringify(type.slice(0, 40)) : typeName(type);
  throw parameterError(`The event must be 'ping' or 'pong', got ${got}.`);
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
