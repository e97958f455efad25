/** What happens on one relayed connection, as events: those of a traced client, and what only a relay sees. */
import type { Channel, ObservedEvent } from '../protocol/recording/events.js';
import { type EventMembers, type EventType, reports } from '../protocol/recording/reports.js';

/** Where the events of a relay go. */
export interface StorySink {
  /** The channels that are listened to; nothing is built for the others. */
  readonly channels: ReadonlySet<Channel>;
  /** Buffers are good until it returns. */
  write(event: ObservedEvent): void;
}

export class Story {
  readonly #connection: number;
  readonly #sink: StorySink;

  constructor(connection: number, sink: StorySink) {
    this.#connection = connection;
    this.#sink = sink;
  }

  /** Whether anybody looks at events of that kind. */
  wants(type: EventType): boolean {
    return this.#sink.channels.has(reports[type].channel);
  }

  report<T extends EventType>(type: T, members: EventMembers<T>): void {
    if (!this.wants(type)) return;
    const time = Math.round(performance.now() * 1000) / 1000;
    this.#sink.write({ connection: this.#connection, time, type, ...members } as unknown as ObservedEvent);
  }
}
