/** The packed package on Bun and Deno: what each of them is able to do, as the table of `lib/api/README.md` has it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { certificates } from '../peer/certificates.js';
import { startConnectProxy } from '../peer/connect-proxy.js';
import { startSocksServer } from '../peer/socks-server.js';
import { consumer } from './package.js';
import { conversation, programs } from './programs.js';
import { runNode } from './run-node.js';
import { presentRuntime } from './tool.js';

/** A row for each ability; the program prints whether it is there. */
const program = `
import { messages, reconnecting, toEmitter, webSocket } from 'ohos-websocket';
import { createRequire } from 'node:module';
import { duplexPair } from 'node:stream';
import { connect as netConnect } from 'node:net';
import { once } from 'node:events';
const peers = JSON.parse(process.argv[2]);
const direct = { proxy: 'no-proxy' };

async function talk(url, options = direct, connect = () => webSocket.createWebSocket()) {
  const ws = connect();
  const incoming = messages(ws);
  await ws.connect(url, options);
  const large = 'ü'.repeat(200_000);
  void ws.send('grüße');
  void ws.send(Uint8Array.of(1, 2, 3));
  await ws.send(large);
  const got = [];
  for (let index = 0; index < 3; index++) got.push((await incoming.next()).value);
  if (got[0] !== 'grüße' || got[1].byteLength !== 3 || got[2] !== large) throw new Error('another echo');
  await ws.close();
}
async function fails(url, options, code, text) {
  const error = await webSocket.createWebSocket().connect(url, options).then(() => undefined, (error) => error);
  if (error?.code !== code || !error.message.includes(text)) throw new Error('got ' + error?.message);
}

const rows = {
  'ws:': () => talk(peers.ws),
  'require': async () => {
    const { webSocket: required } = createRequire(import.meta.url)('ohos-websocket');
    if (required.createWebSocket === undefined) throw new Error('nothing');
  },
  'wss: with ca': () => talk(peers.wss, { ...direct, ca: peers.root }),
  'an unknown CA is refused': () => fails(peers.wss, direct, 2302999, 'CA'),
  'another host is refused': () => fails(peers.wss, { ...direct, ca: peers.root, servername: 'other.test' }, 2302999, 'other.test'),
  'clientCert': () => talk(peers.demanding, { ...direct, ca: peers.root, clientCert: peers.clientCert }),
  'perMessageDeflate': () => talk(peers.ws, { ...direct, perMessageDeflate: true }),
  'an HTTP proxy': () => talk(peers.ws, { proxy: { host: '127.0.0.1', port: peers.proxy, username: 'user', password: 'secret' } }),
  'an HTTP proxy with wss:': () => talk(peers.wss, { ca: peers.root, proxy: { host: '127.0.0.1', port: peers.proxy, username: 'user', password: 'secret' } }),
  'a SOCKS5 proxy with wss:': () => talk(peers.wss, { ca: peers.root, proxy: 'socks5h://127.0.0.1:' + peers.socks }),
  'a Unix socket': () => talk('ws+unix:' + peers.unix + ':/'),
  'maxRedirects': () => talk(peers.redirecting, { ...direct, maxRedirects: 1 }),
  'lookup, family, localAddress': () =>
    talk(peers.ws.replace('127.0.0.1', 'h.test'), { ...direct, family: 4, localAddress: '127.0.0.1', lookup: (_host, _options, done) => done(null, '127.0.0.1', 4) }),
  'connection': async () => {
    const [mine, other] = duplexPair();
    other.pipe(netConnect(Number(new URL(peers.ws).port), '127.0.0.1')).pipe(other);
    await talk('ws://h.test/', { connection: mine });
  },
  'signal': () => fails(peers.silent, { ...direct, signal: AbortSignal.timeout(50) }, 2302999, 'signal'),
  'handshakeTimeout': () => fails(peers.silent, { ...direct, handshakeTimeout: 50 }, 2302999, 'handshakeTimeout'),
  'nothing listens': () => fails('ws://127.0.0.1:1/', direct, 2302999, 'nothing listens there'),
  'a file that is missing': () => fails(peers.wss, { ...direct, caPath: '/nowhere' }, 2302002, '/nowhere'),
  'toEmitter': async () => {
    const ws = webSocket.createWebSocket();
    const opened = once(toEmitter(ws), 'open');
    await ws.connect(peers.ws, direct);
    await opened;
    await ws.close();
  },
  'reconnecting': async () => {
    const ws = reconnecting(peers.ws, direct);
    await ws.send('waits');
    await ws.close();
  },
  'ohos-websocket/register': async () => {
    await import('ohos-websocket/register');
    const name = '@kit.NetworkKit';
    if ((await import(name)).webSocket === undefined) throw new Error('nothing');
  },
};
for (const [name, run] of Object.entries(rows)) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, 15_000, new Error('it took too long'))));
  try {
    await Promise.race([run(), late]);
    console.log('yes ' + name);
  } catch (error) {
    console.log('no ' + name + ': ' + error.message);
  }
  clearTimeout(timer);
}
process.exit(0);
`;

