/** Masking keys that another pool hands out, reported one by one. */
import { MaskingKeys } from '../framing/mask.js';

export class RecordingKeys extends MaskingKeys {
  readonly #keys: MaskingKeys;
  readonly #drawn: (key: number) => void;

  /** @param drawn called with each key before it is used */
  constructor(keys: MaskingKeys, drawn: (key: number) => void) {
    super(() => {});
    this.#keys = keys;
    this.#drawn = drawn;
  }

  override next(): number {
    const key = this.#keys.next();
    this.#drawn(key);
    return key;
  }
}
