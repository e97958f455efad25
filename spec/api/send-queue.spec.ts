import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import type { MessageSource } from '../../lib/api/message-source.js';
import { type BusinessError, webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { frame, type Link } from '../peer/link.js';
import { type Scope, startPeer } from '../peer/scripted.js';

const options = { proxy: 'no-proxy' } as const;

interface Pair {
  readonly ws: webSocket.WebSocket & { send(data: MessageSource | string | Uint8Array): Promise<boolean> };
  readonly link: Link;
  readonly closed: Promise<webSocket.CloseResult>;
}

/** An open connection; the server's end is in the spec's hand. */
async function connected(t: Scope, more: webSocket.WebSocketClientOptions = {}): Promise<Pair> {
  let accepted!: (link: Link) => void;
  const arrived = new Promise<Link>((resolve) => (accepted = resolve));
  const peer = await startPeer(t, async (link) => {
    await link.accept();
    accepted(link);
  });
  const ws = webSocket.createWebSocket();
  const closed = new Promise<webSocket.CloseResult>((resolve) => ws.on('close', (_error, result) => resolve(result)));
  await ws.connect(peer.url, { ...options, ...more });
  const link = await arrived;
  t.after(async () => void link.socket.destroy());
  return { ws, link, closed };
}

/** Its next frames, as `opcode fin text`. */
async function frames(link: Link, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) {
    const next = await link.frame();
    all.push(next === undefined ? 'end' : `${next.opcode} ${next.fin} ${next.payload}`);
  }
  return all;
}

/** A source that gives a piece when it is told to. */
class Tap {
  readonly #waiting: { resolve(result: IteratorResult<string>): void; reject(error: Error): void }[] = [];
  readonly #asked: (() => void)[] = [];
  returned = false;

