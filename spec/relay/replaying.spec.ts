import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { webSocket } from '../../lib/index.js';
import { replayClient, startReplayServer } from '../../lib/relay/relay.js';
import { openTrace, startTrace } from '../../lib/trace/start-trace.js';
import { parseTranscript, readTranscript, type Transcript } from '../../lib/trace/transcript-reader.js';
import { closeFrame, frame, text } from '../peer/frames.js';
import { startPeer } from '../peer/scripted.js';
import { RawClient, relayTo, requestHead } from './relayed.js';

async function fileFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-replay-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'a.jsonl');
}

/** A conversation with an echo server, recorded by the client or by a relay. */
async function recorded(t: TestContext, by: 'client' | 'relay', compress: boolean): Promise<Transcript> {
  const echo = await startEchoServer({ perMessageDeflate: compress });
  t.after(() => echo.close());
  const file = await fileFor(t);
  let end = (): void => {};
  let { url } = echo;
  let over = async (): Promise<void> => {};
  if (by === 'client') end = startTrace({ file });
  else {
    const trace = openTrace({ file });
    end = trace.close;
    const peer = await relayTo(t, url, {}, trace.write);
    ({ url } = peer.relay);
    over = () => peer.over();
  }
  const ws = webSocket.createWebSocket();
  let count = 0;
  const all = new Promise<void>((resolve) => {
    ws.on('message', () => {
      count++;
      if (count === 2) resolve();
    });
  });
  const closed = new Promise<void>((resolve) => ws.on('close', () => resolve()));
  await ws.connect(`${url}?token=abcdefghijkl`, {
    perMessageDeflate: compress && { threshold: 0 },
    protocol: 'chat',
    proxy: 'no-proxy',
  });
  await ws.send('hello '.repeat(40));
  await ws.send(new Uint8Array([1, 2, 3]).buffer);
  await all;
  await ws.close({ code: 1000, reason: 'bye' });
  await closed;
  await over();
  end();
  return readTranscript(file);
}

describe("a server's part", () => {
  for (const by of ['client', 'relay'] as const) {
    for (const compress of [true, false]) {
      it(`is played to whoever connects: recorded by a ${by}, ${compress ? 'compressed' : 'plain'}`, async (t) => {
        const transcript = await recorded(t, by, compress);
        const relay = await startReplayServer(transcript, { atOnce: true });
        t.after(() => relay.stop());
        for (const offer of [true, false]) {
          const ws = webSocket.createWebSocket();
          const got: unknown[] = [];
          ws.on('message', (_error, data) => got.push(typeof data === 'string' ? data : [...new Uint8Array(data)]));
          const closed = new Promise<unknown>((resolve) => ws.on('close', (_error, result) => resolve(result)));
          await ws.connect(relay.url, { perMessageDeflate: offer, proxy: 'no-proxy' });
          assert.equal(((await closed) as { code: number }).code, 1000);
          assert.deepEqual(got, ['hello '.repeat(40), [1, 2, 3]]);
        }
      });
    }
  }

  it('comes with its times, its broken rules and its end', async (t) => {
    const server = await startPeer(t, async (link) => {
      await link.accept(['X-Odd: yes']);
      link.write(text('one'));
      await new Promise((wait) => setTimeout(wait, 80));
      link.write(frame(0x1, 'two', { masked: true }));
      await link.frame();
      link.reset();
    });
    const file = await fileFor(t);
    const trace = openTrace({ file });
    const peer = await relayTo(t, server.url, {}, trace.write);
    const client = new RawClient(peer.relay.port);
    await client.open();
    await client.until((bytes) => bytes.includes('two'));
    client.socket.write(frame(0x1, 'x', { masked: true }));
    await client.closed();
    await peer.over();
    trace.close();

    const replayed = await startReplayServer(readTranscript(file));
    t.after(() => replayed.stop());
    const again = new RawClient(replayed.port);
    const start = performance.now();
    await again.open();
    await again.until((bytes) => bytes.includes('two'));
    assert.ok(performance.now() - start >= 75, `${performance.now() - start}`);
    await again.closed();
    assert.equal(again.error, 'ECONNRESET');
    assert.deepEqual(again.received, client.received);
  });

  it('is the same for each client, whatever was done to the one before', async (t) => {
    const transcript = await recorded(t, 'client', false);
    const rules = (connection: number) => (connection === 1 ? { corrupt: true } : {});
    const relay = await startReplayServer(transcript, { atOnce: true, rules });
    t.after(() => relay.stop());
    const got: Buffer[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const client = new RawClient(relay.port);
      client.socket.write(requestHead());
      got.push(await client.rest());
      client.socket.destroy();
    }
    assert.notDeepEqual(got[0], got[1]);
    assert.deepEqual(got[1], got[2]);
    assert.ok(got[1]!.includes('hello hello'));
  });

  it('needs a connection in the transcript', async (t) => {
    const file = await fileFor(t);
    openTrace({ file }).close();
    await assert.rejects(startReplayServer(readTranscript(file)), /there is no connection with a request/);
    assert.throws(() => parseTranscript('{}'), /line 1/);
  });
});

