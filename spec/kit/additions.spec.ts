/** What the package adds to the documented API works on its own WebSocket and on the platform's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { messages, toEmitter } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, text } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';
import { makers } from './both.js';

const direct = { proxy: 'no-proxy' } as const;

for (const [name, make] of Object.entries(makers)) {
  describe(`on the WebSocket of the ${name}`, () => {
    /** A server that says these texts, and then Close. */
    const saying = (t: TestContext, ...texts: string[]) =>
      startPeer(t, async (link) => {
        await link.accept();
        for (const one of texts) link.write(text(one));
        link.end(closeFrame(1000, 'that is all'));
      });

    it('messages gives each, and takes no listener from the program', async (t) => {
      const { url } = await saying(t, 'one', 'two', 'three');
      const ws = make();
      const heard: unknown[] = [];
      ws.on('message', (_error, message) => heard.push(message));
      const all = messages(ws);
      let closed = 0;
      ws.on('close', () => closed++);
      ws.connect(url, direct, () => {});
      const got: unknown[] = [];
      for await (const message of all) got.push(message);
      assert.deepEqual(got, ['one', 'two', 'three']);
      assert.deepEqual(heard, got);
      assert.equal(closed, 1);
    });

    it('messages throws the error of a connection that is lost', async (t) => {
      const { url } = await startPeer(t, async (link) => {
        await link.accept();
        link.write(text('one'));
        await link.frame();
        link.reset();
      });
      const ws = make();
      const all = messages(ws);
      ws.connect(url, direct, () => {});
      assert.equal((await all.next()).value, 'one');
      void ws.send('come on');
      await assert.rejects(all.next(), { code: 200 });
      assert.equal((await all.next()).done, true);
    });

    it('messages holds the server back when its reader is slow', async (t) => {
      const size = 65536;
      let written = 0;
      const { url } = await startPeer(t, async (link) => {
        await link.accept();
        const message = text('x'.repeat(size));
        const write = (): void => {
          while (link.socket.writable && link.socket.write(message)) written++;
        };
        link.socket.on('drain', write);
        write();
        await link.frameOf(Opcode.close);
        link.socket.destroy();
      });
      const ws = make();
      const reader = messages(ws, { highWaterMark: 2 });
      let arrived = 0;
      ws.on('message', () => arrived++);
      ws.connect(url, { ...direct, closeTimeout: 1 }, () => {});
      await reader.next();
      // It stands still when nothing arrives any more, however long the server goes on.
      for (let before = -1; before !== arrived; ) {
        before = arrived;
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(arrived < 32, `${arrived} of ${written} messages arrived`);
      await reader.return?.();
      await ws[Symbol.asyncDispose]();
    });

    it('toEmitter emits every event, and takes no listener from the program', async (t) => {
      const { url } = await saying(t, 'hello');
      const ws = make();
      let opened = 0;
      const emitter = toEmitter(ws);
      ws.on('open', () => opened++);
      const events = (['headerReceive', 'open', 'openInfo', 'message', 'dataEnd', 'close'] as const).map((event) =>
        once(emitter, event),
      );
      ws.connect(url, direct, () => {});
      const [, open, , message, end, close] = await Promise.all(events);
      assert.deepEqual(open, [{ status: 101, message: 'Switching Protocols' }]);
      assert.deepEqual([message, end, close], [['hello'], [], [{ code: 1000, reason: 'that is all' }]]);
      assert.equal(opened, 1);
    });

    it('once rejects with the error of an attempt that fails', async (t) => {
      const { url } = await startPeer(t, (link) => link.reset());
      const ws = make();
      const opened = once(toEmitter(ws), 'open');
      ws.connect(url, direct, () => {});
      await assert.rejects(opened, { code: 200 });
    });

    it('Symbol.asyncDispose closes, gives up an attempt, and does nothing where there is neither', async (t) => {
      const { url } = await startPeer(t, async (link) => {
        await link.accept();
        await link.serve();
      });
      const ws = make();
      await ws[Symbol.asyncDispose]();
      const ends: unknown[] = [];
      ws.on('close', (_error, { code }) => ends.push(code));
      ws.on('error', ({ code }) => ends.push(code));
      const open = new Promise<void>((resolve) => ws.on('open', () => resolve()));
      ws.connect(url, direct, () => {});
      await open;
      await ws[Symbol.asyncDispose]();
      assert.deepEqual(ends, [1000]);

      const silent = await startPeer(t, () => {});
      ws.connect(silent.url, direct, () => {});
      await ws[Symbol.asyncDispose]();
      assert.deepEqual(ends, name === 'package' ? [1000, 200, 1006] : [1000, 200]);
    });
  });
}

describe('await using a WebSocket of the platform', () => {
  it('may leave before the attempt has begun: nothing rejects, nothing is heard', async (t) => {
    const silent = await startPeer(t, () => {});
    const ws = makers.platform();
    ws.on('error', () => assert.fail('there was no attempt'));
    // A file to be read: the attempt begins some turns later.
    void ws.connect(silent.url.replace('ws:', 'wss:'), { ...direct, caPath: import.meta.filename });
    void ws.send('never');
    await ws[Symbol.asyncDispose]();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(silent.accepted, 0);
  });
});
