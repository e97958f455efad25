/** Everything that a WebSocket tells its program, in order. */

import type { FailedResponse } from '../../lib/api/errors.js';
import { type BusinessError, webSocket } from '../../lib/index.js';

/** An error as the contract describes it, for reading in a spec: the declared types hide the string in `data`. */
export type SeenError = Error & { code: number; data?: string; response?: FailedResponse };

export interface Record {
  readonly ws: webSocket.WebSocket;
  /** Names of the events, and of whatever a spec adds. */
  readonly order: string[];
  readonly errors: SeenError[];
  readonly closes: webSocket.CloseResult[];
  readonly messages: (string | ArrayBuffer)[];
  readonly headers: webSocket.ResponseHeaders[];
  /** The next event of this name. */
  next(event: string): Promise<void>;
}

/** Registers a listener for every event. */
export function record(ws: webSocket.WebSocket = webSocket.createWebSocket()): Record {
  const order: string[] = [];
  const errors: SeenError[] = [];
  const closes: webSocket.CloseResult[] = [];
  const messages: (string | ArrayBuffer)[] = [];
  const headers: webSocket.ResponseHeaders[] = [];
  const waiting = new Map<string, (() => void)[]>();
  const happened = (event: string): void => {
    order.push(event);
    for (const wake of waiting.get(event) ?? []) wake();
    waiting.delete(event);
  };
  ws.on('headerReceive', (head) => {
    headers.push(head);
    happened('headerReceive');
  });
  ws.on('open', () => happened('open'));
  ws.on('openInfo', () => happened('openInfo'));
  ws.on('message', (_error, message) => {
    messages.push(message);
    happened('message');
  });
  ws.on('dataEnd', () => happened('dataEnd'));
  ws.on('error', (error) => {
    errors.push(error as unknown as SeenError);
    happened('error');
  });
  ws.on('close', (_error, result) => {
    closes.push(result);
    happened('close');
  });
  const next = (event: string): Promise<void> =>
    new Promise((resolve) => waiting.set(event, [...(waiting.get(event) ?? []), resolve]));
  return { ws, order, errors, closes, messages, headers, next };
}

/** The error that an operation fails with. */
export async function failure(operation: Promise<unknown>): Promise<SeenError> {
  try {
    await operation;
  } catch (error) {
    return error as SeenError;
  }
  throw new Error('expected a failure');
}

/** The outcome of the callback form of an operation. */
export function outcome<T>(
  operation: (callback: (error: BusinessError, value: T) => void) => void,
): Promise<{ error: SeenError | undefined; value: T }> {
  return new Promise((resolve) => {
    operation((error, value) => resolve({ error: error as unknown as SeenError | undefined, value }));
  });
}