describe("a client's part", () => {
  for (const by of ['client', 'relay'] as const) {
    it(`is played to a server, key for key: recorded by a ${by}`, async (t) => {
      const transcript = await recorded(t, by, true);
      const key = transcript.entries.flatMap(({ event }) =>
        event.type === 'request'
          ? event.fields.filter(([name]) => name === 'Sec-WebSocket-Key').map(([, value]) => value)
          : [],
      );
      const keys = transcript.entries.flatMap(({ event }) =>
        event.type === 'frame' && event.direction === 'sent' ? [event.maskingKey] : [],
      );
      let seen: { key: string[]; keys: number[]; lengths: number[] } | undefined;
      const server = await startPeer(t, async (link) => {
        const request = await link.accept();
        const frames = [await link.frame(), await link.frame(), await link.frame()];
        seen = {
          key: request.values('sec-websocket-key'),
          keys: frames.map((one) => one!.key),
          lengths: frames.map((one) => one!.payload.length),
        };
        link.end(closeFrame(1000));
      });
      const events: string[] = [];
      await replayClient(transcript, server.url, {
        atOnce: true,
        connect: { proxy: 'no-proxy' },
        onEvent: (event) => events.push(event.type),
      });
      assert.deepEqual([seen!.key, seen!.keys], [key, keys]);
      assert.equal(seen!.lengths[1], 3);
      assert.equal(events.at(-1), 'close');
    });
  }

  it('has messages that were sent in pieces, compressed or not', async (t) => {
    for (const compress of [false, true]) {
      const echo = await startEchoServer({ perMessageDeflate: compress });
      t.after(() => echo.close());
      const file = await fileFor(t);
      const end = startTrace({ file });
      const ws = webSocket.createWebSocket();
      const closed = new Promise<void>((resolve) => ws.on('close', () => resolve()));
      await ws.connect(echo.url, { perMessageDeflate: compress, proxy: 'no-proxy' });
      await ws.send(
        (async function* () {
          yield 'hello ';
          yield 'in pieces';
        })() as never,
      );
      await ws.send('whole');
      await ws.close();
      await closed;
      end();
      const again = await startEchoServer({ perMessageDeflate: true });
      t.after(() => again.close());
      const got: unknown[] = [];
      await replayClient(readTranscript(file), again.url, {
        atOnce: true,
        connect: { proxy: 'no-proxy' },
        onEvent: (event) => event.type === 'message' && event.direction === 'received' && got.push(event.data),
      });
      assert.deepEqual(got, ['hello in pieces', 'whole']);
    }
  });

  it('ends when the server refuses', async (t) => {
    const transcript = await recorded(t, 'client', false);
    const server = await startPeer(t, async (link) => {
      await link.request();
      link.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    });
    const opened: boolean[] = [];
    await replayClient(transcript, server.url, {
      connect: { proxy: 'no-proxy' },
      onEvent: (event) => event.type === 'close' && opened.push(event.opened),
    });
    assert.deepEqual(opened, [false]);
  });

  it('of a relay has the bytes that were sent, valid or not', async (t) => {
    const server = await startPeer(t, async (link) => {
      await link.accept();
      await link.ended();
    });
    const file = await fileFor(t);
    const trace = openTrace({ file });
    const peer = await relayTo(t, server.url, {}, trace.write);
    const client = new RawClient(peer.relay.port);
    client.socket.write(requestHead());
    await client.until((bytes) => bytes.includes('\r\n\r\n'));
    const sent = Buffer.concat([text('unmasked'), Buffer.of(0xff, 0xff, 1, 2, 3)]);
    client.socket.end(sent);
    await client.rest();
    await peer.over();
    trace.close();

    let got = Buffer.alloc(0);
    const collector = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
      await link.ended();
    });
    await replayClient(readTranscript(file), collector.url, { atOnce: true, connect: { proxy: 'no-proxy' } });
    assert.deepEqual(got, sent);
  });
});
