/** A link over the browser's interface, which our own class, undici, Bun and Deno have. */
import type { Link } from './client.js';

/** What is used of the interface; `Failure` is what its `error` event carries besides. */
export interface BrowserWebSocket<Failure = unknown> {
  binaryType: string;
  readonly bufferedAmount: number;
  addEventListener(event: string, listener: (event: { data: unknown } & Failure) => void): void;
  send(data: unknown): void;
  close(): void;
}

export class WebLink implements Link {
  private readonly socket: BrowserWebSocket;

  constructor(socket: BrowserWebSocket) {
    this.socket = socket;
  }

  send(message: unknown, count: number): void {
    for (let i = 0; i < count; i++) this.socket.send(message);
  }

  // The browser's interface has no callback: bufferedAmount, looked at once a turn, is what it offers.
  burst(message: unknown, count: number, handedOver: () => void): void {
    this.send(message, count);
    const look = (): void => {
      if (this.socket.bufferedAmount === 0) handedOver();
      else setImmediate(look);
    };
    queueMicrotask(look);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.addEventListener('close', () => resolve());
      this.socket.close();
    });
  }
}
