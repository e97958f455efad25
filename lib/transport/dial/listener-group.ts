/** The listeners of one step on its way to a connection, taken off together when the step is done. */
import type { EventEmitter } from 'node:events';

type Listener = Parameters<EventEmitter['on']>[1];

export class StepListeners {
  readonly #emitter: EventEmitter;
  readonly #listeners: [event: string, listener: Listener][] = [];

  constructor(emitter: EventEmitter) {
    this.#emitter = emitter;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.push([event, listener]);
    this.#emitter.on(event, listener);
    return this;
  }

  remove(): void {
    for (const [event, listener] of this.#listeners.splice(0)) this.#emitter.off(event, listener);
  }
}
