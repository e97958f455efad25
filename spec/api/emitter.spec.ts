import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { on, once } from 'node:events';
import { describe, it } from 'node:test';
import { toEmitter, webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, type Link, text } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';

const options = { proxy: 'no-proxy' } as const;

async function greet(link: Link): Promise<void> {
  await link.accept(['Set-Cookie: a=1']);
  link.write(Buffer.concat([text('hello'), text('again'), closeFrame(4000, 'enough')]));
  await link.frameOf(Opcode.close);
  link.end();
}

describe('toEmitter', () => {
  it('lets events.once wait for an event, and gives its value alone', async (t) => {
    const peer = await startPeer(t, greet);
    const ws = webSocket.createWebSocket();
    const emitter = toEmitter(ws);
    const events = ['headerReceive', 'open', 'openInfo', 'message', 'dataEnd', 'close'].map((event) =>
      once(emitter, event),
    );
    await ws.connect(peer.url, options);
    const [[headers], [open], [openInfo], [message], dataEnd, [close]] = (await Promise.all(events)) as [
      [webSocket.ResponseHeaders],
      [webSocket.OpenResult],
      [webSocket.WebSocketOpenInfo],
      [string],
      [],
      [webSocket.CloseResult],
    ];
    assert.deepEqual(headers['set-cookie'], ['a=1']);
    assert.deepEqual(open, { status: 101, message: 'Switching Protocols' });
    assert.deepEqual(openInfo, { status: 101, message: 'Switching Protocols' });
    assert.equal(message, 'hello');
    assert.deepEqual(dataEnd, []);
    assert.deepEqual(close, { code: 4000, reason: 'enough' });
  });

  it('makes events.once reject with the error that comes instead', async (t) => {
    const peer = await startPeer(t, (link) => link.reset());
    const ws = webSocket.createWebSocket();
    const opened = once(toEmitter(ws), 'open');
    await Promise.all([
      assert.rejects(opened, { name: 'BusinessError', code: 200 }),
      assert.rejects(ws.connect(peer.url, options), { code: 2302999 }),
    ]);
  });

  it('does not throw an error that nobody listens to', async (t) => {
    const peer = await startPeer(t, (link) => link.reset());
    const ws = webSocket.createWebSocket();
    toEmitter(ws);
    await assert.rejects(ws.connect(peer.url, options), { code: 2302999 });
  });

  it('lets events.on iterate, until a signal ends it', async (t) => {
    const peer = await startPeer(t, greet);
    const ws = webSocket.createWebSocket();
    const end = new AbortController();
    ws.on('close', () => end.abort());
    const seen: unknown[] = [];
    const iterator = on(toEmitter(ws), 'message', { signal: end.signal });
    await ws.connect(peer.url, options);
    await assert.rejects(
      async () => {
        for await (const [message] of iterator) seen.push(message);
      },
      { name: 'AbortError' },
    );
    assert.deepEqual(seen, ['hello', 'again']);
  });

  it('takes listeners back', async (t) => {
    const peer = await startPeer(t, greet);
    const ws = webSocket.createWebSocket();
    const emitter = toEmitter(ws);
    const seen: string[] = [];
    const removed = (): void => void seen.push('removed');
    emitter
      .on('message', removed)
      .off('message', removed)
      .once('message', () => seen.push('once'));
    const closed = once(emitter, 'close');
    await ws.connect(peer.url, options);
    await closed;
    assert.deepEqual(seen, ['once']);
  });

  it('leaves no listener behind, however often it is made and waited on', async () => {
    let registered = 0;
    const ws = { on: () => void registered++, off: () => void registered-- };
    for (let round = 0; round < 3; round++) {
      const emitter = toEmitter(ws);
      const message = once(emitter, 'message');
      assert.equal(registered, 2, 'message, and the error that may come instead');
      emitter.emit('message', 'x');
      assert.deepEqual(await message, ['x']);
      assert.equal(registered, 0);
    }
    const emitter = toEmitter(ws);
    const listener = (): void => {};
    emitter.on('open', listener).prependListener('open', listener).addListener('close', listener);
    assert.equal(registered, 2);
    emitter.off('open', listener);
    assert.equal(registered, 2);
    emitter.removeListener('open', listener);
    assert.equal(registered, 1);
    emitter.prependOnceListener('open', listener).removeAllListeners('open');
    assert.equal(registered, 1);
    emitter.removeAllListeners();
    assert.equal(registered, 0);
  });
});
