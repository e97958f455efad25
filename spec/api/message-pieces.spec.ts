import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import {
  type BusinessError,
  type MessagePieces,
  messages,
  type StreamedMessagesOptions,
  webSocket,
} from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, frame, type Link, text } from '../peer/link.js';
import { correct, type Scope, startPeer } from '../peer/scripted.js';

const options = { proxy: 'no-proxy' } as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Reading {
  readonly ws: webSocket.WebSocket;
  readonly link: Link;
  readonly all: AsyncIterableIterator<MessagePieces>;
}

/** An open connection that is read in pieces; the server's end is in the spec's hand. */
async function reading(
  t: Scope,
  more: Omit<StreamedMessagesOptions, 'stream'> = {},
  deflate = false,
): Promise<Reading> {
  let accepted!: (link: Link) => void;
  const arrived = new Promise<Link>((resolve) => (accepted = resolve));
  const peer = await startPeer(t, async (link) => {
    await link.accept(deflate ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []);
    accepted(link);
  });
  const ws = webSocket.createWebSocket();
  const all = messages(ws, { ...more, stream: true });
  await ws.connect(peer.url, { ...options, perMessageDeflate: deflate, maxMessageSize: 1000 });
  const link = await arrived;
  t.after(async () => void link.socket.destroy());
  return { ws, link, all };
}

async function collect(message: MessagePieces): Promise<(string | Uint8Array)[]> {
  const all: (string | Uint8Array)[] = [];
  for await (const piece of message) all.push(piece);
  return all;
}

async function next(all: AsyncIterator<MessagePieces>): Promise<MessagePieces> {
  const { value, done } = await all.next();
  assert.equal(done, false);
  return value as MessagePieces;
}

/** Resolves when the reader that was left has dropped what had arrived: then another one may read. */
async function left(ws: webSocket.WebSocket): Promise<void> {
  for (;;) {
    try {
      return void (await messages(ws, { stream: true }).return!());
    } catch {
      await turn();
    }
  }
}

