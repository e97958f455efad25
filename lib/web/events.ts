/** The events of a WebSocket: `MessageEvent`, `CloseEvent`, and an error event that says what happened. */

import { toUSVString } from 'node:util';

/** What a `CloseEvent` is made from. */
export interface CloseEventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
  code?: number;
  reason?: string;
  wasClean?: boolean;
}

/** The connection is gone. The global class where there is one: Node has it from version 23 on. */
export interface CloseEvent extends Event {
  /** The server's code; 1005 when its Close frame had none, 1006 when the connection failed or was lost. */
  readonly code: number;
  readonly reason: string;
  /** Whether the closing handshake was completed. */
  readonly wasClean: boolean;
}

interface CloseEventConstructor {
  readonly prototype: CloseEvent;
  new (type: string, init?: CloseEventInit): CloseEvent;
}

class OwnCloseEvent extends Event implements CloseEvent {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, init: CloseEventInit = {}) {
    super(type, init);
    const { code = 0, reason = '', wasClean = false } = init ?? {};
    this.#code = Math.trunc(Number(code)) & 0xffff;
    this.#reason = toUSVString(`${reason}`);
    this.#wasClean = Boolean(wasClean);
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }
}

finish(OwnCloseEvent, 'CloseEvent', ['code', 'reason', 'wasClean']);
Object.defineProperty(OwnCloseEvent, 'name', { value: 'CloseEvent' });

export const CloseEvent: CloseEventConstructor =
  (globalThis as { CloseEvent?: CloseEventConstructor }).CloseEvent ?? OwnCloseEvent;

/** A message has arrived: an instance of the global `MessageEvent`, for `instanceof` and by its properties. */
export interface WebMessageEvent extends Event {
  /** Text, or what `binaryType` says. */
  readonly data: string | Blob | ArrayBuffer;
  /** Of the server: `wss://example.com`. */
  readonly origin: string;
  readonly lastEventId: string;
  readonly source: null;
  readonly ports: readonly never[];
}

export const noPorts: readonly never[] = Object.freeze([]);

/** Made without the conversions of the global class, which take longer than receiving a short message. */
export class ReceivedMessageEvent extends Event implements WebMessageEvent {
  readonly #data: string | Blob | ArrayBuffer;
  readonly #origin: string;

  constructor(data: string | Blob | ArrayBuffer, origin: string) {
    super('message');
    this.#data = data;
    this.#origin = origin;
  }

  get data(): string | Blob | ArrayBuffer {
    return this.#data;
  }

  get origin(): string {
    return this.#origin;
  }

  get lastEventId(): string {
    return '';
  }

  get source(): null {
    return null;
  }

  get ports(): readonly never[] {
    return noPorts;
  }
}

showAsMessageEvent(ReceivedMessageEvent);

/** The connection failed: a plain `Event` to the standard; to a program of Node it says why. */
export class ConnectionErrorEvent extends Event {
  /** What failed; `error.cause` is the error behind it, `error.response` the answer of a server that refused. */
  readonly error: Error;

  constructor(error: Error) {
    super('error');
    this.error = error;
  }

  get message(): string {
    return this.error.message;
  }
}

/** Has a program see the global class: `instanceof`, `constructor` (to clone the event), its name. */
export function showAsMessageEvent(type: Function): void {
  const prototype = type.prototype as object;
  finish(type, 'MessageEvent', ['data', 'origin', 'lastEventId', 'source', 'ports']);
  Object.setPrototypeOf(prototype, MessageEvent.prototype);
  Object.defineProperty(prototype, 'constructor', { value: MessageEvent, writable: true, configurable: true });
}

/** What Web IDL has of an interface beside its members: they are enumerable, and it goes by its name. */
export function finish(type: Function, name: string, attributes: readonly string[]): void {
  const prototype = type.prototype as object;
  for (const attribute of attributes) Object.defineProperty(prototype, attribute, { enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}
