import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { failure, outcome } from '../api/recorder.js';

import { correct, startPeer } from '../peer/scripted.js';

type Loose = (...args: unknown[]) => Promise<unknown> | undefined;

function loose(ws: webSocket.WebSocket, method: 'connect' | 'send' | 'close'): Loose {
  return (ws[method] as Loose).bind(ws);
}

describe('a callback that is not a function', () => {
  for (const callback of [null, 0, 'x', true, {}, []]) {
    it(`${JSON.stringify(callback)}: 401, and nothing is connected, sent or closed`, async (t) => {
      const peer = await startPeer(t, correct);
      const ws = webSocket.createWebSocket();
      const refused = async (operation: Promise<unknown> | undefined): Promise<void> => {
        const error = await failure(operation!);
        assert.equal(error.code, 401);
        assert.match(error.message, /^Parameter error\. callback must be a function/);
      };
      await refused(loose(ws, 'connect')(peer.url, {}, callback));
      await refused(loose(ws, 'connect')(peer.url, undefined, callback));
      assert.equal(peer.accepted, 0);
      await refused(loose(ws, 'send')('x', callback));
      await ws.connect(peer.url);
      const messages: unknown[] = [];
      ws.on('message', (_error, message) => messages.push(message));
      await refused(loose(ws, 'send')('refused', callback));
      await refused(loose(ws, 'close')({}, callback));
      const echoed = new Promise((resolve) => ws.on('message', (_error, message) => resolve(message)));
      await ws.send('sent');
      assert.equal(await echoed, 'sent');
      assert.deepEqual(messages, ['sent']);
      await ws.close();
    });
  }

  it('that is undefined is the promise form', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    assert.equal(await loose(ws, 'connect')(peer.url, undefined, undefined), true);
    assert.equal(await loose(ws, 'send')('x', undefined), true);
    assert.equal(await loose(ws, 'close')(undefined, undefined), true);
  });
});

describe('a function where the url or the data should be', () => {
  const never = (): void => assert.fail('called instead of the callback');

  for (const method of ['connect', 'send'] as const) {
    it(`is not what ${method} reports to when there is a callback behind it`, async () => {
      const ws = webSocket.createWebSocket();
      const { error } = await outcome((callback) => loose(ws, method)(never, callback));
      assert.equal(error?.code, 401);
    });
  }
});

describe('options that cannot be read', () => {
  const thrown = new Error('thrown by a getter');
  const throwing = {
    get header(): never {
      throw thrown;
    },
    get code(): never {
      throw thrown;
    },
  };
  const inside = {
    header: {
      get 'X-Name'() {
        throw thrown;
      },
    },
  };

  it('are 401 with what was thrown as the cause, like every wrong argument', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    for (const options of [throwing, inside]) {
      const error = await failure(ws.connect(peer.url, options));
      assert.ok(error instanceof webSocket.BusinessError);
      assert.equal(error.code, 401);
      assert.equal(error.cause, thrown);
    }
    await ws.connect(peer.url);
    const error = await failure(ws.close(throwing));
    assert.equal(error.code, 401);
    assert.equal(error.cause, thrown);
    await ws.close();
  });
});

describe('a url with a control character', () => {
  for (const url of ['ws://127.0.0.1:1/\r\nX-Injected: 1', 'ws://127.0.0.1:1/\n', 'ws://127.0.0.1\t:1/', 'ws://h\0/']) {
    it(`${JSON.stringify(url)}: 2302001, rather than a connection to what is left without it`, async () => {
      const error = await failure(webSocket.createWebSocket().connect(url));
      assert.equal(error.code, 2302001);
      assert.match(error.message, /control character/);
    });
  }
});