describe('messages in pieces', () => {
  it('gives the pieces of a message as they arrive, text between characters', async (t) => {
    const { link, all } = await reading(t);
    const bytes = Buffer.from('caf\u00e9');
    link.write(frame(Opcode.text, bytes.subarray(0, 4), { fin: false }));
    const message = await next(all);
    assert.equal(message.type, 'text');
    assert.deepEqual(await message.next(), { value: 'caf', done: false });
    link.write(frame(Opcode.ping, 'between'));
    assert.equal((await link.frameOf(Opcode.pong)).payload.toString(), 'between');
    link.write(Buffer.concat([frame(Opcode.continuation, bytes.subarray(4)), frame(Opcode.binary, Buffer.of(1, 2))]));
    assert.deepEqual(await collect(message), ['\u00e9']);
    const binary = await next(all);
    assert.equal(binary.type, 'binary');
    assert.deepEqual(await collect(binary), [Uint8Array.of(1, 2)]);
  });

  it('gives messages of any size, whatever maxMessageSize of connect says, and empty ones', async (t) => {
    const { link, all } = await reading(t);
    link.write(Buffer.concat([frame(Opcode.text, 'x'.repeat(100_000)), text(''), closeFrame(1000)]));
    assert.equal((await collect(await next(all))).join('').length, 100_000);
    assert.deepEqual(await collect(await next(all)), []);
    assert.deepEqual(await all.next(), { value: undefined, done: true });
  });

  it('has a bound of its own', async (t) => {
    const { link, all } = await reading(t, { maxMessageSize: 10 });
    link.write(Buffer.concat([text('1234567890'), text('12345678901')]));
    assert.deepEqual(await collect(await next(all)), ['1234567890']);
    assert.equal((await link.frameOf(Opcode.close)).payload.readUInt16BE(), 1009);
    link.end();
    await assert.rejects(all.next(), { code: 200, message: /at most 10 bytes \(maxMessageSize\)/ });
  });

  it('holds the server back while nobody reads', async (t) => {
    const { link, all } = await reading(t);
    const block = Buffer.alloc(65536);
    link.write(frame(Opcode.binary, block, { fin: false }));
    const message = await next(all);
    let sent = 1;
    for (let full = 0; full < 200; sent++) {
      link.write(frame(Opcode.continuation, block, { fin: false }));
      full = link.socket.writableLength > 1 << 20 ? full + 1 : 0;
      await turn();
    }
    link.write(frame(Opcode.continuation));
    let size = 0;
    for await (const piece of message) size += piece.length;
    assert.equal(size, sent * block.length);
  });

  it('skips a message that nobody begins to read, and the rest of one that was left', async (t) => {
    const { link, all } = await reading(t);
    link.write(
      Buffer.concat([
        text('skipped'),
        frame(Opcode.text, 'a', { fin: false }),
        frame(Opcode.continuation, 'b'),
        text('c'),
      ]),
    );
    await next(all);
    const first = await next(all);
    for await (const piece of first) {
      assert.equal(piece, 'a');
      break;
    }
    assert.deepEqual(await first.next(), { value: undefined, done: true });
    assert.deepEqual(await collect(await next(all)), ['c']);
  });

  it('leave the event loop its turns, however many have arrived', async (t) => {
    const { link, all } = await reading(t);
    const pieces = Array.from({ length: 20_000 }, (_, at) =>
      frame(at === 0 ? Opcode.text : Opcode.continuation, 'x', { fin: at === 19_999 }),
    );
    link.write(Buffer.concat([...pieces, frame(Opcode.ping, 'all of it')]));
    await link.frameOf(Opcode.pong);
    let turned = false;
    setImmediate(() => (turned = true));
    assert.equal((await collect(await next(all))).length, 20_000);
    assert.equal(turned, true);
  });

  it('leave the event loop its turns, however fast they arrive', async (t) => {
    const { link, all } = await reading(t);
    const size = 64 * 2 ** 20;
    link.write(Buffer.concat([frame(Opcode.binary, Buffer.alloc(size))]));
    let read = 0;
    let inTurn = 0;
    let most = 0;
    for await (const { length } of await next(all)) {
      // As long as work with a piece may take: a turn has time for three of these.
      for (const until = performance.now() + 4; performance.now() < until; );
      if (inTurn++ === 0) setImmediate(() => (inTurn = 0));
      most = Math.max(most, inTurn);
      if ((read += length) > size / 2) break;
    }
    assert.ok(most <= 4, `${most} pieces in one turn`);
  });

  it('throws when the connection ends in a message, in the message and then in the loop', async (t) => {
    const { link, all } = await reading(t);
    link.write(frame(Opcode.text, 'part', { fin: false }));
    const message = await next(all);
    assert.deepEqual(await message.next(), { value: 'part', done: false });
    link.reset();
    await assert.rejects(message.next(), { code: 200, message: /connection lost/ });
    await assert.rejects(all.next(), { code: 200 });
    assert.deepEqual(await all.next(), { value: undefined, done: true });
  });

  it('throws the error of a failed connect', async (t) => {
    const peer = await startPeer(t, (link) => link.reset());
    const ws = webSocket.createWebSocket();
    const all = messages(ws, { stream: true });
    const waiting = all.next().catch(({ code }: BusinessError) => code);
    await assert.rejects(ws.connect(peer.url, options), { code: 2302999 });
    assert.equal(await Promise.race([waiting, turn()]), 200);
    assert.deepEqual(await all.next(), { value: undefined, done: true });
  });

  it('ends for whoever waits for a message when it is left', async (t) => {
    const { all } = await reading(t);
    const waiting = all.next();
    await all.return!();
    assert.deepEqual(await Promise.race([waiting, turn()]), { value: undefined, done: true });
  });

  it('holds back no connection but its own', { timeout: 10_000 }, async (t) => {
    const { ws, link, all } = await reading(t, { highWaterMark: 1 });
    const closed = new Promise((resolve) => ws.on('close', resolve));
    link.end(Buffer.concat([text('one'), text('two'), text('three'), closeFrame(1000, '')]));
    await ws.close();
    await closed;
    assert.deepEqual(await collect(await next(all)), ['one']);
    const peer = await startPeer(t, correct);
    const message = new Promise((resolve) => ws.on('message', (_error, data) => resolve(data)));
    await ws.connect(peer.url, options);
    await ws.send('of the second');
    assert.equal(await message, 'of the second');
    await ws.close();
  });

  it('fails the connection for text that is not UTF-8', async (t) => {
    const { link, all } = await reading(t);
    link.write(frame(Opcode.text, Buffer.of(0x61, 0xff), { fin: false }));
    const message = await next(all);
    await assert.rejects(collect(message), { code: 200, message: /UTF-8/ });
    assert.equal((await link.frameOf(Opcode.close)).payload.readUInt16BE(), 1007);
    link.end();
  });

  it('leaves messages to the listeners again when the loop is left', async (t) => {
    const { ws, link, all } = await reading(t);
    const got: unknown[] = [];
    ws.on('message', (_error, message) => got.push(message));
    link.write(text('in pieces'));
    assert.deepEqual(await collect(await next(all)), ['in pieces']);
    assert.deepEqual(got, []);
    await all.return!();
    await left(ws);
    const message = new Promise<void>((resolve) => ws.on('dataEnd', () => resolve()));
    link.write(text('whole'));
    await message;
    assert.deepEqual(got, ['whole']);
  });

  it('is for one reader at a time, and for a WebSocket of this package', async (t) => {
    const { ws } = await reading(t);
    assert.throws(() => messages(ws, { stream: true }), { code: 401, message: /in pieces already/ });
    const double = { on() {}, off() {} };
    assert.throws(() => messages(double, { stream: true }), { code: 401, message: /of this package only/ });
    assert.throws(() => messages(ws, { stream: 1 as unknown as true }), {
      code: 401,
      message: /stream must be a boolean/,
    });
  });
});