/** What a runtime lacks, by the names of the rows. */
const lacks: Readonly<Record<string, readonly string[]>> = { node: [], bun: ['ohos-websocket/register'], deno: [] };

describe('the packed package runs on', () => {
  const ends: (() => unknown)[] = [];
  const scope = { after: (end: () => unknown): void => void ends.push(end) };
  let folder: string;
  let peers: string;

  before(async () => {
    folder = await consumer({
      'abilities.mjs': program,
      ...programs,
      'package.json': '{ "type": "module", "dependencies": { "ohos-websocket": "*" } }',
    });
    const certs = await certificates();
    const root = readFileSync(certs.root, 'utf8');
    const [plain, secure, demanding] = await Promise.all([
      startEchoServer(),
      startEchoServer({ tls: certs.server.pem() }),
      startEchoServer({
        tls: { ...certs.server.pem(), requestCert: true, rejectUnauthorized: true, ca: root } as never,
      }),
    ]);
    for (const server of [plain, secure, demanding]) scope.after(() => server.close());
    const unix = join(folder, 'x.sock');
    const onward = createNetServer((socket) => {
      const there = connect(Number(new URL(plain.url).port), '127.0.0.1');
      socket.pipe(there).pipe(socket);
      for (const [one, other] of [
        [socket, there],
        [there, socket],
      ] as const)
        one.on('error', () => other.destroy());
    });
    const silent = createNetServer((socket) => socket.on('error', () => {}).resume());
    const redirecting = createServer().on('upgrade', (_request, socket) => {
      socket.on('error', () => {});
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${plain.url}\r\nContent-Length: 0\r\n\r\n`);
    });
    await Promise.all([
      new Promise<void>((done) => onward.listen(unix, done)),
      new Promise<void>((done) => silent.listen(0, '127.0.0.1', done)),
      new Promise<void>((done) => redirecting.listen(0, '127.0.0.1', done)),
    ]);
    for (const server of [onward, silent, redirecting]) scope.after(() => server.close());
    const urlOf = (server: { address(): unknown }): string =>
      `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { certPath, keyPath } = certs.client.rsaPkcs8;
    peers = JSON.stringify({
      ws: plain.url,
      wss: secure.url.replace('127.0.0.1', 'localhost'),
      demanding: demanding.url.replace('127.0.0.1', 'localhost'),
      root,
      clientCert: { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') },
      proxy: (await startConnectProxy(scope, 'user:secret')).port,
      socks: (await startSocksServer(scope)).port,
      unix,
      silent: urlOf(silent),
      redirecting: urlOf(redirecting),
    });
  });
  after(async () => {
    for (const end of ends) await end();
  });

  const runtimes: Readonly<Record<string, readonly [string | undefined, ...string[]]>> = {
    node: [process.execPath],
    bun: [presentRuntime('bun')],
    deno: [presentRuntime('deno'), 'run', '-A', '--node-modules-dir=manual'],
  };
  for (const [name, [file, ...args]] of Object.entries(runtimes)) {
    it(name, { skip: file === undefined && `make runtimes fetches it`, timeout: 110_000 }, async () => {
      const { NODE_V8_COVERAGE: _coverage, NODE_TEST_CONTEXT: _test, ...env } = process.env;
      const child = spawn(file!, [...args, 'abilities.mjs', peers], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
      const lines = stdout.trim().split('\n');
      const missing = lines.filter((line) => !line.startsWith('yes '));
      const expected = lacks[name]!;
      assert.equal(
        missing.every((line) => expected.some((row) => line.startsWith(`no ${row}: `))),
        true,
        `${missing.join('\n')}\n${stderr}`,
      );
      assert.equal(missing.length, expected.length, 'what it was said to lack it has now');
      assert.equal(lines.length, 21);
    });
  }

  const deno = presentRuntime('deno');
  it('Deno without permissions, which says what it lacks', {
    skip: deno === undefined && 'make runtimes fetches it',
  }, async () => {
    const { ws } = JSON.parse(peers) as { ws: string };
    const options = JSON.stringify({ proxy: 'system' });
    const run = async (...flags: string[]): Promise<string> => {
      const all = ['run', '--no-prompt', '--node-modules-dir=manual', `--allow-read=${realpathSync(folder)}`, ...flags];
      const { stdout, stderr } = await runNode(folder, [...all, 'program.mjs', ws, options], deno);
      return stdout || stderr;
    };
    assert.equal(await run('--allow-net'), conversation, 'the environment names no proxy when it may not be read');
    assert.match(await run('--allow-env'), /^failed 201 Permission denied\. .*net access/);
  });
});
