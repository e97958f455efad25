import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createWebSocket } from '../../lib/api/websocket.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { record } from '../api/recorder.js';
import { acceptance, closeFrame, frame, type Link, text } from '../peer/link.js';
import { correct, startPeer } from '../peer/scripted.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Sizes of what is written to this port from now on: peers write elsewhere. */
function watchWrites(t: TestContext, port: number): number[] {
  const sizes: number[] = [];
  const { write } = Socket.prototype;
  t.mock.method(Socket.prototype, 'write', function (this: Socket, ...args: Parameters<typeof write>) {
    if (this.remotePort === port) sizes.push((args[0] as Uint8Array).length);
    return write.apply(this, args);
  });
  return sizes;
}

/**
 * Answers every message until 'done' comes. `heard` gets each with the number of writes so far.
 *
 * @returns the sizes of the writes
 */
async function answerAll(
  t: TestContext,
  peer: { readonly url: string; readonly port: number },
  heard: (message: string | ArrayBuffer, written: number) => void = () => {},
): Promise<number[]> {
  const { ws, messages, next } = record();
  let writes: number[] = [];
  ws.on('message', (_error, message) => {
    heard(message, writes.length);
    if (message !== 'done') void ws.send('answer');
  });
  await ws.connect(peer.url);
  void ws.send('go');
  await turn();
  writes = watchWrites(t, peer.port);
  while (messages.at(-1) !== 'done') await next('message');
  const answered = [...writes];
  await ws.close();
  return answered;
}

/** Waits until the peer's frames have been counted. */
async function count(link: Link, frames: number): Promise<void> {
  for (let seen = 0; seen < frames; seen++) await link.frame();
}

describe('writing', () => {
  it('writes once for all that is sent in a turn', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, messages, next } = record();
    await ws.connect(peer.url);
    const writes = watchWrites(t, peer.port);
    for (let index = 0; index < 100; index++) void ws.send(`message ${index}`);
    assert.deepEqual(writes, [], 'not yet: the turn goes on');
    await turn();
    assert.equal(writes.length, 1);
    while (messages.length < 100) await next('message');
    await ws.close();
  });

  it('writes what listeners send, and pongs, once for all messages of a read', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frame();
      const burst = Array.from({ length: 50 }, (_, index) => [text(String(index)), frame(Opcode.ping, 'p')]).flat();
      link.write(Buffer.concat(burst));
      await count(link, 100);
      link.write(text('done'));
      await link.serve();
    });
    const writes = await answerAll(t, peer);
    // The kernel may hand the burst over in pieces; a write per frame would be a hundred.
    assert.ok(writes.length < 10, `expected a write per read, got ${writes.length}`);
  });

  it('writes the answers to all messages of a read at once, when the read has been handled', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frame();
      link.write(text('one'));
      await link.frame();
      link.write(Buffer.concat([text('two'), text('three')]));
      await count(link, 2);
      link.write(text('done'));
      await link.serve();
    });
    const before: number[] = [];
    await answerAll(t, peer, (_message, written) => before.push(written));
    assert.deepEqual(before, [0, 1, 1, 2]);
  });

  it('lets the first 64 KiB of a large turn go before its end', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, next, messages } = record();
    await ws.connect(peer.url);
    const writes = watchWrites(t, peer.port);
    for (let index = 0; index < 300; index++) void ws.send('x'.repeat(1000));
    assert.ok(writes.length >= 4, `expected some of 300 KB to be on its way, got ${writes.length} writes`);
    assert.ok(writes.every((size) => size <= 66_000));
    while (messages.length < 300) await next('message');
    await ws.close();
  });

  it('uses no memory again before its write has completed', async (t) => {
    const total = 400;
    const sums: number[] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      await resumed;
      link.socket.resume();
      for (let index = 0; index < total; index++) {
        const { payload } = await link.frameOf(Opcode.binary);
        assert.ok(
          payload.every((byte) => byte === payload[0]),
          `message ${index} came damaged`,
        );
        sums.push(payload[0]!);
      }
      await link.serve();
    });
    let resume = (): void => {};
    const resumed = new Promise<void>((resolve) => (resume = resolve));
    const ws = createWebSocket();
    await ws.connect(peer.url);
    const sends: Promise<boolean>[] = [];
    for (let index = 0; index < total; index++) {
      sends.push(ws.send(Buffer.alloc(30_000, index)));
      if (index % 10 === 0) await turn();
    }
    resume();
    await Promise.all(sends);
    await ws.close();
    assert.deepEqual(
      sums,
      Array.from({ length: total }, (_, index) => index & 0xff),
    );
  });

  it('settles a send that completed the last write while the socket was busy', { timeout: 20_000 }, async (t) => {
    const total = 300;
    let resume = (): void => {};
    const resumed = new Promise<void>((resolve) => (resume = resolve));
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      await resumed;
      link.socket.resume();
      await count(link, total);
      await link.serve();
    });
    const ws = createWebSocket();
    await ws.connect(peer.url);
    // Each is written within its send, so nothing is left to write when the turn ends; the kernel cannot take them all.
    const sends = Array.from({ length: total }, () => ws.send(Buffer.alloc(65_536)));
    await turn();
    resume();
    assert.deepEqual([...new Set(await Promise.all(sends))], [true]);
    await ws.close();
  });
});

