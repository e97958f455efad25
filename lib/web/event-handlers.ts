/** Event handler attributes, `onmessage` and the like, as HTML has them (§8.1.8.1 Event handlers). */

/** What stands in an attribute: any object, of which only functions are called. */
export type Handler = ((this: unknown, event: never) => unknown) | null;

interface Registered {
  value: Handler;
  /** The listener that stands in the list of listeners where the attribute was first set. */
  readonly listener: (event: Event) => void;
}

export class EventHandlers {
  readonly #target: EventTarget;
  readonly #registered = new Map<string, Registered>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): Handler {
    return this.#registered.get(type)?.value ?? null;
  }

  /** Whatever is not an object is null; setting another one keeps the place among the listeners, null gives it up. */
  set(type: string, given: unknown): void {
    const value = typeof given === 'function' || typeof given === 'object' ? (given as Handler) : null;
    const before = this.#registered.get(type);
    if (value === null) {
      if (before === undefined) return;
      this.#registered.delete(type);
      EventTarget.prototype.removeEventListener.call(this.#target, type, before.listener);
    } else if (before !== undefined) {
      before.value = value;
    } else {
      const registered: Registered = {
        value,
        listener: (event) => {
          const handler = registered.value;
          if (typeof handler !== 'function') return;
          if (handler.call(this.#target, event as never) === false) event.preventDefault();
        },
      };
      this.#registered.set(type, registered);
      EventTarget.prototype.addEventListener.call(this.#target, type, registered.listener);
    }
  }
}
