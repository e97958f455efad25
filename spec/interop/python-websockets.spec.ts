/** Python's websockets library, by other people in another language: https://websockets.readthedocs.io. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Certificates } from '../peer/certificates.js';
import { certificates } from '../peer/certificates.js';
import { echoes, open, refused } from './client.js';
import type { Program } from './program.js';
import { absent, start } from './program.js';

/** Debian's package belongs to Debian's interpreter, which a version manager may hide. */
const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import websockets'], { stdio: 'ignore' }).status === 0,
);
const script = fileURLToPath(new URL('../../../spec/interop/echo_server.py', import.meta.url));
const missing = python === undefined && 'python3-websockets is not installed: apt-get install python3-websockets';

describe('python websockets', { skip: missing || absent('openssl') }, () => {
  let certs: Certificates;
  let plain: Program;
  let secure: Program;

  before(async () => {
    certs = await certificates();
    const { certPath, keyPath } = certs.server;
    const command = python!;
    plain = await start({ command, args: (port) => [script, String(port)] });
    secure = await start({ command, args: (port) => [script, String(port), certPath, keyPath] });
  });
  after(async () => {
    await Promise.all([plain?.end(), secure?.end()]);
  });
  const url = (path: string): string => `ws://127.0.0.1:${plain.port}/${path}`;

  it('echoes text, over TCP and over TLS', async () => {
    await echoes(url('echo'));
    await echoes(`wss://localhost:${secure.port}/echo`, { caPath: certs.root });
  });

  it('echoes messages of every length at which the frame header changes (RFC 6455 §5.2)', async () => {
    const { ws, message, end } = await open(url('echo'));
    for (const size of [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1 << 20, 8 << 20]) {
      const binary = Buffer.alloc(size, 'Zwölf Boxkämpfer');
      await ws.send(Uint8Array.from(binary).buffer);
      const back = await message();
      assert.ok(binary.equals(back as Buffer), `${size} bytes came back different`);
      const text = 'ü'.repeat(size >> 1);
      await ws.send(text);
      assert.ok((await message()) === text, `${size >> 1} characters came back different`);
    }
    await end();
  });

  it('gets every UTF-8 length and the edges of Unicode unharmed', async () => {
    await echoes(url('echo'), {}, '\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}\ufeff');
  });

  it('chooses one of the subprotocols offered, or none (RFC 6455 §4.2.2)', async () => {
    assert.equal((await echoes(url('echo'), { protocol: 'chat' })).protocol, 'chat');
    assert.equal((await echoes(url('echo'), { protocol: 'unknown, superchat, chat' })).protocol, 'superchat');
    const none = await echoes(url('echo'), { protocol: 'unknown' });
    assert.ok(!none.protocol, 'no choice is accepted');
  });

  it('puts fragments together, whatever their size, with multi-byte characters across them', async () => {
    const text = 'aä€😀'.repeat(100);
    for (const size of [1, 7, 1000]) {
      const { ws, message, end } = await open(url(`fragments?size=${size}`));
      await ws.send(text);
      assert.equal(await message(), text);
      await ws.send(Uint8Array.from(Buffer.from(text)).buffer);
      assert.deepEqual(await message(), Buffer.from(text));
      await end();
    }
  });

  it('has its pings answered with their payload', async () => {
    const { message, closed, errors } = await open(url('ping'));
    assert.equal(await message(), 'all pongs came');
    assert.deepEqual(await closed, { code: 1000, reason: '' });
    assert.deepEqual(errors, []);
  });

  it('delivers the code and reason that the server closes with', async () => {
    for (const [code, reason] of [
      [1000, ''],
      [1001, 'going away'],
      [1011, 'Fehler ü'],
      [3000, ''],
      [4999, 'x'.repeat(123)],
    ] as const) {
      const { closed, errors } = await open(url(`close?code=${code}&reason=${encodeURIComponent(reason)}`));
      assert.deepEqual(await closed, { code, reason });
      assert.deepEqual(errors, []);
    }
  });

  it('gets the code and reason that close was given', async () => {
    for (const [options, received] of [
      [{ code: 1001, reason: 'bye' }, [1001, 'bye']],
      [{ code: 4000, reason: 'ü'.repeat(61) }, [4000, 'ü'.repeat(61)]],
      [{}, [1000, 'CLOSE_NORMAL']],
    ] as const) {
      const { end } = await open(url('close-code'));
      await end(options);
      const { message, closed } = await open(url('last-close'));
      assert.equal(await message(), JSON.stringify(received));
      await closed;
    }
  });

  it('gets the headers of the options, each value once and in its own line', async () => {
    const { message, closed } = await open(url('headers'), {
      header: { 'X-One': 'first', 'X-Number': 7, 'X-Two': ['a', 'b'], Cookie: 'id=1' },
    });
    const headers = JSON.parse(String(await message())) as [string, string][];
    const values = (name: string): string[] =>
      headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
    assert.deepEqual(values('x-one'), ['first']);
    assert.deepEqual(values('x-number'), ['7']);
    assert.deepEqual(values('x-two').join(', '), 'a, b');
    assert.deepEqual(values('cookie'), ['id=1']);
    assert.deepEqual(values('host'), [`127.0.0.1:${plain.port}`]);
    assert.deepEqual(values('sec-websocket-version'), ['13']);
    await closed;
  });

  it('answers 401, whose headers and body both errors carry', async () => {
    const { connect, event } = await refused(url('unauthorized'));
    assert.equal(event.data, '401');
    for (const { response } of [connect, event]) {
      assert.equal(response?.status, 401);
      assert.equal(response?.headers['www-authenticate'], 'Basic realm="spec"');
      assert.equal(response?.body, 'who are you?\n');
    }
  });

  it('compresses both ways when perMessageDeflate is on (RFC 7692)', async () => {
    for (const perMessageDeflate of [
      true,
      { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
    ]) {
      const { ws, message, headers, end } = await open(url('echo'), { perMessageDeflate });
      assert.match(String(headers['sec-websocket-extensions']), /^permessage-deflate/);
      for (const text of ['', 'short', 'Hello '.repeat(10_000), 'ü€😀'.repeat(5_000), 'Hello '.repeat(10_000)]) {
        await ws.send(text);
        assert.ok((await message()) === text, `${text.length} characters came back different`);
        await ws.send(Uint8Array.from(Buffer.from(text)).buffer);
        assert.ok(Buffer.from(text).equals((await message()) as Buffer));
      }
      await end();
    }
  });

  it('compresses the fragments of a message', async () => {
    const { ws, message, end } = await open(url('fragments?size=1000'), { perMessageDeflate: true });
    const text = 'aä€😀'.repeat(5_000);
    await ws.send(text);
    assert.ok((await message()) === text);
    await end();
  });

  it('delivers 10 000 messages in order, none lost', async () => {
    const messages = 10_000;
    const { ws, message, closed } = await open(url(`count?messages=${messages}`));
    for (let number = 0; number < messages; number++) assert.equal(await message(), String(number));
    await ws.send('done');
    assert.equal(await message(), 'done');
    assert.equal((await closed).code, 1000);
  });

  it('fails a message above maxMessageSize with 1009, and accepts one of exactly that size', async () => {
    const exact = await open(url('bytes?size=65536'), { maxMessageSize: 65_536 });
    assert.equal((await exact.message()).length, 65_536);
    assert.equal((await exact.closed).code, 1000);

    const { closed, errors } = await open(url('bytes?size=65792'), { maxMessageSize: 65_536 });
    assert.equal((await closed).code, 1009);
    assert.equal(errors.length, 1);
  });
});
