/** Every way to a server, as a program goes it: with the documented API, over real sockets. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as listen, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { createServer as listenSecurely } from 'node:tls';
import type { EchoServer } from '../../lib/echo/echo-server.js';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { BusinessError, messages, setAllowedDomains, webSocket } from '../../lib/index.js';
import { certificates } from '../peer/certificates.js';
import { startSocksServer } from '../peer/socks-server.js';

async function echoServer(t: TestContext, options: Parameters<typeof startEchoServer>[0] = {}): Promise<EchoServer> {
  const server = await startEchoServer(options);
  t.after(() => server.close());
  return server;
}

function passOn(socket: Socket, { url }: EchoServer): void {
  const onward = connect(Number(new URL(url).port), '127.0.0.1');
  socket.pipe(onward).pipe(socket);
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
}

/** Connects, sends a message, and expects it back. @returns what headerReceive said, for each response */
async function talk(
  url: webSocket.WebSocketUrl,
  options: webSocket.WebSocketClientOptions,
): Promise<webSocket.ResponseHeaders[]> {
  const heads: webSocket.ResponseHeaders[] = [];
  await using ws = webSocket.createWebSocket();
  ws.on('headerReceive', (headers) => heads.push(headers));
  const incoming = messages(ws);
  await ws.connect(url, options);
  await ws.send('there and back');
  assert.equal((await incoming.next()).value, 'there and back');
  return heads;
}

async function failed(url: webSocket.WebSocketUrl, options: webSocket.WebSocketClientOptions): Promise<BusinessError> {
  const ws = webSocket.createWebSocket();
  try {
    await ws.connect(url, options);
  } catch (error) {
    assert.ok(error instanceof BusinessError);
    return error as BusinessError;
  }
  await ws.close();
  return assert.fail('expected that connecting fails');
}

