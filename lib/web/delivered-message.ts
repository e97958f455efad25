/**
 * The event of a message as it is delivered to listeners that have no options: it has all members of `MessageEvent`, and is an
 * instance of it, but is made without the constructor of Node's `Event`, which takes longer than receiving a short message.
 */
import { throwLater } from '../api/callbacks.js';
import { noPorts, showAsMessageEvent, type WebMessageEvent } from './events.js';

/** A listener without options. */
export interface PlainListener {
  readonly listener: ((event: Event) => unknown) | { handleEvent?: unknown };
  isRemoved: boolean;
}

/** Where the events of one WebSocket go. */
export interface Delivery {
  readonly target: EventTarget;
  readonly origin: string;
  /** When the messages of this turn arrived, in milliseconds on the clock of `performance.now()`. */
  readonly arrivedAt: number;
}

type Data = string | Blob | ArrayBuffer;

/** The values of `eventPhase`. */
const noPhase = 0;
const atTarget = 2;

export class DeliveredMessageEvent implements WebMessageEvent {
  readonly #data: Data;
  readonly #delivery: Delivery;
  readonly #timeStamp: number;
  #phase: typeof noPhase | typeof atTarget = noPhase;
  #isStopped = false;
  #isCanceled = false;

  private constructor(data: Data, delivery: Delivery) {
    this.#data = data;
    this.#delivery = delivery;
    this.#timeStamp = delivery.arrivedAt;
  }

  /** Calls the listeners, as `EventTarget.dispatchEvent` does: what one throws keeps none of the others from running. */
  static deliver(data: Data, delivery: Delivery, listeners: readonly PlainListener[]): void {
    const { target } = delivery;
    const event = new DeliveredMessageEvent(data, delivery);
    event.#phase = atTarget;
    for (let i = 0, { length } = listeners; i < length && !event.#isStopped; i++) {
      const { listener, isRemoved } = listeners[i]!;
      if (isRemoved) continue;
      try {
        const result = typeof listener === 'function' ? listener.call(target, event) : handle(listener, event);
        if (result !== undefined) surfaceRejection(result);
      } catch (error) {
        throwLater(error);
      }
    }
    event.#phase = noPhase;
  }

  get data(): Data {
    return this.#data;
  }

  get origin(): string {
    return this.#delivery.origin;
  }

  get lastEventId(): string {
    this.#data;
    return '';
  }

  get source(): null {
    this.#data;
    return null;
  }

  get ports(): readonly never[] {
    this.#data;
    return noPorts;
  }

  get type(): string {
    this.#data;
    return 'message';
  }

  get target(): EventTarget {
    return this.#delivery.target;
  }

  get srcElement(): EventTarget {
    return this.#delivery.target;
  }

  get currentTarget(): EventTarget | null {
    return this.#phase === noPhase ? null : this.#delivery.target;
  }

  get eventPhase(): 0 | 2 {
    return this.#phase;
  }

  get timeStamp(): number {
    return this.#timeStamp;
  }

  get bubbles(): boolean {
    this.#data;
    return false;
  }

  get cancelable(): boolean {
    this.#data;
    return false;
  }

  get composed(): boolean {
    this.#data;
    return false;
  }

  get defaultPrevented(): boolean {
    this.#data;
    return false;
  }

  /** As of every event in Node but those of an `AbortSignal`. */
  get isTrusted(): boolean {
    this.#data;
    return false;
  }

  get returnValue(): boolean {
    this.#data;
    return true;
  }

  set returnValue(_value: boolean) {
    this.#data; // there is nothing to cancel
  }

  get cancelBubble(): boolean {
    return this.#isCanceled;
  }

  set cancelBubble(value: boolean) {
    if (value) this.#isCanceled = true;
  }

  composedPath(): [EventTarget?] {
    return this.#phase === noPhase ? [] : [this.#delivery.target];
  }

  stopPropagation(): void {
    this.#isCanceled = true;
  }

  stopImmediatePropagation(): void {
    this.#isCanceled = this.#isStopped = true;
  }

  preventDefault(): void {
    this.#data;
  }

  /** Changes nothing: it is being dispatched, or was. */
  initEvent(): void {
    this.#data;
  }

  /** What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](
    depth: number,
    options: object,
    inspect: (value: object, options: object) => string,
  ): string {
    if (depth < 0) return 'MessageEvent';
    const { type, data, origin, timeStamp } = this;
    return `MessageEvent ${inspect({ type, data, origin, timeStamp }, { ...options, depth })}`;
  }
}

/** The method is looked up for each event: a program may set another one. */
function handle(listener: { handleEvent?: unknown }, event: DeliveredMessageEvent): unknown {
  const { handleEvent } = listener;
  return typeof handleEvent === 'function' ? Reflect.apply(handleEvent, listener, [event]) : undefined;
}

/** As in Node: what a listener returns is a promise's rejection that nobody handles, if it is one. */
function surfaceRejection(result: unknown): void {
  const then = (result as { then?: unknown } | null)?.then;
  if (typeof then === 'function') Reflect.apply(then, result, [undefined, throwLater]);
}

showAsMessageEvent(DeliveredMessageEvent);
