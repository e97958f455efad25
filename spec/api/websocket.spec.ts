import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { createWebSocket, WebSocket } from '../../lib/api/websocket.js';
import { type Script, startPeer } from '../peer/scripted.js';
import { failure, record } from './recorder.js';

// What programs see of connect, send, close and the events is specified in spec/api.

const correct: Script = async (link) => {
  await link.accept();
  await link.serve();
};

describe('WebSocket', () => {
  it('is made by createWebSocket, and by new', () => {
    assert.ok(createWebSocket() instanceof WebSocket);
    assert.equal(typeof new WebSocket().connect, 'function');
  });

  it('keeps its connection, and what may be private in it, to itself', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = createWebSocket();
    await ws.connect(peer.url.replace('ws://', 'ws://user:hunter2@'), { header: { Cookie: 'hunter2' } });
    assert.ok(!inspect(ws, { depth: Infinity, showHidden: true }).includes('hunter2'));
    assert.equal(JSON.stringify(ws), '{}');
    await ws.close();
  });

  it('shares nothing with another one to the same server', async (t) => {
    const peer = await startPeer(t, correct);
    const [one, other] = [record(), record()];
    await Promise.all([one.ws.connect(peer.url), other.ws.connect(peer.url)]);
    const echoed = one.next('message');
    void one.ws.send('for one');
    await echoed;
    await one.ws.close();
    assert.deepEqual(one.messages, ['for one']);
    const second = other.next('message');
    void other.ws.send('for the other');
    await second;
    await other.ws.close();
    assert.deepEqual(other.messages, ['for the other']);
  });

  it('gives each of many connections one open and one close, in a row and at once', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, order } = record();
    for (let round = 0; round < 30; round++) {
      await ws.connect(peer.url);
      await ws.close();
    }
    assert.equal(order.length, 30 * 4);
    const many = Array.from({ length: 50 }, () => record());
    await Promise.all(many.map((one) => one.ws.connect(peer.url)));
    await Promise.all(many.map((one) => one.ws.close()));
    for (const one of many) assert.deepEqual(one.order, ['headerReceive', 'open', 'openInfo', 'close']);
    await peer.allGone();
  });

  it('fails a close in the error listener of a failed connect: there is nothing left to close', async (t) => {
    const peer = await startPeer(t, (link) => link.reset());
    const ws = createWebSocket();
    const closed = new Promise<number>((resolve) => {
      ws.on('error', () => void failure(ws.close()).then(({ code }) => resolve(code)));
    });
    await failure(ws.connect(peer.url));
    assert.equal(await closed, 2302999);
  });

  it('reports the end of an attempt before the next one begins, when its error listener connects again', async (t) => {
    let clients = 0;
    const peer = await startPeer(t, async (link) => (clients++ === 0 ? link.reset() : correct(link)));
    const { ws, order } = record();
    let again: Promise<boolean> | undefined;
    ws.on('error', () => (again = ws.connect(peer.url)));
    const first = failure(ws.connect(peer.url)).then(() => order.push('first failed'));
    await first;
    await again;
    await ws.close();
    assert.deepEqual(order, ['error', 'first failed', 'headerReceive', 'open', 'openInfo', 'close']);
  });
});
