import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { text } from '../peer/link.js';
import { correct, startPeer } from '../peer/scripted.js';
import { failure, outcome, record } from './recorder.js';

/** The listener's way of saying "any arguments": JavaScript programs are not type-checked. */
type Loose = (...args: unknown[]) => unknown;
const loose = (ws: webSocket.WebSocket, method: 'connect' | 'send' | 'close'): Loose => (ws[method] as Loose).bind(ws);

describe('connect', () => {
  it('connect(url): Promise<boolean> resolves to true', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    assert.equal(await ws.connect(peer.url), true);
    await ws.close();
  });

  it('connect(url, options): Promise<boolean> resolves to true', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    assert.equal(await ws.connect(peer.url, { header: { name1: 'value1' } }), true);
    await ws.close();
  });

  it('connect(url, callback) gives undefined and true, and returns nothing', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    let returned: unknown = 'not called';
    const { error, value } = await outcome<boolean>((callback) => (returned = ws.connect(peer.url, callback)));
    assert.deepEqual([returned, error, value], [undefined, undefined, true]);
    await ws.close();
  });

  it('connect(url, options, callback) gives undefined and true, also with options that are undefined', async (t) => {
    for (const options of [{ header: { a: 'b' } }, undefined]) {
      const peer = await startPeer(t, correct);
      const ws = webSocket.createWebSocket();
      const { error, value } = await outcome<boolean>((callback) => ws.connect(peer.url, options, callback));
      assert.deepEqual([error, value], [undefined, true]);
      await ws.close();
    }
  });

  it('delivers headerReceive, open, openInfo, then the callback', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, order } = record();
    await new Promise<void>((resolve) => {
      ws.connect(peer.url, () => {
        order.push('callback');
        resolve();
      });
    });
    assert.deepEqual(order, ['headerReceive', 'open', 'openInfo', 'callback']);
    await ws.close();
    assert.deepEqual(order.slice(4), ['close']);
  });

  it('settles before a message that came glued to the 101: a program can still listen for it', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept([], Buffer.concat([text('first'), text('second')]));
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    const connect = async (): Promise<boolean> => await ws.connect(peer.url);
    await connect();
    const messages: unknown[] = [];
    await new Promise<void>((resolve) => {
      ws.on('message', (_error, message) => {
        messages.push(message);
        if (messages.length === 2) resolve();
      });
    });
    assert.deepEqual(messages, ['first', 'second']);
    await ws.close();
  });

  it('tells open the status, openInfo the subprotocol as well, headerReceive the fields in lower case', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept(['Sec-WebSocket-Protocol: chat', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-One: 1', 'x-one: 2']);
      await link.serve();
    });
    const { ws, headers } = record();
    const opened: unknown[] = [];
    ws.on('open', (error, result) => opened.push([error, result]));
    ws.on('openInfo', (error, result) => opened.push([error, result]));
    await ws.connect(peer.url, { protocol: 'other, chat' });
    assert.deepEqual(opened, [
      [undefined, { status: 101, message: 'Switching Protocols' }],
      [undefined, { status: 101, message: 'Switching Protocols', protocol: 'chat' }],
    ]);
    assert.equal(headers[0]?.['upgrade'], 'websocket');
    assert.deepEqual(headers[0]?.['set-cookie'], ['a=1', 'b=2']);
    assert.equal(headers[0]?.['x-one'], '1, 2');
    await ws.close();
  });

  it('leaves protocol out of openInfo when the server chose none', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    const infos: unknown[] = [];
    ws.on('openInfo', (_error, info) => infos.push(info));
    await ws.connect(peer.url, { protocol: 'chat' });
    assert.deepEqual(infos, [{ status: 101, message: 'Switching Protocols' }]);
    await ws.close();
  });
});

