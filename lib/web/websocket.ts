/** The `WebSocket` interface of the standard (https://websockets.spec.whatwg.org/). */
import { Buffer } from 'node:buffer';
import { besideProgram, holdReading, type ListenerTarget, type ReadingHold } from '../api/beside-program.js';
import { type Controlled, controlled } from '../api/controlled.js';
import { BusinessError } from '../api/errors.js';
import { planConnect } from '../api/options.js';
import type { WebSocketClientOptions } from '../api/types.js';
import { CloseCode, maxReasonSize } from '../protocol/closing/close-code.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import { Channel, ReadyState } from './channel.js';
import { bufferSource, clampToUnsignedShort, isBlob, toText, toUSVString } from './conversions.js';
import { EventHandlers } from './event-handlers.js';
import { type CloseEvent, type ConnectionErrorEvent, finish, type WebMessageEvent } from './events.js';
import { watchMessageListeners } from './message-listeners.js';
import { checkProtocols, isBadPort, parseUrl, syntaxError } from './target.js';

/** What binary messages are delivered as. */
export type BinaryType = 'blob' | 'arraybuffer';

/** The second argument as an object: the subprotocols, and all options of `connect`. */
export interface WebSocketInit extends Omit<WebSocketClientOptions, 'protocol'> {
  /** Subprotocols in order of preference; default none. */
  protocols?: string | Iterable<string> | undefined;
  /** The same as `header`, by the name that it has elsewhere. */
  headers?: Object | undefined;
}

/** Event name -> its event. */
export interface WebSocketEventMap {
  open: Event;
  message: WebMessageEvent;
  error: ConnectionErrorEvent;
  close: CloseEvent;
}

/** A listener of one of the events. */
export type WebSocketListener<E> = ((this: WebSocket, event: E) => unknown) | { handleEvent(event: E): unknown };

/** The options of `addEventListener`. */
export interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}

/**
 * A WebSocket connection, as in browsers. It begins to connect at once; what fails is an `error` event and then `close`
 * with code 1006.
 */
export interface WebSocket {
  addEventListener<T extends keyof WebSocketEventMap>(
    type: T,
    listener: WebSocketListener<WebSocketEventMap[T]> | null,
    options?: boolean | ListenerOptions,
  ): void;
  addEventListener(type: string, listener: WebSocketListener<Event> | null, options?: boolean | ListenerOptions): void;
  removeEventListener<T extends keyof WebSocketEventMap>(
    type: T,
    listener: WebSocketListener<WebSocketEventMap[T]> | null,
    options?: boolean | ListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: WebSocketListener<Event> | null,
    options?: boolean | ListenerOptions,
  ): void;
}

