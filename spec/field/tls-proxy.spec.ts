/** A proxy that is reached by TLS itself: TLS to the proxy, and for `wss:` TLS to the server inside of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { before, describe, it, type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { type BusinessError, controls, messages, webSocket } from '../../lib/index.js';
import { type Certificates, certificates } from '../peer/certificates.js';
import { startConnectProxy } from '../peer/connect-proxy.js';
import { listenOn } from '../peer/listening.js';

type Options = webSocket.WebSocketClientOptions;

let certs: Certificates;
let ca: string;
before(async () => {
  certs = await certificates();
  ca = readFileSync(certs.root, 'utf8');
});

async function echo(t: TestContext, isSecure: boolean): Promise<string> {
  const server = await startEchoServer(isSecure ? { tls: certs.server.pem() } : {});
  t.after(() => server.close());
  return server.url;
}

async function talk(url: string, options: Options): Promise<void> {
  await using ws = webSocket.createWebSocket();
  const incoming = messages(ws);
  await ws.connect(url, options);
  await ws.send('there and back');
  assert.equal((await incoming.next()).value, 'there and back');
}

function failure(url: string, options: Options): Promise<BusinessError> {
  return webSocket
    .createWebSocket()
    .connect(url, options)
    .then(
      () => assert.fail('expected that connecting fails'),
      (error: BusinessError) => error,
    );
}

async function withEnvironment(name: string, value: string, run: () => Promise<void>): Promise<void> {
  process.env[name] = value;
  try {
    await run();
  } finally {
    delete process.env[name];
  }
}

describe('a proxy that is reached by TLS', () => {
  for (const isSecure of [false, true]) {
    it(`carries ${isSecure ? 'wss' : 'ws'}:, given as an object or as a URL, with credentials`, async (t) => {
      const url = await echo(t, isSecure);
      const { port, tunnels } = await startConnectProxy(t, 'user:p@ss', certs.server.pem());
      const credentials = { username: 'user', password: 'p@ss' };
      await talk(url, { ca, proxy: { host: 'localhost', port, secure: true, ...credentials } });
      await talk(url, { caPath: certs.root, proxy: { host: '127.0.0.1', port, type: 'https', ...credentials } });
      await talk(url, { ca, proxy: `https://user:p%40ss@127.0.0.1:${port}` });
      assert.deepEqual(tunnels, Array(3).fill(new URL(url).host));
    });
  }

  it('may stand in the environment', async (t) => {
    // A proxy of the environment is not asked for this machine.
    const url = (await echo(t, true)).replace('127.0.0.1', 'server.test');
    const { port, tunnels } = await startConnectProxy(t, 'user:secret', certs.server.pem());
    for (const name of ['wss_proxy', 'HTTPS_PROXY', 'all_proxy']) {
      await withEnvironment(name, `https://user:secret@localhost:${port}`, () => talk(url, { ca }));
    }
    assert.equal(tunnels.length, 3);
  });

  it('has to prove who it is, whatever is said about the server', async (t) => {
    const url = await echo(t, true);
    const { port, tunnels } = await startConnectProxy(t, 'user:secret', certs.wrongHost.pem());
    const proxy = { host: 'localhost', port, secure: true, username: 'user', password: 'secret' };
    for (const options of [{}, { skipServerCertVerification: true }, { servername: 'other.test' }]) {
      const error = await failure(url, { ca, proxy, ...options });
      assert.equal(error.code, 2302999);
      assert.match(error.message, /The certificate of the proxy is not for localhost: it is for other\.test/);
      assert.doesNotMatch(error.message, /secret/);
    }
    const unknown = await startConnectProxy(t, 'user:secret', certs.strangers.pem());
    const error = await failure(url, { ca, proxy: { ...proxy, port: unknown.port } });
    assert.match(error.message, /certificate of the proxy/);
    const incomplete = await startConnectProxy(t, 'user:secret', certs.withoutIntermediate.pem());
    const { message } = await failure(url, { ca, proxy: { ...proxy, port: incomplete.port } });
    assert.match(message, /or have the proxy send its intermediate certificates/);
    assert.deepEqual([tunnels, unknown.tunnels], [[], []]);
  });

  it('is never shown the client certificate, nor asked by the name for the server', async (t) => {
    const url = await echo(t, true);
    const shown: boolean[] = [];
    const names: unknown[] = [];
    const server = createTlsServer(
      { ...certs.server.pem(), requestCert: true, rejectUnauthorized: false },
      (socket) => {
        shown.push(Object.keys(socket.getPeerCertificate()).length > 0);
        names.push(socket.servername);
        socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      },
    );
    const { port } = await listenOn(t, server);
    const options = { ca, clientCert: certs.client.ecPkcs8, servername: 'server.test' };
    const error = await failure(url, { ...options, proxy: { host: 'localhost', port, secure: true } });
    assert.match(error.message, /The proxy answered CONNECT with 403 Forbidden: it does not allow a tunnel/);
    assert.deepEqual([shown, names], [[false], ['localhost']]);
  });

  it('that asks for credentials, or refuses them, says so', async (t) => {
    const url = await echo(t, false);
    const { port } = await startConnectProxy(t, 'user:secret', certs.server.pem());
    const proxy = { host: 'localhost', port, secure: true };
    assert.match((await failure(url, { ca, proxy })).message, /407 .*wants a user name and password/);
    const wrong = { ...proxy, username: 'user', password: 'guess' };
    assert.match(
      (await failure(url, { ca, proxy: wrong })).message,
      /407 .*does not accept the user name and password/,
    );
  });

  it('that ends early fails the attempt with what it ended', async (t) => {
    const url = await echo(t, true);
    const inHandshake = await listenOn(
      t,
      createServer((socket) => socket.once('data', () => socket.end())),
    );
    const noTls = await listenOn(
      t,
      createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const secureServer = (serve: (socket: import('node:tls').TLSSocket) => void) =>
      listenOn(
        t,
        createTlsServer(certs.server.pem(), (socket) => serve(socket.on('error', () => {}))),
      );
    const unanswered = await secureServer((socket) => socket.once('data', () => socket.end()));
    const inAnswer = await secureServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 20')));
    const reset = await secureServer((socket) => socket.once('data', () => socket.destroy()));
    const inTunnel = await secureServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.once('data', () => socket.end());
      }),
    );
    const cases = [
      [inHandshake, /The connection was lost during the TLS handshake with the proxy/],
      [noTls, /The proxy does not speak TLS on this port: is it one for http:, without secure\?/i],
      [unanswered, /The proxy closed the connection before it answered CONNECT/],
      [inAnswer, /The proxy closed the connection in the middle of its answer to CONNECT, after 11 bytes/],
      [reset, /The proxy closed the connection before it answered CONNECT/],
      [inTunnel, /The connection was lost during the TLS handshake with the server/],
    ] as const;
    for (const [{ port }, expected] of cases) {
      const error = await failure(url, { ca, proxy: { host: 'localhost', port, secure: true } });
      assert.equal(error.code, 2302999);
      assert.match(error.message, expected);
    }
  });

  it('that stalls is given up when the time is up', async (t) => {
    const { port } = await listenOn(t, createServer());
    const options = { ca, proxy: { host: 'localhost', port, secure: true }, handshakeTimeout: 50 };
    const { message } = await failure('ws://server.test/', options);
    assert.match(message, /No connection within 50 ms \(handshakeTimeout\); it got as far as: proxy/);
  });

  it('says so when it is asked without', async (t) => {
    const { port } = await startConnectProxy(t, 'user:secret', certs.server.pem());
    const { message } = await failure('ws://server.test/', { proxy: { host: 'localhost', port } });
    // Node's server closes without an answer; others answer with an alert of TLS.
    assert.match(message, /The proxy closed the connection before it answered CONNECT|maybe TLS/);
  });

  it('that does not speak TLS although it was asked to is not asked without', async (t) => {
    const { port, tunnels } = await startConnectProxy(t, 'user:secret');
    const proxy = { host: 'localhost', port, secure: true, username: 'user', password: 'secret' };
    const { message } = await failure(await echo(t, false), { ca, proxy });
    assert.match(message, /the proxy does not speak TLS|TLS handshake with the proxy/);
    assert.deepEqual(tunnels, []);
  });

  it('goes with a resumed TLS session the second time, for the proxy and for the server', async (t) => {
    const url = await echo(t, true);
    const { port } = await startConnectProxy(t, 'user:secret', certs.server.pem());
    const proxy = { host: 'localhost', port, secure: true, username: 'user', password: 'secret' };
    const resumed: (boolean | undefined)[] = [];
    for (let round = 0; round < 2; round++) {
      await using ws = webSocket.createWebSocket();
      const incoming = messages(ws);
      await ws.connect(url, { ca, proxy });
      await ws.send('x');
      await incoming.next();
      resumed.push(controls(ws).tls?.resumed);
    }
    assert.deepEqual(resumed, [false, true]);
  });
});
