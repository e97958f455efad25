import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import type { Link, ReceivedFrame } from '../peer/link.js';
import { type Peer, type Scope, startPeer } from '../peer/scripted.js';
import { failure, outcome, record } from './recorder.js';

/** A peer that keeps the first frames that it gets, then closes as a server does. */
async function collecting(scope: Scope, count: number): Promise<{ peer: Peer; frames: Promise<ReceivedFrame[]> }> {
  let done = (_frames: ReceivedFrame[]): void => {};
  const frames = new Promise<ReceivedFrame[]>((resolve) => (done = resolve));
  const peer = await startPeer(scope, async (link: Link) => {
    await link.accept();
    const received: ReceivedFrame[] = [];
    while (received.length < count) {
      const next = await link.frame();
      if (next === undefined) break;
      received.push(next);
    }
    done(received);
    await link.serve();
  });
  return { peer, frames };
}

const payloads = (frames: ReceivedFrame[]): string[] => frames.map(({ payload }) => payload.toString());

describe('send', () => {
  it('sends a string as text, masked, and resolves to true', async (t) => {
    const { peer, frames } = await collecting(t, 2);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    assert.equal(await ws.send('Hello, server!'), true);
    assert.equal(await ws.send('grüße 世界 😀'), true);
    const [hello, unicode] = await frames;
    assert.deepEqual([hello?.opcode, hello?.masked, hello?.fin], [Opcode.text, true, true]);
    assert.equal(hello?.payload.toString(), 'Hello, server!');
    assert.equal(unicode?.payload.toString(), 'grüße 世界 😀');
    await ws.close();
  });

  it('send(data, callback) gives undefined and true, and returns nothing', async (t) => {
    const { peer } = await collecting(t, 1);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    let returned: unknown = 'not called';
    const { error, value } = await outcome<boolean>((callback) => (returned = ws.send('a', callback)));
    assert.deepEqual([returned, error, value], [undefined, undefined, true]);
    await ws.close();
  });

  it('sends an ArrayBuffer, every kind of view, shared memory and another realm’s buffer as binary', async (t) => {
    const bytes = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]);
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    shared.set(bytes);
    const foreign = runInContext('new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]).buffer', createContext({})) as ArrayBuffer;
    const all = [
      bytes.buffer,
      bytes,
      bytes.subarray(2, 5),
      Buffer.from(bytes),
      new DataView(bytes.buffer, 1, 3),
      new Float64Array(bytes.buffer),
      shared,
      foreign,
      new ArrayBuffer(0),
    ];
    const { peer, frames } = await collecting(t, all.length);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    for (const data of all) void ws.send(data);
    const received = await frames;
    assert.ok(received.every(({ opcode }) => opcode === Opcode.binary));
    const whole = '0001020304050607';
    assert.deepEqual(
      received.map(({ payload }) => payload.toString('hex')),
      [whole, whole, '020304', whole, '010203', whole, whole, whole, ''],
    );
    await ws.close();
  });

  for (const size of [4, 40, 4000, 300_000]) {
    it(`sends the ${size} bytes that an array has, whatever length it claims`, async (t) => {
      const { peer, frames } = await collecting(t, 2);
      const ws = webSocket.createWebSocket();
      await ws.connect(peer.url);
      void ws.send(Buffer.alloc(65536, 'a secret of another connection')).then(() => {
        const lying = new Uint8Array(size).fill(0x61);
        Object.defineProperties(lying, {
          length: { value: size * 3 },
          byteLength: { value: size * 3 },
          subarray: { value: () => new Uint8Array(size * 3) },
        });
        void ws.send(lying);
      });
      const [, received] = await frames;
      assert.equal(received!.payload.toString(), 'a'.repeat(size));
      await ws.close();
    });
  }

  it('captures the data at the call', async (t) => {
    const { peer, frames } = await collecting(t, 3);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    const small = Buffer.from('before');
    const medium = Buffer.alloc(5000, 'a');
    const large = Buffer.alloc(300_000, 'b');
    for (const data of [small, medium, large]) void ws.send(data);
    for (const data of [small, medium, large]) data.fill('x');
    const received = await frames;
    assert.equal(received[0]?.payload.toString(), 'before');
    assert.ok(received[1]?.payload.equals(Buffer.alloc(5000, 'a')));
    assert.ok(received[2]?.payload.equals(Buffer.alloc(300_000, 'b')));
    await ws.close();
  });

  it('keeps the order of texts and binaries of all sizes, awaited or not', async (t) => {
    const sizes = [0, 1, 125, 126, 1000, 65535, 65536, 200_000, 3, 70_000, 0];
    const { peer, frames } = await collecting(t, sizes.length * 2);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    for (const [index, size] of sizes.entries()) {
      void ws.send(String(index % 10).repeat(size));
      const binary = ws.send(Buffer.alloc(size, String(index % 10)));
      if (index % 3 === 0) await binary;
    }
    const received = await frames;
    for (const [index, size] of sizes.entries()) {
      const expected = String(index % 10).repeat(size);
      assert.equal(received[2 * index]?.opcode, Opcode.text);
      assert.equal(received[2 * index]?.payload.toString(), expected);
      assert.equal(received[2 * index + 1]?.opcode, Opcode.binary);
      assert.equal(received[2 * index + 1]?.payload.toString(), expected);
    }
    await ws.close();
  });

  it('settles in the order of the calls, callbacks and promises', async (t) => {
    const { peer } = await collecting(t, 6);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    const settled: number[] = [];
    const all = [0, 1, 2, 3, 4, 5].map((index) => {
      const data = 'x'.repeat(index % 2 === 0 ? 10 : 100_000);
      return outcome<boolean>((callback) => ws.send(data, callback)).then(({ value }) => {
        assert.equal(value, true);
        settled.push(index);
      });
    });
    await Promise.all(all);
    assert.deepEqual(settled, [0, 1, 2, 3, 4, 5]);
    await ws.close();
  });

  it('may be called in the open listener and in the message listener', async (t) => {
    const { peer, frames } = await collecting(t, 1);
    const { ws, messages, next } = record();
    ws.on('open', () => void ws.send('at once'));
    const answered = next('message');
    ws.on('message', (_error, message) => {
      if (message !== 'again') void ws.send('again');
    });
    await ws.connect(peer.url);
    assert.deepEqual(payloads(await frames), ['at once']);
    void ws.send('first');
    await answered;
    await next('message');
    assert.deepEqual(messages, ['first', 'again']);
    await ws.close();
  });
});

