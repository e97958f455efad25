import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { createWebSocket, WebSocket } from '../../lib/api/websocket.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { frame } from '../peer/link.js';
import { correct, startPeer } from '../peer/scripted.js';
import { failure, outcome, record } from './recorder.js';

// What programs see of connect, send, close and the events is specified in spec/api.

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
});

describe('a method that is called with another this', () => {
  const { connect, send, close, on, off } = createWebSocket();
  const receivers: [string, unknown][] = [
    ['none', undefined],
    ['a string', 'ws'],
    ['another object', {}],
    ['the prototype', WebSocket.prototype],
  ];
  for (const [title, receiver] of receivers) {
    it(`fails with 401 by rejecting, to the callback, and by throwing from on and off: ${title}`, async () => {
      const loose = (method: unknown, ...args: unknown[]): Promise<boolean> =>
        Reflect.apply(method as () => Promise<boolean>, receiver, args);
      for (const [method, arg] of [
        [connect, 'ws://127.0.0.1/'],
        [send, 'x'],
        [close, undefined],
      ] as const) {
        const error = await failure(loose(method, arg));
        assert.equal(error.code, 401);
        assert.match(error.message, /must be called on a WebSocket/);
        const { error: told } = await outcome((callback) => assert.equal(loose(method, arg, callback), undefined));
        assert.equal(told?.code, 401);
      }
      for (const method of [on, off]) assert.throws(() => loose(method, 'open', () => {}), { code: 401 });
    });
  }
});

describe('Symbol.asyncDispose', () => {
  it('closes the connection with a closing handshake', async (t) => {
    const codes: (number | undefined)[] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      const close = await link.frameOf(Opcode.close);
      codes.push(close.payload.readUInt16BE(0));
      link.end(frame(Opcode.close, close.payload));
    });
    {
      await using ws = createWebSocket();
      await ws.connect(peer.url);
    }
    assert.deepEqual(codes, [1000]);
  });

  it('does nothing for a WebSocket without a connection', async () => {
    await createWebSocket()[Symbol.asyncDispose]();
  });
});
