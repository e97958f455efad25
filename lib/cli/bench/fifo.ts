/** A queue in an array: the oldest is taken without moving the others. */

/** So many empty places at the beginning are put up with. */
const slack = 1024;

export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** @param place 0 is the oldest */
  at(place: number): T | undefined {
    return this.#items[this.#head + place];
  }

  /** Takes one out; the oldest without a place. */
  take(place = 0): T | undefined {
    if (place > 0) return this.#items.splice(this.#head + place, 1)[0];
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head > slack && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
