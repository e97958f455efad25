import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { handshakeFaults, openFaults } from '../peer/faults.js';
import { startPeer } from '../peer/scripted.js';
import { failure, record } from './recorder.js';

/** Short enough to be waited for, long enough for a busy machine to get past the phases before. */
const handshakeTimeout = 400;

describe('a server that fails the opening handshake: one error event, one failure, no close event', () => {
  for (const { title, script, error, data } of handshakeFaults) {
    it(title, async (t) => {
      const { signal } = new AbortController();
      const peer = await startPeer(t, script);
      const { ws, order, errors } = record();
      const failed = await failure(ws.connect(peer.url, { handshakeTimeout, signal }));
      assert.equal(failed.code, 2302999);
      assert.match(failed.message, /^Websocket other unknown error\. /);
      assert.match(failed.message, error!);
      assert.deepEqual(
        order.filter((event) => event !== 'headerReceive'),
        ['error'],
      );
      assert.equal(errors[0]?.code, 200);
      assert.match(errors[0]!.message, /^Websocket connect failed\. /);
      assert.match(errors[0]!.message, error!);
      assert.equal(errors[0]?.data, data);
      assert.equal(order.includes('headerReceive'), data !== '0', 'headerReceive comes for every head');
      assert.equal(failed.response?.status.toString() ?? '0', data, 'the response is on the error of connect');
      assert.deepEqual(errors[0]?.response, failed.response, 'and on the error event');
      assert.deepEqual(getEventListeners(signal, 'abort'), []);
    });
  }
});

describe('a server that ends an open connection: exactly one close event', () => {
  for (const { title, script, error, data, close } of openFaults) {
    it(title, async (t) => {
      const peer = await startPeer(t, script);
      const { ws, order, errors, closes, next } = record();
      const closed = next('close');
      assert.equal(await ws.connect(peer.url, { closeTimeout: 100 }), true);
      await closed;
      const expected = ['headerReceive', 'open', 'openInfo', ...(error === undefined ? [] : ['error']), 'close'];
      assert.deepEqual(order, expected);
      assert.equal(closes[0]?.code, close);
      assert.equal(errors[0]?.data, data);
      if (error !== undefined) {
        assert.equal(errors[0]?.code, 200);
        assert.match(errors[0]!.message, error);
        assert.ok(errors[0]!.cause === undefined || errors[0]!.cause instanceof Error);
      }
      // Nothing comes after the end, and the object can connect again.
      assert.equal((await failure(ws.close())).code, 2302999);
      assert.deepEqual(order, expected);
    });
  }
});
