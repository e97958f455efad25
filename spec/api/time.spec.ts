import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, frame, text } from '../peer/link.js';
import { correct, type Script, startPeer } from '../peer/scripted.js';
import { failure, record } from './recorder.js';

const never = new Promise<void>(() => {});

describe('handshakeTimeout', () => {
  it('ends an attempt that gets no answer, and says so', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.request();
      await link.ended();
    });
    const { ws, order, errors } = record();
    const error = await failure(ws.connect(peer.url, { handshakeTimeout: 50 }));
    assert.equal(error.code, 2302999);
    assert.match(error.message, /handshakeTimeout/);
    assert.equal(errors[0]?.data, '0');
    assert.deepEqual(order, ['error']);
    await peer.allGone();
  });

  it('ends one whose head does not end, at the same time, however often bytes come', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.request();
      link.write('HTTP/1.1 101 Switching Protocols\r\nX: ');
      while (link.socket.writable) {
        link.write('x');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    assert.match(
      (await failure(webSocket.createWebSocket().connect(peer.url, { handshakeTimeout: 60 }))).message,
      /handshakeTimeout/,
    );
  });

  it('has no effect once the connection is open', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.ping); // comes after handshakeTimeout has passed
      link.write(text('still here'));
      await link.serve();
    });
    const { ws, messages, next } = record();
    const message = next('message');
    await ws.connect(peer.url, { handshakeTimeout: 100, pingInterval: 0.3 });
    await message;
    assert.deepEqual(messages, ['still here']);
    await ws.close();
  });
});

describe('closeTimeout', () => {
  it('destroys a connection whose server ignores the Close frame: error, close (1006), then close settles', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.ended();
    });
    const { ws, order, errors, closes } = record();
    await ws.connect(peer.url, { closeTimeout: 30 });
    assert.equal(await ws.close().finally(() => order.push('closed')), true);
    assert.deepEqual(order.slice(3), ['error', 'close', 'closed']);
    assert.match(errors[0]!.message, /closeTimeout/);
    assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
  });

  it('bounds the wait for the end of the connection after the closing handshake, which counts as clean', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.close);
      link.write(closeFrame(1000, 'ok'));
      await never;
    });
    const { ws, errors, closes } = record();
    await ws.connect(peer.url, { closeTimeout: 30 });
    await ws.close();
    assert.deepEqual(errors, []);
    assert.deepEqual(closes, [{ code: 1000, reason: 'ok' }]);
  });

  it('bounds a close whose frame cannot leave, because the server does not read', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      await never;
    });
    const { ws, closes } = record();
    await ws.connect(peer.url, { closeTimeout: 50 });
    const sends = Array.from({ length: 32 }, () => ws.send(new Uint8Array(1 << 20)));
    assert.equal(await ws.close(), true);
    assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
    const results = await Promise.allSettled(sends);
    assert.equal(results.at(-1)?.status, 'rejected');
  });

  it('of 0 does not wait', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await never;
    });
    const { ws, closes } = record();
    await ws.connect(peer.url, { closeTimeout: 0 });
    await ws.close();
    assert.equal(closes.length, 1);
  });
});

describe('signal', () => {
  it('that is aborted already: fails without a connection', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, order } = record();
    const error = await failure(ws.connect(peer.url, { signal: AbortSignal.abort() }));
    assert.equal(error.code, 2302999);
    assert.match(error.message, /abort/);
    assert.ok(!order.includes('close'));
    assert.equal(peer.accepted, 0);
  });

  it('aborts the attempt, its reason is the cause, and the object can connect again', async (t) => {
    const abort = new AbortController();
    const reason = new Error('the user went away');
    let first = true;
    const peer = await startPeer(t, async (link) => {
      if (!first) return correct(link);
      first = false;
      await link.request();
      abort.abort(reason);
      await link.ended();
    });
    const { ws, order, errors } = record();
    const error = await failure(ws.connect(peer.url, { signal: abort.signal }));
    assert.equal(error.code, 2302999);
    assert.equal(error.cause, reason);
    assert.equal(errors[0]?.cause, reason);
    assert.deepEqual(order, ['error']);
    await peer.allGone();
    assert.equal(await ws.connect(peer.url), true);
    await ws.close();
  });

  it('aborts from inside headerReceive: open never comes', async (t) => {
    const peer = await startPeer(t, correct);
    const abort = new AbortController();
    const { ws, order } = record();
    ws.on('headerReceive', () => abort.abort());
    assert.equal((await failure(ws.connect(peer.url, { signal: abort.signal }))).code, 2302999);
    assert.deepEqual(order, ['headerReceive', 'error']);
    await peer.allGone();
  });

  it('has no effect once open, and is let go of', async (t) => {
    const peer = await startPeer(t, correct);
    const abort = new AbortController();
    const { ws, next } = record();
    ws.on('open', () => abort.abort());
    assert.equal(await ws.connect(peer.url, { signal: abort.signal }), true);
    assert.deepEqual(getEventListeners(abort.signal, 'abort'), []);
    const echoed = next('message');
    void ws.send('still here');
    await echoed;
    await ws.close();
  });

  for (const signal of [null, 1, {}, 'x', { aborted: true }]) {
    it(`refuses ${JSON.stringify(signal)} with 401`, async () => {
      const error = await failure(
        webSocket.createWebSocket().connect('ws://127.0.0.1:1/', { signal: signal as unknown as AbortSignal }),
      );
      assert.equal(error.code, 401);
      assert.match(error.message, /signal/);
    });
  }
});

