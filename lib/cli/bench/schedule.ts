/** When the messages of the open model are due, whatever the server does. */

/** Due times of a process's share of a rate, which grows from nothing while the connections are opened. */
export class Schedule {
  readonly #rate: number;
  readonly #rampUp: number;
  /** How many messages are due in the ramp-up. */
  readonly #ramped: number;
  readonly #phase: number;

  /**
   * @param rate messages a second
   * @param rampUp seconds
   * @param phase a share of the time between two messages: processes take turns
   */
  constructor(rate: number, rampUp: number, phase: number) {
    this.#rate = rate;
    this.#rampUp = rampUp;
    this.#ramped = (rate * rampUp) / 2;
    this.#phase = phase;
  }

  /** When a message is due, in seconds since the beginning of the ramp-up; `number` counts from 0. */
  due(number: number): number {
    const at = number + this.#phase;
    if (at < this.#ramped) return Math.sqrt((2 * at * this.#rampUp) / this.#rate);
    return this.#rampUp + (at - this.#ramped) / this.#rate;
  }
}

/** How many of the connections a process has: they are dealt out in turn. */
export function shareOf(connections: number, process: number, processes: number): number {
  return Math.floor((connections + processes - 1 - process) / processes);
}

/** Seconds between two points of the figures over time: at most fifty in a short run, one a second in a long one. */
export function intervalOf(duration: number): number {
  return Math.min(1, Math.max(0.1, duration / 50));
}
