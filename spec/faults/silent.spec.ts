import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { failure, record } from '../api/recorder.js';
import { frame, text } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';
import { startRelay } from './relay.js';

const never = new Promise<void>(() => {});

describe('a link that is dead without a FIN', () => {
  for (const [title, direction] of [
    ['from the server', 'toClient'],
    ['to the server', 'toServer'],
  ] as const) {
    it(`${title} is found by the heartbeat: error, then close 1006`, async (t) => {
      const server = await startEchoServer();
      t.after(() => server.close());
      // The head passes, then nothing.
      const bytes = direction === 'toClient' ? 129 : 200;
      const relay = await startRelay(t, server.port, () => ({ [direction]: { after: bytes, ending: 'silence' } }));
      const { ws, order, errors, closes, next } = record();
      const closed = next('close');
      await ws.connect(`ws://127.0.0.1:${relay.port}/`, { pingInterval: 0.08, pongTimeout: 0.04, proxy: 'no-proxy' });
      await closed;
      assert.deepEqual(order.slice(-2), ['error', 'close']);
      assert.match(errors[0]!.message, /no pong within 0\.04 s \(pongTimeout\)/i);
      assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
    });
  }

  it('is not seen in a link that is only quiet: pongs keep it', async (t) => {
    let pings = 0;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (; pings < 2; pings++) link.write(frame(Opcode.pong, (await link.frameOf(Opcode.ping)).payload));
      link.write(text('still here'));
      await link.serve();
    });
    const { ws, order, messages, next } = record();
    const message = next('message');
    await ws.connect(peer.url, { pingInterval: 0.4, pongTimeout: 0.4 });
    await message;
    assert.deepEqual(messages, ['still here']);
    assert.equal(pings, 2);
    await ws.close();
    assert.equal(order.includes('error'), false);
  });
});

describe('a server that stops reading', () => {
  it('leaves sends pending until close gives it up after closeTimeout, and then they fail', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      await never;
    });
    const { ws, order, closes } = record();
    await ws.connect(peer.url, { closeTimeout: 100, pingInterval: 0 });
    const sends: Promise<boolean>[] = [];
    const chunk = new Uint8Array(1 << 20);
    // More than the buffers of both kernels take.
    for (let count = 0; count < 32; count++) sends.push(ws.send(chunk));
    const lost = failure(sends.at(-1)!);
    assert.equal(await ws.close(), true);
    assert.equal((await lost).code, 2302999);
    const outcomes = await Promise.allSettled(sends);
    assert.equal(outcomes.length, 32);
    assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
    assert.deepEqual(order.slice(-2), ['error', 'close']);
  });

  it('and starts again gets everything, in order', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      setImmediate(() => link.socket.resume());
      for (let count = 0; count < 200; count++) {
        const { payload } = await link.frameOf(Opcode.binary);
        assert.deepEqual([payload[0], payload.length], [count, 60_000]);
      }
      await link.serve();
    });
    const { ws } = record();
    await ws.connect(peer.url);
    const sends = Array.from({ length: 200 }, (_, count) => ws.send(new Uint8Array(60_000).fill(count)));
    assert.ok((await Promise.all(sends)).every((sent) => sent));
    assert.equal(await ws.close(), true);
  });
});

describe('a clock that jumps', () => {
  it('ahead while a pong is on its way does not end a link that is alive', async (t) => {
    const { now } = performance;
    t.after(() => {
      performance.now = now;
    });
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let count = 1; count <= 2; count++) {
        const { payload } = await link.frameOf(Opcode.ping);
        link.write(frame(Opcode.pong, payload));
        // An hour passes before the client reads.
        performance.now = () => now.call(performance) + count * 3_600_000;
      }
      link.write(text('alive'));
      await link.serve();
    });
    const { ws, order, messages, next } = record();
    const message = next('message');
    await ws.connect(peer.url, { pingInterval: 0.4, pongTimeout: 0.4 });
    await message;
    assert.deepEqual(messages, ['alive']);
    await ws.close();
    assert.equal(order.includes('error'), false);
  });

  it('of the day, back or ahead, changes nothing', async (t) => {
    const { now } = Date;
    t.after(() => {
      Date.now = now;
    });
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      Date.now = () => now() - 86_400_000;
      link.write(frame(Opcode.pong, (await link.frameOf(Opcode.ping)).payload));
      Date.now = () => now() + 86_400_000;
      link.write(frame(Opcode.pong, (await link.frameOf(Opcode.ping)).payload));
      link.write(text('alive'));
      await link.serve();
    });
    const { ws, order, next } = record();
    const message = next('message');
    await ws.connect(peer.url, { pingInterval: 0.4, pongTimeout: 0.4 });
    await message;
    await ws.close();
    assert.equal(order.includes('error'), false);
  });
});
