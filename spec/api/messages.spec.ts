import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { messages, webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, frame, type Link, text } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const options = { proxy: 'no-proxy' } as const;

/** Sends these, then goes through the closing handshake. */
function sending(...payloads: string[]): (link: Link) => Promise<void> {
  return async (link) => {
    await link.accept();
    link.write(Buffer.concat([...payloads.map(text), closeFrame(1000, 'done')]));
    await link.frameOf(Opcode.close);
    link.end();
  };
}

async function collect(iterator: AsyncIterable<string | ArrayBuffer>): Promise<(string | ArrayBuffer)[]> {
  const all: (string | ArrayBuffer)[] = [];
  for await (const message of iterator) all.push(message);
  return all;
}

describe('messages', () => {
  it('gives every message in order, from before connect, and ends after the close event', async (t) => {
    const peer = await startPeer(t, sending('one', 'two', 'three'));
    const ws = webSocket.createWebSocket();
    const all = collect(messages(ws));
    await ws.connect(peer.url, options);
    assert.deepEqual(await all, ['one', 'two', 'three']);
  });

  it('keeps what arrived before the reader came', async (t) => {
    const peer = await startPeer(t, sending('one', 'two'));
    const ws = webSocket.createWebSocket();
    const iterator = messages(ws);
    const closed = new Promise((resolve) => ws.on('close', resolve));
    await ws.connect(peer.url, options);
    await closed;
    assert.deepEqual(await collect(iterator), ['one', 'two']);
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  });

  it('holds the server back while the reader is slow, and loses nothing', async (t) => {
    const block = 256 * 1024;
    const total = 400;
    let written = 0;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      const body = Buffer.alloc(block);
      for (let index = 0; index < total; index++) {
        body.writeUInt32BE(index);
        const taken = link.socket.write(frame(Opcode.binary, body, { lengthBits: 64 }));
        if (!taken) await new Promise<void>((resolve) => link.socket.once('drain', () => resolve()));
        written++;
      }
      link.write(closeFrame(1000));
      await link.frameOf(Opcode.close);
      link.end();
    });
    const ws = webSocket.createWebSocket();
    const iterator = messages(ws, { highWaterMark: 2 });
    await ws.connect(peer.url, options);
    // Nobody reads: the buffers between the two fill, and then nothing moves any more.
    for (let still = 0, last = -1; still < 50; still = written === last ? still + 1 : 0, last = written) await turn();
    const heldAt = written;
    assert.ok(heldAt < total / 2, `expected the server to be held back, it wrote ${heldAt} of ${total} messages`);

    let next = 0;
    for await (const message of iterator) assert.equal(new DataView(message as ArrayBuffer).getUint32(0), next++);
    assert.equal(next, total);
  });

  it('notices the end of the connection and closes while it holds the server back', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.write(Buffer.concat(Array.from({ length: 100 }, (_, index) => text(String(index)))));
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    const iterator = messages(ws, { highWaterMark: 1 });
    await ws.connect(peer.url, options);
    assert.equal((await iterator.next()).value, '0');
    await ws.close();
    const rest = await collect(iterator);
    assert.deepEqual(rest.slice(0, 2), ['1', '2']);
  });

  it('stays bounded after close, while the server goes on sending and nobody reads', async (t) => {
    const block = 64 * 1024;
    let written = 0;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      const message = frame(Opcode.binary, Buffer.alloc(block), { lengthBits: 64 });
      // An answer that never ends: the client's Close is read, and not answered.
      link.socket.resume();
      while (!link.socket.destroyed && written < 2000) {
        if (!link.socket.write(message)) {
          await new Promise<void>((resolve) => link.socket.once('drain', resolve).once('close', resolve));
        }
        written++;
      }
    });
    const ws = webSocket.createWebSocket();
    const iterator = messages(ws, { highWaterMark: 2 });
    await ws.connect(peer.url, { ...options, closeTimeout: 300 });
    await iterator.next();
    await ws.close();
    const kept = await collect(iterator).catch(() => []);
    assert.ok(kept.length < 20, `${kept.length} messages of ${block} bytes were kept`);
  });

  it('holds the server back for the slower of two readers', async (t) => {
    const block = 256 * 1024;
    const total = 200;
    let written = 0;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (; written < total; written++) {
        if (!link.socket.write(frame(Opcode.binary, Buffer.alloc(block), { lengthBits: 64 }))) {
          await new Promise<void>((resolve) => link.socket.once('drain', resolve));
        }
      }
      link.write(closeFrame(1000));
      await link.frameOf(Opcode.close);
      link.end();
    });
    const ws = webSocket.createWebSocket();
    const [slow, fast] = [messages(ws, { highWaterMark: 2 }), messages(ws, { highWaterMark: 2 })];
    const all = collect(fast);
    await ws.connect(peer.url, options);
    for (let still = 0, last = -1; still < 50; still = written === last ? still + 1 : 0, last = written) await turn();
    assert.ok(written < total / 2, `expected the server to be held back, it wrote ${written} of ${total} messages`);
    assert.equal((await collect(slow)).length, total);
    assert.equal((await all).length, total);
  });

  it('leaves timers and sockets their turn while it gives what waits', async () => {
    const listeners: Record<string, (...args: unknown[]) => void> = {};
    const ws = { on: (type: string, listener: () => void) => void (listeners[type] = listener), off() {} };
    const iterator = messages(ws);
    for (let i = 0; i < 100_000; i++) listeners['message']!(undefined, String(i));
    listeners['close']!(undefined, { code: 1000, reason: '' });
    let turns = 0;
    const immediate = (): void => {
      turns++;
      if (turns < 3) setImmediate(immediate);
    };
    setImmediate(immediate);
    let at = 0;
    for await (const message of iterator) {
      if (message !== String(at++)) assert.fail(`message ${at - 1} is ${String(message)}`);
      const until = performance.now() + 0.001;
      while (performance.now() < until);
    }
    assert.equal(at, 100_000);
    assert.equal(turns, 3);
  });

  it('keeps the order of calls of next that wait together', async () => {
    const listeners: Record<string, (...args: unknown[]) => void> = {};
    const ws = { on: (type: string, listener: () => void) => void (listeners[type] = listener), off() {} };
    const iterator = messages(ws);
    for (let i = 0; i < 5; i++) listeners['message']!(undefined, String(i));
    const [first, second] = [iterator.next(), iterator.next()];
    const third = first.then(() => iterator.next());
    const taken = await Promise.all([first, second, third]);
    assert.deepEqual(
      taken.map(({ value }) => value),
      ['0', '1', '2'],
    );
  });

  it('throws the error of a lost connection, after the last message', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.write(text('last words'));
      link.socket.end(); // no closing handshake
    });
    const ws = webSocket.createWebSocket();
    const iterator = messages(ws);
    await ws.connect(peer.url, options);
    assert.equal((await iterator.next()).value, 'last words');
    await assert.rejects(iterator.next(), { name: 'BusinessError', code: 200 });
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  });

  it('throws for whoever waits when the connection is lost', async (t) => {
    let server: Link | undefined;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      server = link;
    });
    const ws = webSocket.createWebSocket();
    const iterator = messages(ws);
    await ws.connect(peer.url, options);
    const waiting = [iterator.next(), iterator.next()];
    server!.reset();
    const [first, second] = await Promise.allSettled(waiting);
    assert.equal(first!.status, 'rejected');
    assert.deepEqual(second, { status: 'fulfilled', value: { value: undefined, done: true } });
  });

  it('throws the error of a failed connect', async (t) => {
    const peer = await startPeer(t, (link) => link.reset());
    const ws = webSocket.createWebSocket();
    const iterator = messages(ws);
    await assert.rejects(ws.connect(peer.url, options), { code: 2302999 });
    await assert.rejects(iterator.next(), { code: 200 });
  });

  it('leaves the connection as it was when the loop is left, reading again', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.write(Buffer.concat(Array.from({ length: 10 }, (_, index) => text(String(index)))));
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    const echoed = new Promise<string>((resolve) => {
      ws.on('message', (_error, message) => {
        if (message === 'still here?') resolve(message);
      });
    });
    const iterator = messages(ws, { highWaterMark: 1 });
    await ws.connect(peer.url, options);
    for await (const message of iterator) {
      assert.equal(message, '0');
      break;
    }
    await ws.send('still here?');
    assert.equal(await echoed, 'still here?');
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
    await ws.close();
  });

  it('counts messages, not less than one', () => {
    for (const highWaterMark of [0, -1, 1.5, NaN, '4', null]) {
      assert.throws(() => messages(webSocket.createWebSocket(), { highWaterMark: highWaterMark as number }), {
        code: 401,
      });
    }
  });
});
