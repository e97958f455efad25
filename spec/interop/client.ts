/** The client under test, driven the way a program drives it, with its events made awaitable. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { BusinessError } from '../../lib/index.js';
import { webSocket } from '../../lib/index.js';

export type Options = webSocket.WebSocketClientOptions;

/** An open connection and what it receives. */
export interface Conversation {
  readonly ws: webSocket.WebSocket;
  /** What `headerReceive` delivered. */
  readonly headers: webSocket.ResponseHeaders;
  /** The subprotocol that the server chose. */
  readonly protocol: string | undefined;
  /** Every `error` event so far. */
  readonly errors: BusinessError[];
  /** The `close` event. */
  readonly closed: Promise<webSocket.CloseResult>;
  /** The next message; binary ones as a `Buffer`, to compare them easily. */
  message(): Promise<string | Buffer>;
  /** Closes it and waits for the `close` event. */
  end(options?: webSocket.WebSocketCloseOptions): Promise<webSocket.CloseResult>;
}

/** Connects; rejects with what `connect` rejected with. */
export async function open(url: string, options: Options = {}): Promise<Conversation> {
  const ws = webSocket.createWebSocket();
  const arrived: (string | Buffer)[] = [];
  const waiting: { resolve: (message: string | Buffer) => void; reject: (error: Error) => void }[] = [];
  const errors: BusinessError[] = [];
  let headers: webSocket.ResponseHeaders = {};
  let protocol: string | undefined;
  let over: webSocket.CloseResult | undefined;

  const end = (): Error =>
    new Error(`closed with ${inspect(over)} before the message came; errors: ${inspect(errors)}`);
  ws.on('headerReceive', (received) => void (headers = received));
  ws.on('openInfo', (_error, info) => void (protocol = info.protocol));
  ws.on('error', (error) => void errors.push(error));
  ws.on('message', (_error, data) => {
    const message = typeof data === 'string' ? data : Buffer.from(data);
    const next = waiting.shift();
    if (next === undefined) arrived.push(message);
    else next.resolve(message);
  });
  const closed = new Promise<webSocket.CloseResult>((resolve) => {
    ws.on('close', (_error, result) => {
      over = result;
      for (const next of waiting.splice(0)) next.reject(end());
      resolve(result);
    });
  });

  assert.equal(await ws.connect(url, options), true);
  return {
    ws,
    headers,
    protocol,
    errors,
    closed,
    message: async () => {
      const first = arrived.shift();
      if (first !== undefined) return first;
      if (over !== undefined) throw end();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    end: async (close) => {
      await ws.close(close ?? {});
      return closed;
    },
  };
}

/** Connects, has `message` echoed, closes with 1000. */
export async function echoes(url: string, options: Options = {}, message = 'Grüße, 世界 🌍'): Promise<Conversation> {
  const conversation = await open(url, options);
  await conversation.ws.send(message);
  assert.equal(await conversation.message(), message);
  assert.deepEqual(await conversation.end(), { code: 1000, reason: 'CLOSE_NORMAL' });
  assert.deepEqual(conversation.errors, []);
  return conversation;
}

/** Both faces of a failed connect. */
export interface Refusal {
  /** What `connect` rejected with. */
  readonly connect: BusinessError;
  /** The `error` event, which came before. */
  readonly event: BusinessError<string>;
}

/** Connects, expecting the failure that the contract describes: an `error` event with 200, then 2302999, no `close`. */
export async function refused(url: string, options: Options = {}): Promise<Refusal> {
  const ws = webSocket.createWebSocket();
  const events: BusinessError[] = [];
  const closes: unknown[] = [];
  ws.on('error', (error) => void events.push(error));
  ws.on('close', (_error, result) => void closes.push(result));
  const connect = await ws.connect(url, options).then(
    async () => {
      await ws.close();
      assert.fail(`connected to ${url}, which should have been refused`);
    },
    (error: BusinessError) => error,
  );
  assert.equal(connect.code, 2302999, inspect(connect));
  assert.equal(events.length, 1, `one error event, before connect settles: ${inspect(events)}`);
  assert.equal(events[0]!.code, 200);
  assert.deepEqual(closes, [], 'a failed connect emits no close event');
  return { connect, event: events[0] as unknown as BusinessError<string> };
}

/** The code of the Node error beneath, e.g. `CERT_HAS_EXPIRED`. */
export function causeCode(error: Error): string | undefined {
  for (let at: unknown = error.cause; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return undefined;
}

/** Fails when any of the secrets, or their Base64 form, can be seen in what was reported. */
export function assertSecret(secrets: readonly string[], ...reported: unknown[]): void {
  const text = reported
    .map((value) => inspect(value, { depth: 12, showHidden: true }) + JSON.stringify(value))
    .join('\n');
  const pair = Buffer.from(secrets.join(':')).toString('base64');
  for (const secret of [...secrets, pair]) {
    assert.ok(!text.includes(secret), `a secret shows in what was reported:\n${text.replaceAll(secret, '<SECRET>')}`);
  }
}
