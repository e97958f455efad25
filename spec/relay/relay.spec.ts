import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import process from 'node:process';
import { describe, it, type TestContext } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { webSocket } from '../../lib/index.js';
import { startRelay } from '../../lib/relay/relay.js';
import { Random } from '../fuzz/random.js';
import { certificates } from '../peer/certificates.js';
import { startConnectProxy } from '../peer/connect-proxy.js';
import { closeFrame, frame, text } from '../peer/frames.js';
import { listenOn } from '../peer/listening.js';
import { correct, type Script, startPeer } from '../peer/scripted.js';
import { RawClient, type Relayed, relayTo, requestHead } from './relayed.js';

/** What a server got behind the request, in all. */
async function startCollector(
  t: TestContext,
  answer: readonly Uint8Array[],
): Promise<{ url: string; received: Promise<Buffer>; request: Promise<Buffer> }> {
  let gotRequest!: (bytes: Buffer) => void;
  let gotAll!: (bytes: Buffer) => void;
  const request = new Promise<Buffer>((resolve) => (gotRequest = resolve));
  const received = new Promise<Buffer>((resolve) => (gotAll = resolve));
  const { createServer: createTcp } = await import('node:net');
  const server = createTcp({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let bytes = Buffer.alloc(0);
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (size > 0 || !bytes.includes('\r\n\r\n')) return;
      size = bytes.indexOf('\r\n\r\n') + 4;
      gotRequest(bytes.subarray(0, size));
      for (const piece of answer) socket.write(piece);
      socket.end();
    });
    socket.on('end', () => gotAll(bytes.subarray(size)));
  });
  const { port } = await listenOn(t, server);
  return { url: `ws://127.0.0.1:${port}/`, received, request };
}

/** Frames and nonsense, in pieces of any size. */
function anyPieces(random: Random, masked: boolean): Buffer[] {
  const pieces: Buffer[] = [];
  for (let count = random.below(30); count > 0; count--) {
    const payload = random.bytes(random.size());
    const parts = {
      fin: !random.once(4),
      rsv: random.once(9) ? random.below(8) : 0,
      masked: masked !== random.once(12),
    };
    pieces.push(
      random.once(8)
        ? payload
        : frame(random.once(6) ? random.below(16) : random.pick([0, 1, 2, 8, 9, 10]), payload, parts),
    );
  }
  const all = Buffer.concat(pieces);
  const cut: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    const size = 1 + random.below(random.pick([3, 50, 5000]));
    cut.push(all.subarray(at, at + size));
    at += size;
  }
  return cut;
}

const acceptance = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  '',
  '',
].join('\r\n');

