import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { controls, webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { WebSocket } from '../../lib/web/web.js';
import { root } from '../packed/package.js';
import { runNode } from '../packed/run-node.js';
import { certificates } from '../peer/certificates.js';
import { evaluating } from '../peer/evaluating.js';
import { closeFrame, frame, type Link } from '../peer/link.js';
import { correct, type Scope, type Script, startPeer } from '../peer/scripted.js';

const options = { proxy: 'no-proxy' } as const;
const name = (payload: ArrayBuffer): string => Buffer.from(payload).toString();

interface Opened {
  readonly ws: webSocket.WebSocket;
  readonly link: Link;
  readonly closed: Promise<webSocket.CloseResult>;
}

/** An open connection whose server's end is in the spec's hand. */
async function opened(t: Scope): Promise<Opened> {
  let accepted!: (link: Link) => void;
  const arrived = new Promise<Link>((resolve) => (accepted = resolve));
  const peer = await startPeer(t, async (link) => {
    await link.accept();
    accepted(link);
  });
  const ws = webSocket.createWebSocket();
  const closed = new Promise<webSocket.CloseResult>((resolve) => ws.on('close', (_error, result) => resolve(result)));
  await ws.connect(peer.url, options);
  const link = await arrived;
  t.after(async () => void link.socket.destroy());
  return { ws, link, closed };
}

async function connected(t: Scope, script: Script): Promise<webSocket.WebSocket> {
  const peer = await startPeer(t, script);
  const ws = webSocket.createWebSocket();
  await ws.connect(peer.url, options);
  return ws;
}

describe('controls', () => {
  it('are the same object for each call, and of a WebSocket only', () => {
    const ws = webSocket.createWebSocket();
    assert.equal(controls(ws), controls(ws));
    for (const other of [{}, null, 'ws']) {
      assert.throws(() => controls(other as object), { code: 401, message: /expects a WebSocket of this package/ });
    }
  });

  it('know the connection, before, while and after it is open', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept(['Sec-WebSocket-Protocol: chat']);
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    const control = controls(ws);
    assert.deepEqual(
      [control.state, control.url, control.remoteAddress, control.tls],
      ['closed', '', undefined, undefined],
    );
    const connecting = ws.connect(peer.url, { ...options, protocol: 'chat' });
    assert.deepEqual([control.state, control.url], ['connecting', peer.url]);
    await connecting;
    const { state, protocol, extensions, remoteAddress, remotePort, localAddress, tls, bufferedAmount } = control;
    assert.deepEqual(
      { state, protocol, extensions, remoteAddress, remotePort, localAddress, tls, bufferedAmount },
      {
        state: 'open',
        protocol: 'chat',
        extensions: '',
        remoteAddress: '127.0.0.1',
        remotePort: peer.port,
        localAddress: '127.0.0.1',
        tls: undefined,
        bufferedAmount: 0,
      },
    );
    void ws.send(new Uint8Array(1000));
    assert.equal(control.bufferedAmount, 1008);
    const closing = ws.close();
    assert.equal(control.state, 'closing');
    await closing;
    assert.deepEqual([control.state, control.remotePort, control.bufferedAmount], ['closed', undefined, 0]);
  });

  it('give the URL as text, also when connect was given an object', async (t) => {
    const peer = await startPeer(t, correct);
    await using ws = webSocket.createWebSocket();
    await ws.connect(new URL('/path', peer.url), options);
    assert.equal(controls(ws).url, new URL('/path', peer.url).href);
  });

  it('know what TLS came to', async (t) => {
    const { server, root: caPath } = await certificates();
    const peer = await startPeer(t, correct, server.pem());
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url, { ...options, caPath });
    const { version, cipher, authorized, authorizationError, certificate } = controls(ws).tls!;
    assert.deepEqual([version, authorized, authorizationError], ['TLSv1.3', true, undefined]);
    assert.match(cipher, /^TLS_/);
    assert.match(certificate!.names.join(), /DNS:localhost/);
    assert.match(certificate!.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    assert.ok(certificate!.validFrom < certificate!.validTo);
    await ws.close();
  });

  it('ping, and measure the time to the pong of each payload', async (t) => {
    const { ws, link } = await opened(t);
    const control = controls(ws);
    const settled: string[] = [];
    const ping = async (data?: string): Promise<void> => {
      const milliseconds = await control.ping(data);
      assert.ok(milliseconds >= 0 && milliseconds < 60_000);
      settled.push(data ?? 'default');
    };
    const all = [ping('a'), ping(), ping('b'), ping('c')];
    const sent = [await link.frame(), await link.frame(), await link.frame(), await link.frame()];
    assert.deepEqual([sent[0]!.payload.toString(), sent[1]!.payload.length], ['a', 8]);
    link.write(frame(Opcode.pong, 'nobody asked'));
    link.write(frame(Opcode.pong, 'a'));
    await all[0];
    assert.deepEqual(settled, ['a']);
    // RFC 6455 §5.5.3: a server may answer the last ping only.
    link.write(frame(Opcode.pong, 'b'));
    await all[2];
    assert.deepEqual(settled, ['a', 'default', 'b']);
    link.reset();
    await assert.rejects(all[3]!, { code: 2302999, message: /ended before the pong came/ });
  });

  it('refuse to ping with too much, with something else, and without a connection', async (t) => {
    const ws = await connected(t, correct);
    await assert.rejects(controls(ws).ping('x'.repeat(126)), { code: 401, message: /at most 125 bytes/ });
    await assert.rejects(controls(ws).ping(7 as unknown as string), { code: 401, message: /got number/ });
    assert.ok((await controls(ws).ping(new Uint8Array(125))) >= 0);
    await ws.close();
    await assert.rejects(controls(ws).ping(), { code: 2302999, message: /not open/ });
  });

  it('report pings and pongs to their listeners, until they are removed', async (t) => {
    const { ws, link } = await opened(t);
    const control = controls(ws);
    const log: string[] = [];
    const onPing = (payload: ArrayBuffer): void => void log.push(`ping ${name(payload)}`);
    control.on('ping', onPing);
    control.on('pong', (payload) => void log.push(`pong ${name(payload)}`));
    link.write(frame(Opcode.ping, 'one'));
    assert.equal((await link.frameOf(Opcode.pong)).payload.toString(), 'one');
    control.off('ping', onPing);
    link.write(Buffer.concat([frame(Opcode.ping, 'two'), frame(Opcode.pong, 'three')]));
    await link.frameOf(Opcode.pong);
    assert.deepEqual(log.slice(0, 1), ['ping one']);
    const ping = control.ping('four');
    link.write(frame(Opcode.pong, 'four'));
    await ping;
    assert.deepEqual(log, ['ping one', 'pong three', 'pong four']);
    control.off('pong');
    assert.throws(() => control.on('close' as 'ping', () => {}), {
      code: 401,
      message: /'ping' or 'pong', got "close"/,
    });
    assert.throws(() => control.on('ping', undefined as never), { code: 401 });
  });

  it('terminate a connection at once, with 1006, and an attempt', async (t) => {
    const { ws, link, closed } = await opened(t);
    let reported = false;
    ws.on('error', () => (reported = true));
    controls(ws).terminate();
    assert.equal(controls(ws).state, 'closing');
    await assert.rejects(ws.send('late'), { code: 2302999 });
    assert.deepEqual(await closed, { code: 1006, reason: '' });
    assert.equal(reported, false);
    assert.equal(await link.frame(), undefined, 'no Close frame');
    controls(ws).terminate(); // nothing to end
    const slow = await startPeer(t, async (other) => void (await other.request()));
    const connecting = ws.connect(slow.url, options);
    controls(ws).terminate();
    await assert.rejects(connecting, { code: 2302999 });
  });

  it('pause and resume reading, also while closing', async (t) => {
    const { ws, link, closed } = await opened(t);
    const control = controls(ws);
    let received = 0;
    ws.on('message', (_error, message) => (received += (message as ArrayBuffer).byteLength));
    control.pause();
    assert.equal(control.isPaused, true);
    const block = Buffer.alloc(1 << 20);
    let sent = 0;
    while (link.socket.writableLength === 0 || sent === 0) {
      link.write(frame(Opcode.binary, block));
      sent += block.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(received <= 256 * 1024, `${received} bytes came while it was paused`);
    control.resume();
    link.write(closeFrame(1000, 'done'));
    assert.deepEqual(await closed, { code: 1000, reason: 'done' });
    assert.equal(received, sent);
  });

  it('keep a connection paused that was paused before it opened', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.text);
      link.write(frame(Opcode.text, 'there'));
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    controls(ws).pause();
    await ws.connect(peer.url, options);
    let got = '';
    ws.on('message', (_error, message) => (got = message as string));
    await ws.send('go');
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(got, '');
    const message = new Promise((resolve) => ws.on('dataEnd', () => resolve(got)));
    controls(ws).resume();
    assert.equal(await message, 'there');
    await ws.close();
  });

  it('let the process end although the connection is open', async (t) => {
    const peer = await startPeer(t, correct);
    const program = `
      import { controls, webSocket } from ${JSON.stringify(new URL('../../lib/index.js', import.meta.url).href)};
      const ws = webSocket.createWebSocket();
      controls(ws).unref();
      await ws.connect(${JSON.stringify(peer.url)}, { proxy: 'no-proxy' });
      console.log(controls(ws).state);`;
    const ended = await runNode(root, evaluating(program));
    assert.deepEqual(ended, { status: 0, stdout: 'open\n', stderr: '' });
  });

  it('are there for the class of browsers as well', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = new WebSocket(peer.url, options);
    const control = controls(ws);
    assert.deepEqual([control.state, control.url], ['connecting', peer.url]);
    await new Promise((resolve) => ws.addEventListener('open', resolve));
    assert.deepEqual([control.state, control.remotePort], ['open', peer.port]);
    assert.ok((await control.ping('x')) >= 0);
    const closed = new Promise<string>((resolve) =>
      ws.addEventListener('close', ({ code, wasClean }) => resolve(`${code} ${wasClean}`)),
    );
    control.terminate();
    assert.equal(await closed, '1006 false');
    assert.equal(control.state, 'closed');
  });
});