/** A server that answers the first requests as it is told, and passes the connection on to an echo server then. */
async function redirecting(t: TestContext, locations: (request: string) => [number, string] | undefined) {
  const seen: { url: string; authorization: string | undefined; cookie: string | undefined }[] = [];
  const server: Server = createServer();
  const echo = await echoServer(t);
  server.on('upgrade', async (request, socket, head) => {
    const { authorization, cookie } = request.headers;
    seen.push({ url: request.url!, authorization, cookie });
    const answer = locations(request.url!);
    if (answer !== undefined) {
      // The body never ends: it is not waited for.
      socket.write(`HTTP/1.1 ${answer[0]} Moved\r\nLocation: ${answer[1]}\r\nContent-Length: 99\r\n\r\nbody`);
      socket.on('error', () => {}).resume();
      return;
    }
    const onward = connect(Number(new URL(echo.url).port), '127.0.0.1');
    const fields = request.rawHeaders.reduce((text, part, at) => text + part + (at % 2 === 0 ? ': ' : '\r\n'), '');
    onward.write(`GET / HTTP/1.1\r\n${fields}\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

const direct = { proxy: 'no-proxy' } as const;

describe('a server is reached', () => {
  it('by a URL object', async (t) => {
    const { url } = await echoServer(t);
    await talk(new URL(url), direct);
  });

  it('through a Unix socket, by URL and by option', { skip: process.platform === 'win32' }, async (t) => {
    const path = join(mkdtempSync(join(tmpdir(), 'ways-')), 'x.sock');
    const echo = await echoServer(t);
    const server = listen((socket) => passOn(socket, echo));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    t.after(() => server.close());
    await talk(`ws+unix:${path}:/chat?q`, {});
    await talk('ws://h.test/chat', { socketPath: path });

    const missing = await failed(`ws+unix:${path}.not:/`, {});
    assert.match(missing.message, /Could not connect to the socket \S+x\.sock\.not: there is no such file/);
    const long = await failed(`ws+unix:/tmp/${'x'.repeat(200)}:/`, {});
    assert.match(long.message, /Could not connect to the socket/);
  });

  it('through a Unix socket with TLS, where it proves a name', { skip: process.platform === 'win32' }, async (t) => {
    const certs = await certificates();
    const listenAt = async (identity: typeof certs.server): Promise<string> => {
      const path = join(mkdtempSync(join(tmpdir(), 'ways-')), 'x.sock');
      const echo = await echoServer(t);
      const server = listenSecurely(identity.pem(), (socket) => {
        names.push(socket.servername);
        passOn(socket, echo);
      });
      await new Promise<void>((resolve) => server.listen(path, resolve));
      t.after(() => server.close());
      return path;
    };
    const names: unknown[] = [];
    const path = await listenAt(certs.server);
    const options = { caPath: certs.root };
    // A socket has no name of its own: the URL of one stands for localhost.
    await talk(`wss+unix:${path}:/chat?q`, options);
    await talk(`wss+unix:${path}`, { ...options, servername: 'server.test' });
    await talk('wss://server.test/chat', { ...options, socketPath: path });
    assert.deepEqual(names, ['localhost', 'server.test', 'server.test']);

    const other = await failed('wss://h.test/', { ...options, socketPath: path });
    assert.match(other.message, /The certificate of the server is not for h\.test: it is for localhost/);
    const wrong = await failed(`wss+unix:${await listenAt(certs.wrongHost)}`, options);
    assert.match(wrong.message, /The certificate of the server is not for localhost: it is for other\.test/);
    const untrusted = await failed(`wss+unix:${path}`, {});
    assert.match(untrusted.message, /certificate of the server/);
  });

  it('through a pair in memory, with answers to many messages', async (t) => {
    const echo = await echoServer(t);
    const [mine, other] = duplexPair();
    other.pipe(connect(Number(new URL(echo.url).port), '127.0.0.1')).pipe(other);
    await using ws = webSocket.createWebSocket();
    const incoming = messages(ws);
    await ws.connect('ws://h.test/', { connection: mine });
    const large = 'x'.repeat(1_000_000);
    for (let index = 0; index < 50; index++) void ws.send(`${index}`);
    await ws.send(large);
    for (let index = 0; index < 50; index++) assert.equal((await incoming.next()).value, `${index}`);
    assert.equal((await incoming.next()).value, large);
    await ws.close();
    assert.equal(mine.destroyed, true);
  });

  it('through a SOCKS5 proxy of the option or of the environment', async (t) => {
    const { url } = await echoServer(t);
    const elsewhere = url.replace('127.0.0.1', 'nowhere.invalid');
    const { port, asked } = await startSocksServer(t, { host: '127.0.0.1', credentials: 'user:p@ss' });
    await talk(elsewhere, { proxy: `socks5h://user:p%40ss@127.0.0.1:${port}` });
    for (const name of ['all_proxy', 'ALL_PROXY', 'http_proxy', 'ws_proxy']) {
      process.env[name] = `socks5h://user:p%40ss@127.0.0.1:${port}`;
      try {
        await talk(elsewhere, {});
        process.env['no_proxy'] = 'invalid';
        assert.match((await failed(elsewhere, {})).message, /host name nowhere\.invalid|name server/);
      } finally {
        delete process.env[name];
        delete process.env['no_proxy'];
      }
    }
    assert.equal(asked.length, 5);
  });

  it('not at all when a SOCKS5 proxy stalls, within the time', async (t) => {
    for (const bytes of [[], [5], [5, 0], [5, 0, 5, 0, 0, 1, 0]]) {
      const server = listen((socket) => socket.on('error', () => {}).write(Buffer.from(bytes)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.after(() => server.close());
      const { port } = server.address() as AddressInfo;
      const error = await failed('ws://h.test/', { proxy: `socks5h://127.0.0.1:${port}`, handshakeTimeout: 50 });
      assert.match(error.message, /No connection within 50 ms \(handshakeTimeout\); it got as far as: proxy/);
    }
  });

  it('with CAs and a client certificate that the program holds itself', async (t) => {
    const certs = await certificates();
    const { url } = await echoServer(t, { tls: certs.server.pem() });
    const [cert, key] = [certs.client.rsaPkcs8.certPath, certs.client.rsaPkcs8.keyPath].map((path) =>
      readFileSync(path, 'utf8'),
    );
    await talk(url, { ...direct, ca: readFileSync(certs.root), clientCert: { cert: cert!, key: key! } });
    const empty = await failed(url, { ...direct, ca: '' });
    assert.equal(empty.code, 2302999);
    assert.match(empty.message, /option ca: expected certificates/);
  });
});

describe('redirects', () => {
  it('are not followed unless asked for', async (t) => {
    const { port, seen } = await redirecting(t, () => [302, '/next']);
    const error = await failed(`ws://127.0.0.1:${port}/`, direct);
    assert.equal(error.response?.status, 302);
    assert.equal(seen.length, 1);
  });

  it('are followed as far as asked for, with the credentials on the same origin', async (t) => {
    const { port, seen } = await redirecting(t, (url) => {
      const step = Number(url.slice(1));
      return step < 4 ? [[301, 302, 307, 308][step]!, `/${step + 1}`] : undefined;
    });
    const url = `ws://user:hunter2@127.0.0.1:${port}/0`;
    const heads = await talk(url, { ...direct, maxRedirects: 4, header: { Cookie: 'a=b' } });
    assert.equal(heads.length, 5);
    assert.deepEqual(
      seen.map((one) => one.url),
      ['/0', '/1', '/2', '/3', '/4'],
    );
    for (const { authorization, cookie } of seen)
      assert.deepEqual([authorization, cookie], ['Basic dXNlcjpodW50ZXIy', 'a=b']);
    const error = await failed(url, { ...direct, maxRedirects: 3 });
    assert.match(error.message, /; the redirect is not followed: more than 3 \(maxRedirects\)\.$/);
    assert.equal(error.response?.status, 308);
  });

  it('take no credentials to another origin', async (t) => {
    const { port: last, seen } = await redirecting(t, () => undefined);
    const { port } = await redirecting(t, () => [302, `http://127.0.0.1:${last}/`]);
    const header = { Authorization: 'Bearer hunter2', Cookie: 'a=b' };
    await talk(`ws://127.0.0.1:${port}/`, { ...direct, maxRedirects: 1, header });
    assert.deepEqual(seen, [{ url: '/', authorization: undefined, cookie: undefined }]);
  });

  it('end within the time, also when it is up as the answer comes', async (t) => {
    let visits = 0;
    const proxy = listen((socket) => {
      socket.on('error', () => {});
      if (++visits > 1) return;
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n');
        // The answer waits to be read when the timer of the attempt runs out.
        for (const until = performance.now() + 150; performance.now() < until; );
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    t.after(() => proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const options = { proxy: { host: '127.0.0.1', port }, maxRedirects: 1, handshakeTimeout: 100 };
    assert.match((await failed('ws://h.test/', options)).message, /within 100 ms/);
  });

  it('do not lead past the allowed domains, nor in a circle, and a signal ends them', async (t) => {
    const { port } = await redirecting(t, (url) =>
      url === '/out' ? [302, 'ws://localhost:1/'] : [302, url === '/a' ? '/b' : '/a'],
    );
    const options = { ...direct, maxRedirects: 9 };
    const circle = await failed(`ws://127.0.0.1:${port}/a`, options);
    assert.match(circle.message, /was tried already/);
    setAllowedDomains(['127.0.0.1']);
    try {
      const outside = await failed(`ws://127.0.0.1:${port}/out`, options);
      assert.equal(outside.code, 2302998);
      assert.match(outside.message, /is on a host that is not allowed/);
    } finally {
      setAllowedDomains(undefined);
    }
    const controller = new AbortController();
    const endless = await redirecting(t, (url) => {
      if (url.length > 5) controller.abort();
      return [302, `${url}x`];
    });
    const aborted = await failed(`ws://127.0.0.1:${endless.port}/`, {
      ...direct,
      maxRedirects: Infinity,
      signal: controller.signal,
    });
    assert.match(aborted.message, /aborted by its signal/);
  });
});