describe('connect: argument errors', () => {
  const bad: [title: string, args: unknown[], code: number, detail: RegExp][] = [
    ['no arguments', [], 401, /url/],
    ['a url that is a number', [1], 401, /url/],
    ['a url that is null', [null], 401, /url/],
    ['options that are null', ['ws://127.0.0.1:1/', null], 401, /options/],
    ['options that are a string', ['ws://127.0.0.1:1/', 'x'], 401, /options/],
    ['options that are an array', ['ws://127.0.0.1:1/', []], 401, /options/],
    ['an option of the wrong type', ['ws://127.0.0.1:1/', { protocol: 1 }], 401, /protocol/],
    ['the url of the documentation', ['ws://'], 2302001, /./],
    ['an http: url', ['http://127.0.0.1/'], 2302001, /./],
    ['a fragment', ['ws://127.0.0.1/#a'], 2302001, /fragment/],
  ];
  for (const [title, args, code, detail] of bad) {
    it(`${title}: ${code} by rejecting, by the callback, and never an event`, async () => {
      const { ws, order } = record();
      const rejected = await failure(loose(ws, 'connect')(...args) as Promise<unknown>);
      assert.equal(rejected.code, code);
      assert.match(rejected.message, detail);
      assert.ok(rejected instanceof webSocket.BusinessError);

      let returned: unknown = 'not called';
      const told = await outcome((callback) => (returned = loose(ws, 'connect')(...args, callback)));
      assert.equal(returned, undefined);
      assert.equal(told.error?.code, code);
      assert.equal(told.error?.message, rejected.message);
      assert.deepEqual(order, []);
    });
  }

  it('reports to the only function among the arguments, wherever it stands', async () => {
    const { ws } = record();
    for (const before of [[], [undefined], [undefined, undefined], [{}, {}]]) {
      const { error } = await outcome((callback) => loose(ws, 'connect')(...before, callback));
      assert.equal(error?.code, 401);
    }
  });

  it('does not call back before it has returned', async () => {
    const ws = webSocket.createWebSocket();
    let returned = false;
    await outcome((callback) => {
      ws.connect('ws://', (...result) => {
        assert.equal(returned, true);
        callback(...result);
      });
      returned = true;
    });
  });
});

describe('connect: URL rules', () => {
  const padded = (url: string, length: number): string => url + 'a'.repeat(length - url.length);

  it('takes 1024 characters and refuses 1025', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    await ws.connect(padded(peer.url, 1024));
    await ws.close();
    const error = await failure(ws.connect(padded(peer.url, 1025)));
    assert.equal(error.code, 2302001);
    assert.match(error.message, /1024.*1025/);
    assert.equal(peer.accepted, 1);
  });

  it('takes more with maxUrlLength', async (t) => {
    const peer = await startPeer(t, async (link) => {
      const request = await link.accept();
      assert.equal(request.startLine.length, `GET  HTTP/1.1`.length + 4000 - new URL(peer.url).origin.length);
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    await ws.connect(padded(peer.url, 4000), { maxUrlLength: 4000 });
    await ws.close();
  });

  it('asks for path and query, and names host and port', async (t) => {
    const peer = await startPeer(t, async (link) => {
      const request = await link.accept();
      assert.equal(request.startLine, 'GET /a/b?c=d%20%C3%A9 HTTP/1.1');
      assert.deepEqual(request.values('host'), [`127.0.0.1:${peer.port}`]);
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    await ws.connect(`${peer.url}a/b?c=d%20é`);
    await ws.close();
  });
});

describe('connect: the state of the object', () => {
  it('is 2302003 while connecting, open and closing, and leaves the connection alone', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, order } = record();
    const connecting = ws.connect(peer.url);
    assert.equal((await failure(ws.connect(peer.url))).code, 2302003);
    assert.equal(await connecting, true);
    assert.equal((await outcome<boolean>((callback) => ws.connect(peer.url, callback))).error?.code, 2302003);
    const closing = ws.close();
    assert.equal((await failure(ws.connect(peer.url))).code, 2302003);
    assert.equal(await closing, true);
    assert.deepEqual(order, ['headerReceive', 'open', 'openInfo', 'close']);
    assert.equal(peer.accepted, 1);
  });

  it('connects again after close, its listeners still registered', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, order } = record();
    for (let round = 0; round < 3; round++) {
      await ws.connect(peer.url);
      await ws.close();
    }
    const once = ['headerReceive', 'open', 'openInfo', 'close'];
    assert.deepEqual(order, [...once, ...once, ...once]);
  });

  it('connects again from inside the close listener', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, closes } = record();
    const reconnected = new Promise<boolean>((resolve) => {
      const again = (): void => {
        ws.off('close', again);
        ws.connect(peer.url).then(resolve);
      };
      ws.on('close', again);
    });
    await ws.connect(peer.url);
    assert.equal(await ws.close(), true);
    assert.equal(await reconnected, true);
    await ws.close();
    assert.equal(closes.length, 2);
  });

  it('connects again from inside the error listener and the callback of a failed connect', async (t) => {
    let clients = 0;
    const peer = await startPeer(t, async (link) => {
      if (clients++ === 0) return link.reset();
      await correct(link);
    });
    const ws = webSocket.createWebSocket();
    const reconnected = new Promise<boolean>((resolve) => {
      ws.on('error', () => {
        ws.off('error');
        ws.connect(peer.url).then(resolve);
      });
    });
    assert.equal((await failure(ws.connect(peer.url))).code, 2302999);
    assert.equal(await reconnected, true);
    await ws.close();

    clients = 0;
    const again = new Promise<boolean>((resolve) => {
      ws.connect(peer.url, (error) => {
        assert.equal(error.code, 2302999);
        ws.connect(peer.url).then(resolve);
      });
    });
    assert.equal(await again, true);
    await ws.close();
  });
});
