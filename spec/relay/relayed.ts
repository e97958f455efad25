/** A relay in front of a spec's server, and raw clients that come through it. */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { EventOf, EventType } from '../../lib/protocol/recording/reports.js';
import { type ObservedEvent, type Relay, type RelayOptions, startRelay } from '../../lib/relay/relay.js';
import type { Scope } from '../peer/scripted.js';

export interface Relayed {
  readonly relay: Relay;
  /** All events so far; their buffers are copies. */
  readonly events: readonly ObservedEvent[];
  of<T extends EventType>(type: T): EventOf<T>[];
  /** The ids of the rules that were broken, each with who broke it. */
  readonly rules: string[];
  /** Resolves when so many connections are over. */
  over(count?: number): Promise<void>;
}

/** Starts a relay that is gone when the test is. `also` gets every event as it comes. */
export async function relayTo(
  scope: Scope,
  url: string,
  options: RelayOptions = {},
  also: (event: ObservedEvent) => void = () => {},
): Promise<Relayed> {
  const events: ObservedEvent[] = [];
  let wake = (): void => {};
  const relay = await startRelay(url, {
    ...options,
    connect: { proxy: 'no-proxy', ...options.connect },
    onEvent: (event) => {
      also(event);
      const copy = { ...event } as Record<string, unknown>;
      for (const [name, value] of Object.entries(copy))
        if (value instanceof Uint8Array) copy[name] = Buffer.from(value);
      events.push(copy as unknown as ObservedEvent);
      wake();
    },
  });
  scope.after(() => relay.stop());
  return {
    relay,
    events,
    of: <T extends EventType>(type: T) => events.filter((event) => event.type === type) as unknown as EventOf<T>[],
    get rules() {
      return events.flatMap((event) => (event.type === 'rule' ? [`${event.direction} ${event.id}`] : []));
    },
    async over(count = 1) {
      while (events.filter(({ type }) => type === 'close').length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** A client that sends any bytes, and keeps what it gets. */
export class RawClient {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #wake = (): void => {};
  #ended = false;
  /** The code of the error that ended it. */
  error: string | undefined;

  constructor(port: number, secure = false) {
    this.socket = secure
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, allowHalfOpen: true } as never)
      : connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code;
    });
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** How many pieces came. */
  get pieces(): number {
    return this.#chunks.length;
  }

  /** The time of each piece is for those who look. */
  async until(holds: (received: Buffer) => boolean): Promise<Buffer> {
    while (!holds(this.received)) {
      if (this.#ended) throw new Error(`it ended after ${JSON.stringify(this.received.toString('latin1'))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }

  /** What came in all, once the other side has ended. */
  async rest(): Promise<Buffer> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }

  /** Resolves when the socket is closed, whatever the reason; see `error`. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  }

  /** Sends a request and waits for the response head. @returns what came behind it so far */
  async open(fields: readonly string[] = [], line = 'GET / HTTP/1.1'): Promise<Buffer> {
    this.socket.write(requestHead(fields, line));
    const received = await this.until((bytes) => bytes.includes('\r\n\r\n'));
    return received.subarray(received.indexOf('\r\n\r\n') + 4);
  }
}

export const key = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A good request, with further field lines. */
export function requestHead(fields: readonly string[] = [], line = 'GET / HTTP/1.1'): string {
  return [
    line,
    'Host: relay.example',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...fields,
    '',
    '',
  ].join('\r\n');
}