describe('send: failures', () => {
  const loose = (ws: webSocket.WebSocket, ...args: unknown[]): Promise<unknown> =>
    (ws.send as (...args: unknown[]) => Promise<unknown>).apply(ws, args);

  const wrong = [undefined, null, 1, true, {}, [], [1, 2], new Date(0), new SharedArrayBuffer(2), Symbol('s'), 1n];
  for (const data of [...wrong, { [Symbol.toStringTag]: 'ArrayBuffer' }]) {
    it(`refuses ${Object.prototype.toString.call(data)} with 401, open or not`, async (t) => {
      const { peer } = await collecting(t, 0);
      const ws = webSocket.createWebSocket();
      assert.equal((await failure(loose(ws, data))).code, 401);
      await ws.connect(peer.url);
      const error = await failure(loose(ws, data));
      assert.equal(error.code, 401);
      assert.match(error.message, /^Parameter error\. data must be/);
      const told = await outcome((callback) => loose(ws, data, callback));
      assert.equal(told.error?.code, 401);
      await ws.close();
    });
  }

  it('refuses a detached buffer with 401', async (t) => {
    const { peer } = await collecting(t, 0);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    const buffer = new ArrayBuffer(8);
    const view = new Uint8Array(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    assert.equal((await failure(ws.send(buffer))).code, 401);
    assert.equal((await failure(ws.send(view))).code, 401);
    await ws.close();
  });

  it('reports to a function that stands where the data should', async () => {
    const { error } = await outcome((callback) => loose(webSocket.createWebSocket(), callback));
    assert.equal(error?.code, 401);
    const second = await outcome((callback) => loose(webSocket.createWebSocket(), undefined, callback));
    assert.equal(second.error?.code, 401);
  });

  it('is 2302999 before connect, while connecting, while closing and after close, and says what to do', async (t) => {
    const { peer } = await collecting(t, 0);
    const ws = webSocket.createWebSocket();
    const check = async (): Promise<void> => {
      const rejected = await failure(ws.send('x'));
      assert.equal(rejected.code, 2302999);
      assert.match(rejected.message, /open event/);
      const told = await outcome<boolean>((callback) => ws.send('x', callback));
      assert.equal(told.error?.code, 2302999);
    };
    await check();
    const connecting = ws.connect(peer.url);
    await Promise.all([check(), connecting]);
    const closing = ws.close();
    await Promise.all([check(), closing]);
    await check();
  });

  it('fails every send whose bytes the system did not take, when the link dies', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      resetNow = () => link.reset();
    });
    let resetNow = (): void => {};
    const { ws, closes, errors } = record();
    await ws.connect(peer.url);
    const block = Buffer.alloc(1 << 20);
    const sends: Promise<unknown>[] = [];
    // More than any socket buffer takes: some of these wait.
    for (let index = 0; index < 32; index++) {
      sends.push(ws.send(block));
      sends.push(outcome<boolean>((callback) => ws.send('small', callback)));
    }
    await new Promise((resolve) => setImmediate(resolve));
    resetNow();
    const results = await Promise.allSettled(sends);
    assert.equal(results.length, 64);
    const last = results.at(-1) as PromiseFulfilledResult<{ error: { code: number } }>;
    assert.equal(last.value.error.code, 2302999);
    const lastPromise = results.at(-2) as PromiseRejectedResult;
    assert.equal((lastPromise.reason as { code: number }).code, 2302999);
    assert.equal(errors.length, 1);
    assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
  });
});
