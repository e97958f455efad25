import type { Buffer } from 'node:buffer';
import { pathToFileURL } from 'node:url';
import type { Kind } from '../payload.js';
import type { Client, Link, Received, Target } from './client.js';

interface Connection {
  onmessage: (data: string | ArrayBuffer) => void;
  onclose: () => void;
  readonly bufferedAmount: number;
  send(data: unknown): void;
  close(): void;
}

interface Prototype {
  connect(url: string): Promise<Connection>;
}

class PrototypeLink implements Link {
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  send(message: unknown, count: number): void {
    for (let i = 0; i < count; i++) this.connection.send(message);
  }

  // It has no callback: bufferedAmount, looked at once a turn, is what it offers.
  burst(message: unknown, count: number, handedOver: () => void): void {
    this.send(message, count);
    const look = (): void => {
      if (this.connection.bufferedAmount === 0) handedOver();
      else setImmediate(look);
    };
    queueMicrotask(look);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.connection.onclose = resolve;
      this.connection.close();
    });
  }
}

const fromPrototype = (prototype: Prototype): Client => ({
  prepare: (bytes: Buffer, kind: Kind) => (kind === 'binary' ? bytes : bytes.toString('utf8')),

  async connect(target: Target, received: Received): Promise<Link> {
    const connection = await prototype.connect(target.url);
    connection.onmessage = (data) => received(data, 1);
    return new PrototypeLink(connection);
  },
});

/** The throw-away prototype of the hot path; `file` is its module. Masks in words, as the product does. */
export async function clientOf(file: string): Promise<Client> {
  const module = (await import(`${pathToFileURL(file).href}?mask=words`)) as { default: Prototype };
  return fromPrototype(module.default);
}
