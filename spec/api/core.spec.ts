import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocketCore } from '../../lib/api/core.js';
import { createWebSocket } from '../../lib/api/websocket.js';
import { correct, startPeer } from '../peer/scripted.js';
import { failure, record } from './recorder.js';

// What programs see of connect, send, close and the events is specified in connect, send, close and events.spec.ts.

describe('WebSocketCore', () => {
  it('is busy from connect to the close event', async (t) => {
    const peer = await startPeer(t, correct);
    const core = new WebSocketCore();
    assert.equal(core.isBusy, false);
    const connected = core.connect([peer.url]);
    assert.equal(core.isBusy, true);
    await connected;
    let inClose: boolean | undefined;
    core.listeners.add('close', () => (inClose = core.isBusy));
    await core.close([]);
    assert.deepEqual([inClose, core.isBusy], [false, false]);
  });

  it('hands the receipts of a flush over once, and begins new ones', async (t) => {
    const peer = await startPeer(t, correct);
    const core = new WebSocketCore();
    await core.connect([peer.url]);
    assert.equal(core.takeReceipts(), undefined);
    const [first, second] = [core.send('one', undefined), core.send('two', undefined)];
    assert.equal(first, second);
    assert.equal(await first, true);
    assert.notEqual(core.send('three', undefined), first);
    const receipts = core.takeReceipts();
    assert.equal(core.takeReceipts(), undefined);
    receipts!.settle();
    await core.close([]);
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
