/** The masking keys of a recorded connection, in the order in which they were drawn. */
import { MaskingKeys } from '../protocol/framing/mask.js';
import type { ObservedEvent } from '../protocol/recording/events.js';

export class ReplayedKeys extends MaskingKeys {
  readonly #keys: number[] = [];
  #next = 0;

  constructor(events: Iterable<ObservedEvent>) {
    super(() => {});
    let drawn = false;
    for (const event of events) {
      if (event.type === 'keys') {
        this.#keys.push(...event.keys);
        drawn = true;
      } else if (event.type === 'frame' && event.direction === 'sent') {
        if (!drawn) this.#keys.push(event.maskingKey);
        drawn = false;
      }
    }
  }

  override next(): number {
    return this.#keys[this.#next++] ?? 0;
  }
}