describe('reading', () => {
  it('gives the same events wherever the response and the first frames are cut in two', async (t) => {
    let cut = 0;
    let size = 0;
    const peer = await startPeer(t, async (link) => {
      const request = await link.request();
      const bytes = Buffer.concat([acceptance(request), text('one'), frame(Opcode.binary, 'two'), closeFrame(1000)]);
      size = bytes.length;
      link.write(bytes.subarray(0, cut));
      await turn();
      await turn();
      link.end(bytes.subarray(cut));
    });
    do {
      const { ws, order, closes, next } = record();
      const closed = next('close');
      await ws.connect(peer.url);
      order.push('connected');
      await closed;
      const events = order.join(' ');
      const message = 'message dataEnd';
      assert.equal(events, `headerReceive open openInfo connected ${message} ${message} close`, `cut at ${cut}`);
      assert.equal(closes[0]?.code, 1000);
    } while (++cut <= size);
  });

  it('gives the same events when the head comes a byte at a time', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.writeSlowly(Buffer.concat([acceptance(await link.request()), text('hello')]));
      await link.serve();
    });
    const { ws, messages, next } = record();
    const message = next('message');
    await ws.connect(peer.url);
    await message;
    assert.deepEqual(messages, ['hello']);
    await ws.close();
  });

  it('takes the end of the connection right behind the response and its frames', async (t) => {
    const peer = await startPeer(t, async (link) => {
      link.end(Buffer.concat([acceptance(await link.request()), text('hello')]));
    });
    const { ws, order, messages, next } = record();
    const closed = next('close');
    await ws.connect(peer.url);
    await closed;
    assert.deepEqual(messages, ['hello']);
    assert.deepEqual(order.slice(3), ['message', 'dataEnd', 'error', 'close']);
  });

  it('lets interim responses pass', async (t) => {
    const peer = await startPeer(t, async (link) => {
      const request = await link.request();
      const interim = Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      link.write(Buffer.concat([interim, acceptance(request), text('hello')]));
      await link.serve();
    });
    const { ws, messages, next } = record();
    const message = next('message');
    await ws.connect(peer.url);
    await message;
    assert.deepEqual(messages, ['hello']);
    await ws.close();
  });

  it('gives the body of a refusal that comes in pieces', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.request();
      link.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2000\r\n\r\n');
      for (let piece = 0; piece < 20; piece++) {
        link.write('x'.repeat(100));
        await turn();
      }
    });
    const { ws, errors } = record();
    await assert.rejects(ws.connect(peer.url), { code: 2302999 });
    assert.equal(errors[0]?.response?.body, 'x'.repeat(1024));
    assert.equal(errors[0]?.response?.message, 'Forbidden');
    assert.equal(errors[0]?.response?.headers['content-length'], '2000');
  });
});

describe('large messages', () => {
  it('are whole, and nobody else’s, when listeners and callbacks throw while they are read', async (t) => {
    const size = 500_000;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let index = 0; index < 20; index++) link.write(frame(Opcode.binary, Buffer.alloc(size, index + 1)));
      await link.serve();
    });
    const thrown: unknown[] = [];
    const before = process.listeners('uncaughtException'); // the runner's own would fail the test
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    t.after(() => {
      process.removeAllListeners('uncaughtException');
      for (const one of before) process.on('uncaughtException', one);
    });
    const { ws, messages, errors, next } = record();
    const fault = new Error('a faulty listener');
    ws.on('message', (_error, message) => {
      void ws.send('got one', () => {
        throw fault;
      });
      if ((message as ArrayBuffer).byteLength % 2 === 0) throw fault;
    });
    const closed = next('close');
    await ws.connect(peer.url);
    while (messages.filter((message) => typeof message !== 'string').length < 20 && errors.length === 0) {
      await Promise.race([next('dataEnd'), closed]);
    }
    await ws.close().catch(() => {});
    assert.deepEqual(errors, []);
    const large = messages.filter((message) => typeof message !== 'string');
    large.forEach((message, index) => {
      assert.ok(Buffer.from(message).equals(Buffer.alloc(size, index + 1)), `message ${index} has other bytes`);
    });
    assert.equal(large.length, 20);
    assert.ok(thrown.length >= 20);
  });
});

describe('closing while frames of the handshake’s packet wait', () => {
  it('takes them as frames that came before the server’s Close frame', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept([], text('early'));
      await link.frameOf(Opcode.close);
      link.end(closeFrame(1000));
    });
    const { ws, order } = record();
    ws.on('open', () => void ws.close());
    const closed = new Promise<void>((resolve) => ws.on('close', () => resolve()));
    await ws.connect(peer.url);
    await closed;
    assert.deepEqual(order, ['headerReceive', 'open', 'openInfo', 'message', 'dataEnd', 'close']);
  });
});