/**
 * A WebSocket connection, as in browsers. It begins to connect at once; what fails is an `error` event and then `close`
 * with code 1006.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the types of its own events, for methods that it inherits
export class WebSocket extends EventTarget {
  static {
    // Not declared: the declarations must not need Node's types.
    Object.defineProperties(this.prototype, {
      [controlled]: {
        value(this: WebSocket): Controlled {
          return this.#channel;
        },
      },
      [besideProgram]: {
        get(this: WebSocket): ListenerTarget {
          return this.#channel.besideProgram;
        },
      },
      [holdReading]: {
        value(this: WebSocket): ReadingHold {
          return this.#channel.holdReading();
        },
      },
    });
    watchMessageListeners(this.prototype, (ws) => ws.#channel.listeners);
  }

  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;
  readonly #channel: Channel;
  /** Since the first of them was set. */
  #handlers: EventHandlers | undefined;

  /**
   * @param url `ws:` or `wss:`, or `http:` and `https:` in their place, without a fragment; or
   *   `ws+unix:/path/of/socket:/path`
   * @param protocols subprotocols in order of preference, or an object with them and all options of `connect`
   * @param options the options, for programs that give them in the third place, as to `ws`; not with an object before
   * @throws {DOMException} SyntaxError for a bad URL or subprotocol
   * @throws {TypeError} for an option of a wrong type
   */
  constructor(
    url: string | URL,
    protocols: string | Iterable<string> | WebSocketInit = [],
    options: Omit<WebSocketInit, 'protocols'> | undefined = undefined,
  ) {
    // biome-ignore lint/complexity/noArguments: `length` has to stay 1
    if (arguments.length === 0) throw new TypeError('WebSocket needs a URL.');
    super();
    const given = toUSVString(url);
    const init = readInit(protocols, options);
    const parsed = parseUrl(given);
    checkProtocols(init.protocols);
    const { port } = parsed;
    const isBad = isBadPort(parsed);
    const refusal = isBad ? `Port ${port} is not for WebSockets (Fetch, "bad port").` : undefined;
    if (isBad) parsed.port = ''; // refused later: the standard has it be an event
    const plan = makePlan(parsed, init);
    parsed.port = port;
    this.#channel = new Channel(this, parsed, plan, refusal);
  }

  /** The URL, as it was parsed. */
  get url(): string {
    return this.#channel.url;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#channel.readyState as 0 | 1 | 2 | 3;
  }

  /** Bytes of messages given to `send` that the system has not taken. It does not go back to 0 when the connection ends. */
  get bufferedAmount(): number {
    return this.#channel.bufferedAmount;
  }

  /** What the server agreed to, e.g. `permessage-deflate`; empty until the connection is open. */
  get extensions(): string {
    return this.#channel.extensions;
  }

  /** The subprotocol that the server chose; empty until the connection is open. */
  get protocol(): string {
    return this.#channel.protocol;
  }

  /** What binary messages are delivered as; default `'blob'`. */
  get binaryType(): BinaryType {
    return this.#channel.binaryType;
  }

  set binaryType(type: BinaryType) {
    const channel = this.#channel;
    const name = `${type}`;
    if (name === 'blob' || name === 'arraybuffer') channel.binaryType = name;
  }

  get onopen(): ((this: WebSocket, event: Event) => unknown) | null {
    return this.#handler('open');
  }

  set onopen(handler: ((this: WebSocket, event: Event) => unknown) | null) {
    this.#handle('open', handler);
  }

  get onmessage(): ((this: WebSocket, event: WebMessageEvent) => unknown) | null {
    return this.#handler('message');
  }

  set onmessage(handler: ((this: WebSocket, event: WebMessageEvent) => unknown) | null) {
    this.#handle('message', handler);
  }

  get onerror(): ((this: WebSocket, event: ConnectionErrorEvent) => unknown) | null {
    return this.#handler('error');
  }

  set onerror(handler: ((this: WebSocket, event: ConnectionErrorEvent) => unknown) | null) {
    this.#handle('error', handler);
  }

  get onclose(): ((this: WebSocket, event: CloseEvent) => unknown) | null {
    return this.#handler('close');
  }

  set onclose(handler: ((this: WebSocket, event: CloseEvent) => unknown) | null) {
    this.#handle('close', handler);
  }

  #handler<E>(type: string): ((this: WebSocket, event: E) => unknown) | null {
    return (this.#handlers?.get(type) ?? null) as ((this: WebSocket, event: E) => unknown) | null;
  }

  #handle(type: string, handler: unknown): void {
    (this.#handlers ??= new EventHandlers(this)).set(type, handler);
  }

  /**
   * Sends a message: text for a string, binary for bytes or a `Blob`; in the order of the calls. What is sent after the
   * connection has begun to close is dropped, and counts in `bufferedAmount`.
   *
   * @throws {DOMException} InvalidStateError while connecting
   * @throws {TypeError} for a `SharedArrayBuffer`, a buffer that can be resized, or a stream
   */
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    const channel = this.#channel;
    // biome-ignore lint/complexity/noArguments: `length` has to stay 1, and undefined is data
    if (arguments.length === 0) throw new TypeError('send needs data.');
    if (typeof data === 'string') {
      if (channel.readyState === ReadyState.connecting) throw notOpen();
      return channel.sendText(data);
    }
    const isBytes = ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
    const blob = !isBytes && isBlob(data) ? data : undefined;
    const bytes = blob === undefined ? bufferSource(data) : undefined;
    const text = blob === undefined && bytes === undefined ? toText(data) : '';
    if (channel.readyState === ReadyState.connecting) throw notOpen();
    if (blob !== undefined) channel.sendBlob(blob);
    else if (bytes !== undefined) channel.sendBinary(bytes);
    else channel.sendText(text);
  }

  /**
   * Starts the closing handshake, after all that has been sent.
   *
   * @param code 1000, or 3000 to 4999; not given: the Close frame has none
   * @param reason at most 123 bytes of UTF-8
   * @throws {DOMException} InvalidAccessError for another code, SyntaxError for a longer reason
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    const channel = this.#channel;
    const number = code === undefined ? undefined : clampToUnsignedShort(code);
    const text = reason === undefined ? '' : toUSVString(reason);
    if (number !== undefined && number !== CloseCode.normal && !(number >= 3000 && number <= 4999)) {
      throw new DOMException(`The code must be 1000, or 3000 to 4999, got ${number}.`, 'InvalidAccessError');
    }
    if (Buffer.byteLength(text) > maxReasonSize) {
      throw syntaxError(`The reason must have at most ${maxReasonSize} bytes of UTF-8.`);
    }
    channel.close(number ?? (text === '' ? CloseCode.noStatusReceived : CloseCode.normal), text);
  }
}

function notOpen(): DOMException {
  return new DOMException('The connection is not open yet: call send in or after the open event.', 'InvalidStateError');
}

interface ReadInit {
  readonly protocols: readonly string[];
  readonly options: object;
}

function readInit(given: unknown, further: unknown): ReadInit {
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) {
    return { protocols: [`${given as string}`], options: readOptions(further) };
  }
  if (Symbol.iterator in given) return { protocols: readProtocols(given), options: readOptions(further) };
  const { protocols, ...options } = given as WebSocketInit;
  return { protocols: protocols === undefined ? [] : readProtocols(protocols), options: readOptions(options) };
}

/** What is not an object is not looked at: the standard ignores what stands in the third place. */
function readOptions(given: unknown): object {
  if (typeof given !== 'object' || given === null) return {};
  const { headers, ...options } = given as WebSocketInit;
  return headers === undefined ? options : { header: headers, ...options };
}

function readProtocols(given: unknown): string[] {
  if (typeof given !== 'object' || given === null) return [`${given as string}`];
  return Array.from(given as Iterable<unknown>, (protocol) => `${protocol as string}`);
}

/** @throws {TypeError} for an option of a wrong type */
function makePlan({ href }: URL, { protocols, options }: ReadInit): ConnectPlan {
  try {
    return planConnect(href, { maxUrlLength: Infinity, ...options, protocol: protocols.join(', ') });
  } catch (error) {
    if (!(error instanceof BusinessError)) throw error;
    if (error.code === 2302001) throw syntaxError(error.message);
    throw new TypeError(error.message, { cause: error });
  }
}

finish(WebSocket, 'WebSocket', [
  ...['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType', 'send', 'close'],
  ...['onopen', 'onmessage', 'onerror', 'onclose'],
]);
for (const [name, value] of Object.entries(ReadyState)) {
  const constant = { value, enumerable: true, writable: false, configurable: false };
  Object.defineProperty(WebSocket, name.toUpperCase(), constant);
  Object.defineProperty(WebSocket.prototype, name.toUpperCase(), constant);
}