describe('heartbeat', () => {
  it('pings every pingInterval with a payload of its own, and a pong in time keeps the link', async (t) => {
    const payloads: string[] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let count = 0; count < 4; count++) {
        const { payload } = await link.frameOf(Opcode.ping);
        payloads.push(payload.toString('hex'));
        link.write(frame(Opcode.pong, payload));
      }
      link.write(text('alive'));
      await link.serve();
    });
    const { ws, messages, errors, next } = record();
    const message = next('message');
    await ws.connect(peer.url, { pingInterval: 0.05, pongTimeout: 0.05 });
    await message;
    assert.deepEqual([messages, errors], [['alive'], []]);
    assert.equal(new Set(payloads).size, 4);
    await ws.close();
  });

  const silence: [string, Script][] = [
    ['no pong', () => never],
    [
      'a pong with another payload',
      async (link) => {
        const { payload } = await link.frameOf(Opcode.ping);
        link.write(
          frame(
            Opcode.pong,
            payload.map((byte) => byte ^ 1),
          ),
        );
        await never;
      },
    ],
  ];
  for (const [title, then] of silence) {
    it(`${title}: error (200), then close (1006)`, async (t) => {
      const peer = await startPeer(t, async (link) => {
        await link.accept();
        await then(link);
      });
      const { ws, order, errors, closes, next } = record();
      const closed = next('close');
      await ws.connect(peer.url, { pingInterval: 0.05, pongTimeout: 0.05 });
      await closed;
      assert.deepEqual(order.slice(3), ['error', 'close']);
      assert.equal(errors[0]?.code, 200);
      assert.match(errors[0]!.message, /pong.*0\.05 s.*pongTimeout/);
      assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
    });
  }

  it('tells of a dead link in the asynchronous context of its own connect, whoever shares the timer', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await never;
    });
    const storage = new AsyncLocalStorage<number>();
    const seen = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        storage.run(index, async () => {
          const { ws, next } = record();
          const contexts: unknown[] = [];
          ws.on('error', () => contexts.push(storage.getStore()));
          const closed = next('close');
          ws.on('close', () => contexts.push(storage.getStore()));
          await ws.connect(peer.url, { pingInterval: 0.05, pongTimeout: 0.05 });
          await closed;
          return contexts;
        }),
      ),
    );
    assert.deepEqual(
      seen,
      Array.from({ length: 5 }, (_, index) => [index, index]),
    );
  });

  it('of 0 sends no ping', async (t) => {
    const opcodes: number[] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
        if (next.opcode === Opcode.close) return link.end(closeFrame(1000));
        if (next.opcode === Opcode.text) link.write(frame(Opcode.text, next.payload));
        else opcodes.push(next.opcode);
      }
    });
    const { ws, next } = record();
    await ws.connect(peer.url, { pingInterval: 0, pongTimeout: 0 });
    for (let round = 0; round < 10; round++) {
      const echoed = next('message');
      void ws.send('x');
      await echoed;
    }
    await ws.close();
    assert.deepEqual(opcodes, []);
  });

  it('answers the server’s pings at once with the same payload, in order, and ignores unsolicited pongs', async (t) => {
    const payloads = ['', 'a', 'x'.repeat(125)];
    const answers: string[] = [];
    const peer = await startPeer(t, async (link) => {
      const pings = payloads.map((payload) => frame(Opcode.ping, payload));
      await link.accept([], Buffer.concat([frame(Opcode.pong, 'unsolicited'), ...pings]));
      for (const _ of payloads) answers.push((await link.frameOf(Opcode.pong)).payload.toString());
      link.write(text('done'));
      await link.serve();
    });
    const { ws, order, next } = record();
    const message = next('message');
    await ws.connect(peer.url);
    await message;
    assert.deepEqual(answers, payloads);
    assert.deepEqual(order.slice(3), ['message', 'dataEnd']);
    await ws.close();
  });

  it('answers a ping between the fragments of a message', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept([], Buffer.concat([frame(Opcode.text, 'a', { fin: false }), frame(Opcode.ping, 'p')]));
      await link.frameOf(Opcode.pong);
      link.write(frame(Opcode.continuation, 'b'));
      await link.serve();
    });
    const { ws, messages, next } = record();
    const message = next('message');
    await ws.connect(peer.url);
    await message;
    assert.deepEqual(messages, ['ab']);
    await ws.close();
  });
});