/** Compressed messages that refer to each other. */
function compressed(...all: string[]): Buffer[] {
  let before = Buffer.alloc(0);
  return all.map((message) => {
    const data = zlib.deflateRawSync(message, {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      ...(before.length > 0 && { dictionary: before }),
    });
    before = Buffer.concat([before, Buffer.from(message)]).subarray(-32768);
    return data.subarray(0, -4);
  });
}

describe('compressed messages in pieces', () => {
  it('are decompressed as they are read, and the next ones may refer to them', async (t) => {
    const { ws, link, all } = await reading(t, {}, true);
    const words = 'one two three '.repeat(20_000);
    const [first, second, third] = compressed(words, `${words}again`, 'one two three four');
    const half = first!.length >> 1;
    link.write(
      Buffer.concat([
        frame(Opcode.text, first!.subarray(0, half), { rsv: 4, fin: false }),
        frame(Opcode.continuation, first!.subarray(half)),
        frame(Opcode.binary, second!, { rsv: 4 }),
      ]),
    );
    assert.equal((await collect(await next(all))).join(''), words);
    // Left in the middle: what comes behind it needs it all the same.
    for await (const piece of await next(all)) {
      assert.ok(piece instanceof Uint8Array);
      break;
    }
    await all.return!();
    const got = new Promise((resolve) => ws.on('message', (_error, message) => resolve(message)));
    await left(ws);
    link.write(frame(Opcode.text, third!, { rsv: 4 }));
    assert.equal(await got, 'one two three four');
  });

  it('fail the connection when they are broken, or decompress to too much', async (t) => {
    const broken = await reading(t, {}, true);
    broken.link.write(frame(Opcode.text, Buffer.of(0xff, 0xff, 0xff), { rsv: 4 }));
    await assert.rejects(collect(await next(broken.all)), { code: 2302999, message: /DEFLATE|deflate|compress/i });
    assert.equal((await broken.link.frameOf(Opcode.close)).payload.readUInt16BE(), 1007);
    const large = await reading(t, { maxMessageSize: 100_000 }, true);
    large.link.write(frame(Opcode.binary, compressed('x'.repeat(1_000_000))[0]!, { rsv: 4 }));
    await assert.rejects(collect(await next(large.all)), { code: 2302999, message: /at most 100000 bytes/ });
    assert.equal((await large.link.frameOf(Opcode.close)).payload.readUInt16BE(), 1009);
  });
});