  readonly source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((resolve, reject) => {
          this.#waiting.push({ resolve, reject });
          this.#asked.shift()?.();
        }),
      return: async () => {
        this.returned = true;
        return { value: undefined, done: true };
      },
    }),
  };

  async #next(): Promise<{ resolve(result: IteratorResult<string>): void; reject(error: Error): void }> {
    if (this.#waiting.length === 0) await new Promise<void>((resolve) => this.#asked.push(resolve));
    return this.#waiting.shift()!;
  }

  async give(value: string): Promise<void> {
    (await this.#next()).resolve({ value, done: false });
  }

  async finish(): Promise<void> {
    (await this.#next()).resolve({ value: undefined, done: true });
  }

  async fail(error: Error): Promise<void> {
    (await this.#next()).reject(error);
  }
}

describe('a message in pieces', () => {
  it('is one fragmented message, and what is sent meanwhile comes behind it, in order', async (t) => {
    const { ws, link } = await connected(t);
    const tap = new Tap();
    // A slice of a Buffer is not a copy.
    const bytes = Buffer.of(65);
    const sent = [ws.send(tap.source), ws.send('second'), ws.send(bytes), ws.send(new Blob(['third']))];
    bytes[0] = 66; // captured at the call
    await tap.give('one ');
    assert.deepEqual(await frames(link, 1), ['1 false one ']);
    await tap.give('two');
    assert.deepEqual(await frames(link, 1), ['0 false two']);
    await tap.finish();
    assert.deepEqual(await frames(link, 4), ['0 true ', '1 true second', '2 true A', '2 true third']);
    assert.deepEqual(await Promise.all(sent), [true, true, true, true]);
    await ws.send('direct');
    assert.deepEqual(await frames(link, 1), ['1 true direct']);
  });

  it('lets control frames pass between its pieces', async (t) => {
    const { ws, link } = await connected(t);
    const tap = new Tap();
    const sent = ws.send(tap.source);
    await tap.give('begin');
    assert.deepEqual(await frames(link, 1), ['1 false begin']);
    link.write(frame(Opcode.ping, 'there?'));
    assert.deepEqual(await frames(link, 1), ['10 true there?']);
    await tap.finish();
    assert.deepEqual(await frames(link, 1), ['0 true ']);
    assert.equal(await sent, true);
  });

  it('has few frames however many small pieces it has: servers bound their number', async (t) => {
    const { ws, link } = await connected(t);
    const sent = ws.send(
      (async function* () {
        for (let index = 0; index < 20_000; index++) yield 'abcdefghi\n';
      })(),
    );
    let size = 0;
    let count = 0;
    for (let isLast = false; !isLast; count++) {
      const { fin, payload } = (await link.frame())!;
      size += payload.length;
      isLast = fin;
    }
    assert.equal(size, 200_000);
    assert.ok(count < 1000, `${count} frames`);
    assert.equal(await sent, true);
  });

  it('is empty when the source has nothing, and calls back when a callback was given', async (t) => {
    const { ws, link } = await connected(t);
    const results: unknown[] = [];
    await new Promise<void>((resolve) => {
      const source = (async function* (): AsyncGenerator<string> {})();
      const { send } = ws as unknown as { send(data: MessageSource, callback: (...args: unknown[]) => void): void };
      send.call(ws, source, (...args) => resolve(void results.push(...args)));
    });
    assert.deepEqual(results, [undefined, true]);
    assert.deepEqual(await frames(link, 1), ['2 true ']);
  });

  it('whose source throws first is not sent, and the connection stays open', async (t) => {
    const { ws, link } = await connected(t);
    const cause = new Error('no such row');
    const source = new Readable({ read: () => {} });
    source.destroy(cause);
    await assert.rejects(ws.send(source), { code: 2302999, cause, message: /its source failed \(no such row\)/ });
    await ws.send('still open');
    assert.deepEqual(await frames(link, 1), ['1 true still open']);
  });

  it('whose source throws later closes the connection with 1011: nobody takes it for whole', async (t) => {
    const { ws, link, closed } = await connected(t);
    const tap = new Tap();
    const sent = ws.send(tap.source);
    const behind = ws.send('behind');
    await tap.give('part');
    await tap.fail(new Error('disk'));
    await assert.rejects(sent, { code: 2302999, message: /could not be completed: its source failed \(disk\)/ });
    await assert.rejects(behind, { code: 2302999 });
    assert.deepEqual(await frames(link, 2), ['1 false part', '8 true \u0003\ufffdthe message could not be completed']);
    link.end(frame(Opcode.close, Buffer.of(3, 0xf3)));
    assert.equal((await closed).code, 1011);
  });

  it('whose source cannot be read at all fails as one that throws does', async (t) => {
    const { ws, link } = await connected(t);
    const cause = new Error('the file has changed');
    const small = { size: 1, stream: () => [], arrayBuffer: () => Promise.reject(cause) };
    await assert.rejects(ws.send(small), { code: 2302999, message: /source failed \(the file has changed\)/, cause });
    const locked = new ReadableStream();
    locked.getReader();
    await assert.rejects(ws.send({ getReader: () => locked.getReader() }), { code: 2302999, message: /source failed/ });
    await ws.send('still open');
    assert.deepEqual(await frames(link, 1), ['1 true still open']);
  });

  it('with a piece that is none ends in the same way, and its source is let go', async (t) => {
    const { ws, link } = await connected(t);
    const tap = new Tap();
    const sent = ws.send(tap.source);
    await tap.give('part');
    await tap.give(7 as unknown as string);
    await assert.rejects(sent, { code: 401, message: /must be a string, an ArrayBuffer or a view, got number/ });
    assert.equal(tap.returned, true);
    assert.equal((await link.frameOf(Opcode.close)).payload.readUInt16BE(), 1011);
    link.end(frame(Opcode.close, Buffer.of(3, 0xf3)));
  });

  it('fails when the connection is lost, however long its source would have waited', async (t) => {
    const { ws, link, closed } = await connected(t);
    const tap = new Tap();
    const sent = ws.send(tap.source);
    const behind = ws.send(new Tap().source);
    await tap.give('part');
    await link.frame();
    link.reset();
    const lost: Partial<BusinessError> = {
      code: 2302999,
      message: 'Websocket other unknown error. The connection ended before the message was complete.',
    };
    await assert.rejects(sent, lost);
    await assert.rejects(behind, lost);
    assert.equal((await closed).code, 1006);
    assert.equal(tap.returned, true);
  });

  it('leaves the event loop its turns, also when its source has nothing but empty pieces', async (t) => {
    const { ws } = await connected(t);
    let turned = false;
    setImmediate(() => (turned = true));
    const giveUp = performance.now() + 5000;
    let inTime = false;
    await ws.send(
      (async function* () {
        while (!turned && performance.now() < giveUp) yield '';
        inTime = turned;
      })(),
    );
    assert.equal(inTime, true);
  });

  it('is completed before close, and nothing is taken any more', async (t) => {
    const { ws, link } = await connected(t);
    const tap = new Tap();
    const sent = ws.send(tap.source);
    await tap.give('part');
    const closing = ws.close({ code: 4000, reason: 'done' });
    await assert.rejects(ws.send('late'), { code: 2302999, message: /not open/ });
    await tap.finish();
    assert.equal(await sent, true);
    assert.deepEqual(await frames(link, 3), ['1 false part', '0 true ', '8 true \u000f\ufffddone']);
    link.end(frame(Opcode.close, Buffer.of(0x0f, 0xa0)));
    assert.equal(await closing, true);
  });

  it('is cut off by close when it takes longer than closeTimeout', async (t) => {
    const { ws, link } = await connected(t, { closeTimeout: 20 });
    const tap = new Tap();
    const sent = ws.send(tap.source);
    await tap.give('part');
    const closing = ws.close({ code: 4000, reason: 'done' });
    await assert.rejects(sent, { code: 2302999, message: /closed before the message was complete \(closeTimeout\)/ });
    assert.deepEqual(await frames(link, 2), ['1 false part', '8 true \u000f\ufffddone']);
    link.end(frame(Opcode.close, Buffer.of(0x0f, 0xa0)));
    assert.equal(await closing, true);
  });

  it('is read only as fast as the server takes it', async (t) => {
    const { ws, link } = await connected(t);
    link.socket.pause();
    let produced = 0;
    const piece = Buffer.alloc(65536);
    const source = (async function* (): AsyncGenerator<Uint8Array> {
      for (; produced < 1000; produced++) yield piece;
    })();
    const sent = ws.send(source);
    // The kernel's buffers are full when nothing moves for a while: turns of the loop, not time.
    for (let before = -1; before !== produced; ) {
      before = produced;
      for (let turn = 0; turn < 2000; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(produced < 900, `it was asked for ${produced} pieces that nobody took`);
    link.socket.resume();
    link.socket.on('data', () => {});
    assert.equal(await sent, true);
    assert.equal(produced, 1000);
  });

  it('is refused when the connection is not open', async () => {
    const ws = webSocket.createWebSocket();
    await assert.rejects(ws.send(new Blob(['x'])), { code: 2302999, message: /not open/ });
  });
});
