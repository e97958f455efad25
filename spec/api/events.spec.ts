import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { frame, text } from '../peer/link.js';
import { correct, type Scope, startPeer } from '../peer/scripted.js';
import { record } from './recorder.js';

/** Connects to a server that sends these frames, and waits for this many messages. */
async function receive(scope: Scope, frames: Uint8Array[], count: number): Promise<(string | ArrayBuffer)[]> {
  const peer = await startPeer(scope, async (link) => {
    await link.accept();
    for (const bytes of frames) link.write(bytes);
    await link.serve();
  });
  const { ws, messages, next } = record();
  await ws.connect(peer.url);
  while (messages.length < count) await next('message');
  await ws.close();
  return messages;
}

describe('message', () => {
  it('is a string for text, whatever its characters', async (t) => {
    const texts = ['', 'Hello', 'grüße 世界 😀', '\u0000', 'x'.repeat(70_000), '世'.repeat(50_000)];
    assert.deepEqual(await receive(t, texts.map(text), texts.length), texts);
  });

  for (const size of [0, 1, 125, 126, 4096, 65535, 65536, 300_000]) {
    it(`is an ArrayBuffer of exactly ${size} bytes for a binary message of that size`, async (t) => {
      const payload = Buffer.from(Uint8Array.from({ length: size }, (_, index) => index * 7));
      const [message] = await receive(t, [frame(Opcode.binary, payload)], 1);
      assert.ok(message instanceof ArrayBuffer);
      assert.equal(message.byteLength, size);
      assert.ok(Buffer.from(message).equals(payload));
    });
  }

  it('is an ArrayBuffer of exactly its size when it came in fragments', async (t) => {
    const pieces = [frame(Opcode.binary, 'abc', { fin: false }), frame(0, '', { fin: false }), frame(0, 'de')];
    const [message] = await receive(t, pieces, 1);
    assert.equal((message as ArrayBuffer).byteLength, 5);
    assert.equal(Buffer.from(message as ArrayBuffer).toString(), 'abcde');
  });

  it('belongs to the listener: no later message shows in it, and it can be transferred', async (t) => {
    const frames = [
      frame(Opcode.binary, 'first'),
      frame(Opcode.binary, 'again'),
      frame(Opcode.binary, Buffer.alloc(100_000, 'x')),
    ];
    const messages = (await receive(t, frames, 3)) as ArrayBuffer[];
    assert.equal(Buffer.from(messages[0]!).toString(), 'first');
    new Uint8Array(messages[0]!).fill(0);
    assert.equal(Buffer.from(messages[1]!).toString(), 'again');
    for (const message of messages) structuredClone(message, { transfer: [message] });
    assert.deepEqual(
      messages.map(({ byteLength }) => byteLength),
      [0, 0, 0],
    );
  });

  it('is followed by dataEnd, each', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept([], Buffer.concat([text('a'), frame(Opcode.binary, 'b'), text('c')]));
      await link.serve();
    });
    const { ws, order, messages, next } = record();
    await ws.connect(peer.url);
    while (messages.length < 3) await next('message');
    await ws.close();
    assert.deepEqual(order.slice(3), ['message', 'dataEnd', 'message', 'dataEnd', 'message', 'dataEnd', 'close']);
  });

  it('gives its listeners undefined as the error, and dataEnd none at all', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    const seen: unknown[][] = [];
    ws.on('message', (...args: unknown[]) => seen.push(args));
    const done = new Promise<void>((resolve) => {
      ws.on('dataEnd', (...args: unknown[]) => {
        seen.push(args);
        resolve();
      });
    });
    await ws.connect(peer.url);
    void ws.send('x');
    await done;
    await ws.close();
    assert.deepEqual(seen, [[undefined, 'x'], []]);
  });
});

describe('on and off', () => {
  it('run listeners in the order of registration, a function registered twice twice', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    const calls: string[] = [];
    const twice = (): void => void calls.push('twice');
    ws.on('open', () => calls.push('first'));
    ws.on('open', twice);
    ws.on('open', () => calls.push('third'));
    ws.on('open', twice);
    await ws.connect(peer.url);
    assert.deepEqual(calls, ['first', 'twice', 'third', 'twice']);
    await ws.close();
  });

  it('off(type, f) takes away one registration, off(type) all of that type and no other', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    const calls: string[] = [];
    const twice = (): void => void calls.push('open');
    const closed = (): void => void calls.push('close');
    const info = (): void => void calls.push('info');
    ws.on('open', twice);
    ws.on('open', twice);
    ws.off('open', twice);
    ws.off('open', () => {}); // unknown: nothing happens
    ws.on('close', closed);
    ws.on('openInfo', info);
    ws.on('openInfo', () => calls.push('more'));
    ws.off('openInfo');
    await ws.connect(peer.url);
    await ws.close();
    assert.deepEqual(calls, ['open', 'close']);
  });

  it('changes during delivery take effect from the next event', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, next } = record();
    const calls: string[] = [];
    const late = (): void => void calls.push('late');
    const self = (): void => {
      calls.push('self');
      ws.off('message', self);
      ws.off('message', victim);
      ws.on('message', late);
    };
    const victim = (): void => void calls.push('victim');
    ws.on('message', self);
    ws.on('message', victim);
    await ws.connect(peer.url);
    for (const message of ['1', '2']) {
      const echoed = next('dataEnd');
      void ws.send(message);
      await echoed;
    }
    assert.deepEqual(calls, ['self', 'victim', 'late']);
    await ws.close();
  });

  it('dataEnd is an event of its own: a listener registered by a listener of message gets it', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    const calls: string[] = [];
    const gone = (): void => void calls.push('gone');
    ws.on('dataEnd', gone);
    const done = new Promise<void>((resolve) => {
      ws.on('message', () => {
        ws.off('dataEnd', gone);
        ws.on('dataEnd', () => {
          calls.push('registered');
          resolve();
        });
      });
    });
    await ws.connect(peer.url);
    void ws.send('x');
    await done;
    assert.deepEqual(calls, ['registered']);
    await ws.close();
  });

  it('refuse an unknown event and a listener that is no function with 401, naming what they take', () => {
    const ws = webSocket.createWebSocket();
    const loose = ws as unknown as Record<'on' | 'off', (...args: unknown[]) => void>;
    for (const method of ['on', 'off'] as const) {
      for (const type of [
        '',
        'Open',
        'data',
        'toString',
        '__proto__',
        'constructor',
        undefined,
        null,
        1,
        Symbol('open'),
        {},
      ]) {
        assert.throws(() => loose[method](type, () => {}), {
          name: 'BusinessError',
          code: 401,
          message: /open, openInfo, message/,
        });
      }
      for (const listener of [null, 1, 'f', {}]) {
        assert.throws(() => loose[method]('open', listener), { code: 401, message: /function/ });
      }
    }
    assert.throws(() => loose.on('open'), { code: 401 });
  });
});
