/** The ways to a server that options of the command name: sockets, proxies, names, versions, redirects. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { certificates } from '../../peer/certificates.js';
import { startPeer } from '../../peer/scripted.js';
import { startSocksServer } from '../../peer/socks-server.js';
import { command } from '../command.js';

let echo: EchoServer;
before(async () => {
  echo = await startEchoServer();
});
after(() => echo.close());

const once = ['-x', 'hello', '--count', '1'];

describe('--unix', { timeout: 60_000 }, () => {
  it('reaches a server on a socket, with and without a URL, as ws+unix: does', async (t) => {
    const { folder } = await certificates();
    const path = join(folder, 'echo.sock');
    const server = createNetServer((socket) => {
      const to = connect(Number(new URL(echo.url).port), '127.0.0.1');
      socket.pipe(to).pipe(socket);
      for (const one of [socket, to]) one.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    t.after(() => server.close());
    for (const args of [['--unix', path], ['--unix', path, 'ws://localhost/chat'], [`ws+unix:${path}:/chat`]]) {
      const { stdout, stderr, status } = await command(['connect', ...args, ...once]);
      assert.deepEqual([stdout, stderr, status], ['hello\n', '', 0], args.join(' '));
    }
    const { stderr, status } = await command(['connect', '--unix', join(folder, 'none.sock'), ...once]);
    assert.match(stderr, /none\.sock/);
    assert.equal(status, 1);
  });
});

describe('--proxy', { timeout: 60_000 }, () => {
  it('takes SOCKS5, with a name that the proxy looks up, and with credentials', async (t) => {
    const proxy = await startSocksServer(t, { credentials: 'me:p@ss', host: '127.0.0.1' });
    const { port } = new URL(echo.url);
    const by = (scheme: string) =>
      command([
        'connect',
        '--proxy',
        `${scheme}://me:p%40ss@127.0.0.1:${proxy.port}`,
        ...once,
        `ws://localhost:${port}/`,
      ]);
    for (const scheme of ['socks5h', 'socks5', 'socks']) assert.equal((await by(scheme)).stdout, 'hello\n', scheme);
    assert.match(proxy.asked[0]!, new RegExp(`^name localhost:${port}$`));
    const { stderr, status } = await command([
      'connect',
      '--proxy',
      `socks5://me:wrong@127.0.0.1:${proxy.port}`,
      ...once,
      echo.url,
    ]);
    assert.match(stderr, /proxy/);
    assert.doesNotMatch(stderr, /wrong|the option proxy\b|[a-z][A-Z]/);
    assert.equal(status, 1);
  });

  it('is complained about in words of the command line', async () => {
    const wrong: [string[], RegExp][] = [
      [['--proxy', 'socks5://x:1', '--unix', '/x'], /expected --proxy or --unix, got both/],
      [['--proxy', 'socks5://x:1', 'ws+unix:/x:/'], /--proxy/],
      [['--unix', '/y', 'ws+unix:/x:/'], /--unix must not name another socket/],
      [['--proxy', `socks5://${'u'.repeat(256)}:p@x:1`, 'ws://h/'], /--proxy .*255 bytes/],
      [['--proxy', 'ftp://x:1', 'ws://h/'], /--proxy must be .*, got ftp:/],
      [['--servername', '127.0.0.1', 'wss://h/'], /--servername/],
    ];
    for (const [args, expected] of wrong) {
      const { stderr, status } = await command(['connect', ...args]);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /socketPath|proxy\.|[a-z][A-Z]/, args.join(' '));
      assert.equal(status, 2);
    }
  });
});

describe('TLS', { timeout: 60_000 }, () => {
  it('is spoken with the name of --servername, and not below --min-tls', async (t) => {
    const { server, root } = await certificates();
    const names: string[] = [];
    const secure = createTlsServer({
      ...server.pem(),
      maxVersion: 'TLSv1.2',
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    });
    secure.on('upgrade', (_request: IncomingMessage, socket) => {
      socket.on('error', () => {}); // the command may be gone before it has all
      socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    t.after(() => secure.close());
    const url = `wss://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
    const to = (...args: string[]) => command(['connect', '--no-proxy', '--ca', root, ...args, url]);
    assert.match((await to('--servername', 'server.test')).stderr, /418 Teapot/);
    assert.deepEqual(names, ['server.test']);
    assert.match((await to('--servername', 'other.test')).stderr, /other\.test/);
    assert.match((await to('--min-tls', '1.3')).stderr, /--min-tls/);
    assert.match((await to('--min-tls', '1.2')).stderr, /418 Teapot/);
  });
});

describe('--location', { timeout: 60_000 }, () => {
  /** Redirects to what the path says, after writing down what it was asked. */
  async function redirector(t: TestContext): Promise<{ url: string; requests: IncomingMessage[] }> {
    const requests: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      requests.push(request);
      const to = decodeURIComponent(new URL(request.url!, 'http://x').searchParams.get('to') ?? '/');
      response.writeHead(302, { Location: to }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
  }

  const withKeys = [
    '--no-proxy',
    '--auth',
    'me:hidden',
    '-H',
    'Cookie: hidden',
    '-H',
    'X-Api-Key: hidden',
    '-H',
    'X-Plain: seen',
  ];

  it('follows a redirect, and takes credentials only to the same origin', async (t) => {
    const { url, requests } = await redirector(t);
    let heads: readonly string[] = [];
    const target = await startPeer(t, async (link) => {
      heads = (await link.request()).lines;
      link.end('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n');
    });
    const onwards = encodeURIComponent(`/second?to=${encodeURIComponent(target.url.replace('ws:', 'http:'))}`);
    const { stderr } = await command(['connect', '--location', ...withKeys, `${url}/first?to=${onwards}`]);
    assert.match(stderr, /404 No/);
    assert.equal(requests.length, 2);
    for (const { headers } of requests)
      assert.equal(headers.authorization, `Basic ${Buffer.from('me:hidden').toString('base64')}`);
    assert.match(heads.join('\n'), /X-Plain: seen/);
    assert.doesNotMatch(heads.join('\n'), /Authorization|Cookie|X-Api-Key|hidden/i);
  });

  it('arrives where the server is', async (t) => {
    const { url } = await redirector(t);
    const { stdout, status } = await command([
      'connect',
      '--location',
      '--no-proxy',
      ...once,
      `${url}/?to=${encodeURIComponent(echo.url)}`,
    ]);
    assert.deepEqual([stdout, status], ['hello\n', 0]);
  });

  it('gives up after five, and follows none without the option', async (t) => {
    let count = 0;
    const server = createServer((_request, response) => response.writeHead(307, { Location: `/${++count}` }).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { stderr, status } = await command(['connect', '--location', '--no-proxy', url]);
    assert.match(stderr, /more than 5 \(--location\)/);
    assert.deepEqual([status, count], [1, 6]);
    assert.match((await command(['connect', '--no-proxy', url])).stderr, /307[^]*\n {2}Location: \/7\n/);
    assert.equal(count, 7);
  });
});
