/** One connection from connect to close, against a server that echoes, and what it has seen. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { getEventListeners } from 'node:events';
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { record } from '../api/recorder.js';

/** What is sent, and should come back in this order: 1 to 4 bytes a character, an empty one, one in a 16-bit length. */
export const messages: readonly (string | Uint8Array)[] = [
  'hello',
  'größer 中 😀',
  new Uint8Array(0),
  new Uint8Array(300).fill(7),
  '',
];

export interface Seen {
  readonly connected: boolean;
  readonly errors: number;
  /** Of the `close` event. */
  readonly code: number | undefined;
  readonly received: number;
  /** Whether all of `messages` came back before the end. */
  readonly complete: boolean;
}

const text = (message: string | ArrayBuffer | Uint8Array): string =>
  typeof message === 'string' ? `text ${message}` : `binary ${Buffer.from(message as ArrayBuffer).toString('hex')}`;

/** Sends all messages, closes when they have come back, waits for the end, whatever it is. Checks what always holds. */
export async function converse(
  url: string,
  options: WebSocketClientOptions = {},
  sent: readonly (string | Uint8Array)[] = messages,
): Promise<Seen> {
  const { ws, order, errors, closes, messages: received, next } = record();
  const { signal } = new AbortController();
  const sends: Promise<unknown>[] = [];
  const outcomes: Promise<boolean>[] = [];
  const closed = next('close');
  ws.on('message', () => {
    if (received.length === sent.length) outcomes.push(ws.close({ code: 1000, reason: 'done' }));
  });
  let connected = false;
  try {
    const timeouts = { closeTimeout: 20_000, handshakeTimeout: 20_000 };
    connected = await ws.connect(url, { ...timeouts, signal, proxy: 'no-proxy', ...options });
  } catch (error) {
    assert.equal((error as { code: number }).code, 2302999, String(error));
  }
  if (connected) {
    for (const message of sent) sends.push(ws.send(message));
    await closed;
  }
  // Every promise settles: sends with true or 2302999, close with true.
  for (const settled of await Promise.allSettled(sends)) {
    if (settled.status === 'fulfilled') assert.equal(settled.value, true);
    else assert.equal((settled.reason as { code: number }).code, 2302999);
  }
  for (const outcome of await Promise.all(outcomes)) assert.equal(outcome, true);

  const ends = order.filter((event) => event === 'close' || event === 'error');
  if (!connected) {
    assert.deepEqual(ends, ['error'], 'an attempt fails once');
    assert.equal(order.includes('open'), false);
  } else {
    assert.deepEqual(ends, closes[0]!.code === 1006 ? ['error', 'close'] : ['close'], 'a connection ends once');
    assert.equal(order.at(-1), 'close');
  }
  // Nothing twice, out of order or damaged.
  assert.deepEqual(received.map(text), sent.slice(0, received.length).map(text));
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
  return {
    connected,
    errors: errors.length,
    code: closes[0]?.code,
    received: received.length,
    complete: received.length === sent.length,
  };
}