describe('what arrives through a relay is what was sent', () => {
  for (let seed = 1; seed <= 20; seed++) {
    it(`both ways, valid or not: seed ${seed}`, async (t) => {
      const random = new Random(seed);
      const fromServer = anyPieces(random, false);
      const fromClient = anyPieces(random, true);
      const server = await startCollector(t, [Buffer.from(acceptance), ...fromServer]);
      const { relay } = await relayTo(t, server.url);
      const client = new RawClient(relay.port);
      client.socket.write(requestHead());
      // Some of it may be in front of the response.
      if (random.once(2)) await client.until((bytes) => bytes.includes('\r\n\r\n')).catch(() => {});
      for (const piece of fromClient) client.socket.write(piece);
      client.socket.end();
      assert.deepEqual(await server.received, Buffer.concat(fromClient));
      assert.deepEqual(await client.rest(), Buffer.concat([Buffer.from(acceptance), ...fromServer]));
    });
  }

  it('the request as well, but for Host and for the target when it is "/"', async (t) => {
    const server = await startCollector(t, [Buffer.from(acceptance)]);
    const { relay } = await relayTo(t, `${server.url}chat?x=1`);
    const client = new RawClient(relay.port);
    await client.open(['x-ODD:  a\tb ', 'Origin: http://page.example']);
    const expected = requestHead(['x-ODD:  a\tb ', 'Origin: http://page.example'], 'GET /chat?x=1 HTTP/1.1');
    assert.equal((await server.request).toString(), expected.replace('relay.example', new URL(server.url).host));
    client.socket.destroy();
  });

  it('a request that cannot be read, and a response', async (t) => {
    const server = await startPeer(t, async (link) => {
      const bytes = await new Promise<Buffer>((resolve) => link.socket.once('data', resolve));
      link.end(`SSH-2.0-odd ${bytes.toString()}`);
    });
    const peer = await relayTo(t, server.url);
    const client = new RawClient(peer.relay.port);
    client.socket.end('\0hello\r\n');
    assert.equal((await client.rest()).toString(), 'SSH-2.0-odd \0hello\r\n');
    await peer.over();
    assert.deepEqual(peer.rules, ['sent http-head-complete']);
  });

  it('plain HTTP, with bodies', async (t) => {
    const http = createServer((request, response) => {
      request
        .resume()
        .on('end', () =>
          response.end(`${request.method} ${request.url} ${request.headers.host} ${request.headers.connection}`),
        );
    });
    const { port } = await listenOn(t, http);
    const peer = await relayTo(t, `ws://127.0.0.1:${port}/`);
    const { relay, rules } = peer;
    const answer = await fetch(`http://127.0.0.1:${relay.port}/page`, { method: 'POST', body: 'x'.repeat(200_000) });
    assert.equal(await answer.text(), `POST /page 127.0.0.1:${port} close`);
    assert.deepEqual(rules, []);
    await peer.over();
    assert.deepEqual([peer.of('response')[0]?.status, peer.of('close')[0]!.failure], [200, undefined]);
  });

  it('a refusal, with its status, its fields and its body', async (t) => {
    const refusal = 'HTTP/1.1 403 Forbidden\r\nX-Why: because\r\nContent-Length: 3\r\n\r\nno!';
    const server = await startPeer(t, async (link) => {
      await link.request();
      link.end(refusal);
    });
    const peer = await relayTo(t, server.url);
    const client = new RawClient(peer.relay.port);
    await client.open();
    assert.equal((await client.rest()).toString(), refusal);
    client.socket.end();
    await peer.over();
    const [close] = peer.of('close');
    assert.deepEqual(
      [close!.opened, close!.failure],
      [false, { message: 'the server answered 403', status: 403, body: 'no!' }],
    );
  });

  it('the end of one side while the other goes on', async (t) => {
    const server = await startPeer(t, async (link) => {
      await link.accept();
      await link.ended();
      link.write(text('late'));
      link.end(closeFrame(1000));
    });
    const { relay } = await relayTo(t, server.url);
    const client = new RawClient(relay.port);
    await client.open();
    client.socket.end();
    const all = await client.rest();
    assert.deepEqual(all.subarray(all.indexOf('\r\n\r\n') + 4), Buffer.concat([text('late'), closeFrame(1000)]));
  });

  it('a reset, in both directions', async (t) => {
    const server = await startPeer(t, async (link) => {
      await link.accept();
      await link.frame();
      link.reset();
    });
    const first = await relayTo(t, server.url);
    const client = new RawClient(first.relay.port);
    await client.open();
    client.socket.write(frame(0x1, 'go', { masked: true }));
    await client.closed();
    assert.equal(client.error, 'ECONNRESET');
    await first.over();
    assert.match(first.of('close')[0]!.failure!.message, /^the server's connection was lost \(ECONNRESET\)$/);

    let lost: string | undefined;
    let isGone!: () => void;
    const gone = new Promise<void>((resolve) => (isGone = resolve));
    const other = await startPeer(t, async (link) => {
      link.socket.on('error', (error: NodeJS.ErrnoException) => (lost = error.code));
      link.socket.on('close', isGone);
      await link.accept();
      await link.ended();
    });
    const second = await relayTo(t, other.url);
    const leaving = new RawClient(second.relay.port);
    await leaving.open();
    leaving.socket.resetAndDestroy();
    await gone;
    assert.equal(lost, 'ECONNRESET');
  });

  it('a server that cannot be reached is a 502 with a sentence', async (t) => {
    const peer = await relayTo(t, 'ws://127.0.0.1:9/');
    const client = new RawClient(peer.relay.port);
    await client.open();
    const answer = (await client.rest()).toString();
    assert.match(
      answer,
      /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*could not connect to the server 127\.0\.0\.1:9: connection refused/,
    );
    client.socket.end();
    await peer.over();
    assert.equal(peer.of('request').length, 1);
  });
});

describe('a relay reads both sides', () => {
  it('frames, messages and the closing handshake of a compressed conversation', async (t) => {
    const echo = await startEchoServer({ perMessageDeflate: true });
    t.after(() => echo.close());
    const peer = await relayTo(t, echo.url);
    const ws = webSocket.createWebSocket();
    const got = new Promise<unknown>((resolve) => ws.on('message', (_error, data) => resolve(data)));
    await ws.connect(peer.relay.url, { perMessageDeflate: { threshold: 0 } });
    await ws.send('hello '.repeat(100));
    assert.equal(await got, 'hello '.repeat(100));
    await ws.close();
    await peer.over();
    assert.deepEqual(peer.rules, []);
    assert.deepEqual(
      peer.of('message').map(({ direction, data }) => [direction, data]),
      [
        ['sent', 'hello '.repeat(100)],
        ['received', 'hello '.repeat(100)],
      ],
    );
    assert.deepEqual(
      peer.of('frame').map(({ direction, opcode, masked, rsv }) => [direction, opcode, masked, rsv]),
      [
        ['sent', 1, true, 4],
        ['received', 1, false, 0],
        ['sent', 8, true, 0],
        ['received', 8, false, 0],
      ],
    );
    const [close] = peer.of('close');
    assert.deepEqual([close!.code, close!.opened, close!.failure], [1000, true, undefined]);
  });

  it('how a connection closed, for those who want to know nothing else', async (t) => {
    const server = await startPeer(t, correct);
    const peer = await relayTo(t, server.url, { channels: ['close'] });
    const client = new RawClient(peer.relay.port);
    await client.open();
    client.socket.write(frame(0x8, Buffer.from('\x0f\xa1bye', 'latin1'), { masked: true }));
    await client.rest();
    client.socket.end();
    await peer.over();
    const [close] = peer.of('close');
    assert.deepEqual([close!.code, close!.reason, close!.failure], [4001, 'bye', undefined]);
  });

  it('a server whose client sends much before the response', async (t) => {
    const server = await startPeer(t, async (link) => {
      while (link.socket.bytesRead < 120_000) await new Promise((turn) => setImmediate(turn));
      await link.accept();
      link.end(Buffer.concat([text('hello'), closeFrame(1000)]));
    });
    const peer = await relayTo(t, server.url);
    const client = new RawClient(peer.relay.port);
    client.socket.end(Buffer.concat([Buffer.from(requestHead()), frame(0x2, Buffer.alloc(120_000), { masked: true })]));
    await client.rest();
    await peer.over();
    assert.deepEqual(
      peer.of('frame').map(({ direction, opcode }) => [direction, opcode]),
      [
        ['received', 1],
        ['received', 8],
      ],
    );
    assert.ok(peer.of('relay').some(({ message }) => message.startsWith('client: its frames are not read: ')));
    assert.deepEqual(peer.rules, []);
  });

  it('the rules that either breaks, and passes it on all the same', async (t) => {
    const fromServer = Buffer.concat([frame(0x1, 'x', { masked: true }), frame(0x2, '', { rsv: 1 }), closeFrame(1006)]);
    const server = await startPeer(t, async (link) => {
      await link.request();
      link.write(acceptance.replace('s3pP', 'XXXX'));
      link.end(fromServer);
    });
    const peer = await relayTo(t, server.url);
    const client = new RawClient(peer.relay.port);
    client.socket.write(requestHead().replace('Version: 13', 'Version: 12'));
    const received = await client.rest();
    assert.deepEqual(received.subarray(received.indexOf('\r\n\r\n') + 4), fromServer);
    client.socket.end(Buffer.concat([text('bare'), frame(0x0, 'stray', { masked: true })]));
    await peer.over();
    assert.deepEqual(peer.rules, [
      'sent request-version',
      'received handshake-accept',
      'received frame-masked',
      'received frame-rsv',
      'received close-code',
      'sent frame-unmasked',
      'sent message-continuation',
    ]);
  });

  it('a response that is cut off, or breaks a rule in a later piece, has all its bytes shown', async (t) => {
    for (const [rest, rule] of [
      ['', 'http-head-complete'],
      ['gr ade: websocket\r\n\r\n', 'http-field-name'],
    ] as const) {
      let go!: () => void;
      const server = await startPeer(t, async (link) => {
        await link.request();
        const seen = new Promise<void>((resolve) => (go = resolve));
        link.write('HTTP/1.1 101 OK\r\nUp');
        await seen;
        link.end(rest);
      });
      for (const strict of [false, true]) {
        const peer = await relayTo(t, server.url, { strict });
        const client = new RawClient(peer.relay.port);
        client.socket.write(requestHead());
        await client.until((bytes) => bytes.length >= 19);
        go();
        const passed = (await client.rest()).toString();
        assert.equal(passed, `HTTP/1.1 101 OK\r\nUp${strict ? '' : rest}`);
        client.socket.end();
        await peer.over();
        assert.deepEqual(peer.rules, [`received ${rule}`]);
        const bytes = peer.of('bytes').flatMap((event) => (event.direction === 'received' ? [event.bytes] : []));
        assert.equal(Buffer.concat(bytes).toString(), `HTTP/1.1 101 OK\r\nUp${rest}`);
      }
    }
  });

  it('being strict, it ends the connection at the first of them', async (t) => {
    const server = await startPeer(t, async (link) => {
      await link.accept();
      link.write(Buffer.concat([text('good'), frame(0x1, 'bad', { masked: true }), text('after')]));
      const answer = await link.frameOf(0x8);
      assert.equal(answer.payload.readUInt16BE(), 1002);
      assert.ok(answer.masked);
    });
    const peer = await relayTo(t, server.url, { strict: true });
    const client = new RawClient(peer.relay.port);
    await client.open();
    const received = await client.rest();
    assert.deepEqual(
      received.subarray(received.indexOf('\r\n\r\n') + 4),
      Buffer.concat([text('good'), closeFrame(1002)]),
    );
    client.socket.end();
    await peer.over();
    assert.match(peer.of('close')[0]!.failure!.message, /^the server broke the rule frame-masked/);
  });

  it('being strict, it answers a handshake that breaks a rule itself', async (t) => {
    const server = await startPeer(t, async (link) => {
      await link.request().catch(() => {});
      link.end(acceptance.replace('s3pP', 'XXXX'));
    });
    const peer = await relayTo(t, server.url, { strict: true, rules: { cutAfter: { seconds: 1000 } } });
    const { relay } = peer;
    const first = new RawClient(relay.port);
    first.socket.write(requestHead().replace('Version: 13', 'Version: 12'));
    assert.match((await first.rest()).toString(), /^HTTP\/1\.1 400 [^]*request-version/);
    const second = new RawClient(relay.port);
    second.socket.write(requestHead());
    assert.match((await second.rest()).toString(), /^HTTP\/1\.1 502 [^]*handshake-accept/);
    for (const client of [first, second]) client.socket.end();
    await peer.over(2);
    assert.deepEqual(peer.of('open'), []);
    assert.deepEqual(
      peer.of('close').map(({ opened }) => opened),
      [false, false],
    );
  });

  it('what it says as bytes is all that passed behind the heads', async (t) => {
    const server = await startPeer(t, correct);
    const peer = await relayTo(t, server.url);
    const client = new RawClient(peer.relay.port);
    await client.open();
    const sent = Buffer.concat([frame(0x1, 'x'.repeat(300), { masked: true }), frame(0x8, '', { masked: true })]);
    client.socket.write(sent);
    await client.rest();
    client.socket.end();
    await peer.over();
    const bytes = (direction: string): Buffer =>
      Buffer.concat(peer.of('bytes').flatMap((event) => (event.direction === direction ? [event.bytes] : [])));
    assert.deepEqual(bytes('sent'), sent);
    assert.deepEqual(bytes('received'), Buffer.concat([text('x'.repeat(300)), closeFrame()]));
    assert.deepEqual(
      peer.of('bytes').flatMap(({ direction, ended }) => (ended === undefined ? [] : [`${direction} ${ended}`])),
      ['received end', 'sent end'],
    );
  });
});

/** A client that is open, through a relay with rules, to a server with this script. */
async function faulty(
  t: TestContext,
  rules: Parameters<Relayed['relay']['setRules']>[0],
  script: Script = correct,
): Promise<{ peer: Relayed; client: RawClient }> {
  const server = await startPeer(t, script);
  const peer = await relayTo(t, server.url, { rules, seed: 7 });
  const client = new RawClient(peer.relay.port);
  t.after(() => void client.socket.destroy());
  return { peer, client };
}

const bodyOf = (received: Buffer): Buffer => received.subarray(received.indexOf('\r\n\r\n') + 4);
const hello = frame(0x1, 'hello', { masked: true });

describe('faults on purpose', () => {
  it('delay, jitter and a rate make it late, and lose nothing', async (t) => {
    const { client } = await faulty(t, { delay: 60, jitter: 20, rate: 20_000 });
    const start = performance.now();
    await client.open();
    const opened = performance.now();
    assert.ok(opened - start >= 118, `${opened - start}`); // there and back
    client.socket.write(frame(0x1, 'y'.repeat(4000), { masked: true }));
    const received = await client.until((bytes) => bodyOf(bytes).length >= 4004);
    // 4000 bytes at 20 000 a second are 200 ms, twice, and not one after the other.
    assert.ok(performance.now() - opened >= 300, `${performance.now() - opened}`);
    assert.deepEqual(bodyOf(received), text('y'.repeat(4000)));
  });

  it('split makes pieces, of one direction when asked to', async (t) => {
    const sizes: number[] = [];
    const { client } = await faulty(t, { toClient: {}, toServer: { split: 1 } }, async (link) => {
      link.socket.on('data', (chunk: Buffer) => sizes.push(chunk.length));
      await link.accept();
      await link.serve();
    });
    await client.open();
    client.socket.write(hello);
    assert.deepEqual(bodyOf(await client.until((bytes) => bodyOf(bytes).length >= 7)), text('hello'));
    assert.ok(sizes.length > 50, `${sizes}`); // pieces may come together on their way
  });

  it('a cut after frames, bytes and seconds', async (t) => {
    for (const [rules, expected] of [
      [{ toClient: { cutAfter: { frames: 2 } } }, Buffer.concat([text('hello'), text('hello')])],
      [{ toClient: { dropPongs: true, cutAfter: { bytes: 8 } } }, Buffer.concat([text('hello'), Buffer.of(0x81)])],
      [{ toClient: { cutAfter: { bytes: 9 } } }, Buffer.concat([text('hello'), text('hello')]).subarray(0, 9)],
    ] as const) {
      const { client, peer } = await faulty(t, rules);
      await client.open();
      client.socket.write(Buffer.concat([hello, hello, hello]));
      assert.deepEqual(bodyOf(await client.rest()), expected);
      client.socket.end();
      await peer.over();
      assert.match(peer.of('close')[0]!.failure!.message, /^the relay ended the connection \(cut after \d /);
    }
    const { client } = await faulty(t, { cutAfter: { seconds: 0.05 } });
    await client.open();
    assert.deepEqual(bodyOf(await client.rest()), Buffer.alloc(0));
  });

  it('a reset, at once or at a cut', async (t) => {
    for (const rules of [{ reset: true }, { reset: true, cutAfter: { frames: 1 } }]) {
      const { client } = await faulty(t, rules);
      client.socket.write(requestHead());
      client.socket.write(hello);
      await client.closed();
      assert.equal(client.error, 'ECONNRESET');
    }
  });

  it('a Close frame for both peers, behind the frame in progress', async (t) => {
    let got: number | undefined;
    const { client, peer } = await faulty(t, { close: 4001, cutAfter: { frames: 1 } }, async (link) => {
      await link.accept();
      link.write(frame(0x2, Buffer.alloc(100_000)));
      const frames = [await link.frame(), await link.frameOf(0x8)];
      got = frames[1]!.payload.readUInt16BE();
      assert.ok(frames[1]!.masked);
    });
    client.socket.write(Buffer.concat([Buffer.from(requestHead()), hello]));
    assert.deepEqual(bodyOf(await client.rest()), Buffer.concat([frame(0x2, Buffer.alloc(100_000)), closeFrame(4001)]));
    client.socket.end();
    await peer.over();
    assert.equal(got, 4001);
  });

  it('pongs left out, bytes changed: the same ones with the same seed', async (t) => {
    const changed: Buffer[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const { client, peer } = await faulty(t, {
        dropPongs: true,
        toServer: {},
        toClient: { corrupt: true, dropPongs: true },
      });
      await client.open();
      client.socket.write(Buffer.concat([frame(0x9, 'ping', { masked: true }), hello]));
      changed.push(bodyOf(await client.until((bytes) => bodyOf(bytes).length >= 7)));
      assert.ok(peer.of('relay').some(({ message }) => message === 'a pong was left out, from the server'));
    }
    assert.notDeepEqual(changed[0], text('hello'));
    assert.equal(changed[0]!.filter((byte, at) => byte !== text('hello')[at]).length, 1);
    assert.deepEqual(changed[0], changed[1]);
  });

  it('the same ones however bytes arrive, jitter or not', async (t) => {
    const bodies: Buffer[] = [];
    for (const [jitter, together] of [
      [0, true],
      [1, true],
      [1, false],
    ] as const) {
      const { client } = await faulty(t, { toServer: {}, toClient: { jitter, corrupt: true } }, async (link) => {
        await link.accept();
        if (together) link.write(Buffer.concat([text('hello'), text('world')]));
        else {
          link.write(text('hello'));
          await link.frame();
          link.write(text('world'));
        }
      });
      await client.open();
      if (!together) {
        await client.until((bytes) => bodyOf(bytes).length >= 7);
        client.socket.write(hello);
      }
      bodies.push(bodyOf(await client.until((bytes) => bodyOf(bytes).length >= 14)));
    }
    assert.deepEqual(bodies[1], bodies[0]);
    assert.deepEqual(bodies[2], bodies[0]);
  });

  it('a refusal, without asking the server', async (t) => {
    const { client } = await faulty(t, { refuse: 503 }, async (link) => {
      await link.accept();
      assert.fail('the server was asked');
    });
    await client.open();
    assert.match((await client.rest()).toString(), /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  });

  it('rules for each connection, and others from now on', async (t) => {
    const { client, peer } = await faulty(t, (connection) => (connection === 1 ? { refuse: 404 } : { refuse: 410 }));
    await client.open();
    const second = new RawClient(peer.relay.port);
    await second.open();
    assert.match(second.received.toString(), /^HTTP\/1\.1 410 /);
    peer.relay.setRules({ refuse: 418 });
    const third = new RawClient(peer.relay.port);
    await third.open();
    assert.match(third.received.toString(), /^HTTP\/1\.1 418 I'm a Teapot/i);
    for (const one of [client, second, third]) one.socket.destroy();
    assert.throws(() => peer.relay.setRules({ refuse: 99 }), TypeError);
  });
});

describe('a relay under load', () => {
  it('holds a server back whose client does not read', async (t) => {
    let written = 0;
    let stuck!: () => void;
    const isStuck = new Promise<void>((resolve) => (stuck = resolve));
    const chunk = frame(0x2, Buffer.alloc(65_000));
    const { client } = await faulty(t, {}, async (link) => {
      await link.accept();
      // Until nothing has been taken for a while: the way to the client is full.
      let idle: NodeJS.Timeout = setTimeout(stuck, 2000);
      while (link.socket.writable && written < 200 * 2 ** 20) {
        await new Promise<void>((resolve) => link.socket.write(chunk, () => resolve()));
        written += chunk.length;
        clearTimeout(idle);
        idle = setTimeout(stuck, 300);
      }
      stuck();
    });
    await client.open();
    client.socket.pause();
    await isStuck;
    // What the system's buffers of two connections hold, and little more.
    assert.ok(written < 40 * 2 ** 20, `${written}`);
    client.socket.resume();
    client.socket.destroy();
  });

  it('passes on a hundred connections at a time', async (t) => {
    const echo = await startEchoServer();
    t.after(() => echo.close());
    const { relay, rules } = await relayTo(t, echo.url, { channels: ['rule', 'close'] });
    const clients = Array.from({ length: 100 }, () => new RawClient(relay.port));
    await Promise.all(
      clients.map(async (client) => {
        await client.open();
        client.socket.write(hello);
        await client.until((bytes) => bodyOf(bytes).length >= 7);
      }),
    );
    assert.equal(relay.connections, 100);
    for (const client of clients) client.socket.destroy();
    assert.deepEqual(rules, []);
  });

  it('leaves the event loop its turns while tiny frames flood it', async (t) => {
    const flood = Buffer.concat(Array.from({ length: 20_000 }, () => frame(0x9)));
    const { client, peer } = await faulty(t, {}, async (link) => {
      await link.accept();
      link.end(flood);
    });
    client.socket.write(requestHead());
    const received = await client.rest();
    assert.equal(bodyOf(received).length, flood.length);
    assert.equal(peer.of('frame').length, 20_000);
  });
});

describe('a relay as a client', () => {
  it('reaches its server by TLS and through a proxy, with the options of connect', async (t) => {
    const certs = await certificates();
    const secure = await startPeer(t, correct, certs.server.pem());
    const proxy = await startConnectProxy(t, 'user:secret');
    const through = { host: '127.0.0.1', port: proxy.port, username: 'user', password: 'secret' };
    for (const connect of [{ caPath: certs.root }, { caPath: certs.root, proxy: through }]) {
      const peer = await relayTo(t, secure.url, { connect });
      const client = new RawClient(peer.relay.port);
      await client.open();
      client.socket.write(hello);
      assert.deepEqual(bodyOf(await client.until((bytes) => bodyOf(bytes).length >= 7)), text('hello'));
      client.socket.destroy();
      const steps = peer.of('step').map(({ step }) => step);
      assert.deepEqual(steps.slice(-1), ['TLS handshake']);
      assert.equal(steps.includes('proxy'), 'proxy' in connect);
    }
    const untrusted = await relayTo(t, secure.url);
    const client = new RawClient(untrusted.relay.port);
    await client.open();
    assert.match(
      (await client.rest()).toString(),
      /^HTTP\/1\.1 502 [^]*the certificate of the server was issued by an unknown CA/,
    );
    client.socket.destroy();
  });
});

describe('a relay as a server', () => {
  it('serves wss, and resets below TLS', async (t) => {
    const { server: identity } = await certificates();
    const server = await startPeer(t, correct);
    const relay = await startRelay(server.url, { tls: identity.pem() });
    t.after(() => relay.stop());
    assert.match(relay.url, /^wss:/);
    const client = new RawClient(relay.port, true);
    await client.open();
    client.socket.write(hello);
    assert.deepEqual(bodyOf(await client.until((bytes) => bodyOf(bytes).length >= 7)), text('hello'));
    relay.cut({ reset: true });
    await client.closed();
    assert.equal(client.error, 'ECONNRESET');
    // Not TLS at all.
    const plain = new RawClient(relay.port);
    plain.socket.end('GET / HTTP/1.1\r\n\r\n');
    await plain.rest();
  });

  it('a stop ends everything, and the port is free again', async (t) => {
    const server = await startPeer(t, correct);
    const relay = await startRelay(server.url);
    const client = new RawClient(relay.port);
    await client.open();
    assert.equal(relay.connections, 1);
    await relay.stop();
    await server.allGone();
    await client.rest();
    assert.equal(relay.connections, 0);
    const again = await startRelay(server.url, { port: relay.port });
    await again.stop();
  });

  it('a stop is done when the end of each connection is told', async (t) => {
    const server = await startPeer(t, correct);
    for (const tls of [undefined, (await certificates()).server.pem()]) {
      const { relay, of } = await relayTo(t, server.url, { tls });
      const clients = [1, 2, 3].map(() => new RawClient(relay.port, tls !== undefined));
      await Promise.all(clients.map((client) => client.open()));
      await relay.stop();
      assert.deepEqual(
        of('close').map(({ failure }) => failure!.message),
        Array(3).fill('the relay was stopped'),
      );
      for (const client of clients) await client.rest();
    }
  });

  it('a cut of all connections says whose it was, and others may come', async (t) => {
    const server = await startPeer(t, correct);
    const { relay, of, over } = await relayTo(t, server.url);
    const [first, second] = [new RawClient(relay.port), new RawClient(relay.port)];
    await Promise.all([first.open(), second.open()]);
    relay.cut();
    await over(2);
    assert.equal(of('close')[1]!.failure!.message, 'the relay ended the connection (cut by the program)');
    const third = new RawClient(relay.port);
    await third.open();
    for (const client of [first, second, third]) client.socket.destroy();
  });

  it('a stop leaves no timer behind for what was to be late', async (t) => {
    const server = await startPeer(t, correct);
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { relay, of } = await relayTo(t, server.url, { rules: { toServer: { delay: 600_000 } } });
    const client = new RawClient(relay.port);
    client.socket.write(requestHead());
    while (of('request').length === 0) await new Promise((turn) => setImmediate(turn));
    await relay.stop();
    await client.rest();
    assert.equal(timers(), before);
  });

  it('says what cannot be', async () => {
    await assert.rejects(startRelay('http://x/'), /url/i);
    await assert.rejects(startRelay('ws://x/', { rules: { delay: -1 } }), /the rule delay/);
    await assert.rejects(
      startRelay('ws://x/', { tls: { cert: 'x', key: 'y' } }),
      /the certificate and the key of the relay cannot be used: /,
    );
    await assert.rejects(startRelay('ws://x/', { seed: 1.5 }), /seed must be an integer/);
    await assert.rejects(startRelay('ws://x/', { host: '203.0.113.1' }), /EADDRNOTAVAIL/);
  });
});
