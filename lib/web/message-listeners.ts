/**
 * The listeners of `message`, which are many messages a millisecond: while none of them has an option, an event is made and
 * delivered by our own means. Node's `EventTarget` stays the owner of the list: it reports every change to a method that it has
 * for this, and whenever what it reports is not understood, it delivers the events, too.
 */
import { DeliveredMessageEvent, type Delivery, type PlainListener } from './delivered-message.js';
import { ReceivedMessageEvent } from './events.js';

interface Entry extends PlainListener {
  readonly capture: boolean;
  readonly isPlain: boolean;
}

/** What Node reports of a listener that was added. */
interface Added {
  readonly size: number;
  readonly listener: unknown;
  readonly once: unknown;
  readonly capture: unknown;
  readonly weak: unknown;
}

export class MessageListeners implements Delivery {
  readonly target: EventTarget;
  readonly origin: string;
  #entries: readonly Entry[] = [];
  /** Whether our own delivery does the same as that of Node. */
  #arePlain = true;
  /** Whether these are the listeners that Node has. */
  #areKnown = true;
  #arrivedAt: number | undefined;

  constructor(target: EventTarget, origin: string) {
    this.target = target;
    this.origin = origin;
  }

  /** Delivers a message to them. */
  deliver(data: string | Blob | ArrayBuffer): void {
    if (!this.#arePlain || !isWatching) this.target.dispatchEvent(new ReceivedMessageEvent(data, this.origin));
    else if (this.#entries.length > 0) DeliveredMessageEvent.deliver(data, this, this.#entries);
  }

  /** The clock is read once a turn: reading it for each message would take as long as all the rest. */
  get arrivedAt(): number {
    if (this.#arrivedAt === undefined) {
      this.#arrivedAt = performance.now();
      queueMicrotask(() => {
        this.#arrivedAt = undefined;
      });
    }
    return this.#arrivedAt;
  }

  added({ size, listener, once, capture, weak }: Added): void {
    // A listener that captures comes first in browsers, which is not looked at here, nor when one is to be removed by itself.
    const isPlain = !once && !capture && !weak;
    const entry = { listener: listener as Entry['listener'], capture: capture === true, isPlain, isRemoved: false };
    this.#set([...this.#entries, entry], size);
  }

  removed(size: number, listener: unknown, capture: unknown): void {
    const entry = this.#entries.find((one) => one.listener === listener && one.capture === (capture === true));
    if (entry !== undefined) entry.isRemoved = true;
    this.#set(
      this.#entries.filter((one) => one !== entry),
      size,
    );
  }

  #set(entries: readonly Entry[], size: number): void {
    this.#entries = entries;
    this.#areKnown &&= entries.length === size;
    this.#arePlain = this.#areKnown && entries.every(({ isPlain }) => isPlain);
  }
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A method of Node's `EventTarget` that has a symbol for its name; none in other runtimes. */
function hook(description: string): { readonly name: symbol; readonly method: Method } | undefined {
  const { prototype } = EventTarget;
  const name = Object.getOwnPropertySymbols(prototype).find((symbol) => symbol.description === description);
  const method = name === undefined ? undefined : (prototype as unknown as Record<symbol, unknown>)[name];
  return typeof method === 'function' ? { name: name!, method: method as Method } : undefined;
}

const newListener = hook('kNewListener');
const removeListener = hook('kRemoveListener');
const isWatching = newListener !== undefined && removeListener !== undefined;

/** Has a class of targets report its listeners of `message`. */
export function watchMessageListeners<T extends EventTarget>(prototype: T, of: (target: T) => MessageListeners): void {
  if (newListener === undefined || removeListener === undefined) return;
  define(prototype, newListener.name, function (this: T, ...args: unknown[]) {
    const [size, type, listener, once, capture, , weak] = args;
    if (type === 'message') of(this).added({ size: size as number, listener, once, capture, weak });
    return Reflect.apply(newListener.method, this, args);
  });
  define(prototype, removeListener.name, function (this: T, ...args: unknown[]) {
    const [size, type, listener, capture] = args;
    if (type === 'message') of(this).removed(size as number, listener, capture);
    return Reflect.apply(removeListener.method, this, args);
  });
}

function define<T>(prototype: T & object, name: symbol, value: (this: T, ...args: unknown[]) => unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}
