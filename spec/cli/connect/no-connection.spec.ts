import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { certificates } from '../../peer/certificates.js';
import { startPeer } from '../../peer/scripted.js';
import { command } from '../command.js';

const page = `<html>\r\n<p>go away \x1b[31m\u202e</p>\r\n\r\n</html>\r\n${'more '.repeat(400)}`;

interface Answer {
  readonly status: number;
  readonly fields?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

const answers: Record<string, Answer> = {
  '/plain': { status: 403, fields: { Server: 'gate/1.2', 'Content-Type': 'text/html' }, body: page },
  '/empty': { status: 404 },
  '/later': { status: 503, fields: { 'Retry-After': '120' }, body: 'maintenance' },
  '/moved': { status: 301, fields: { Location: 'https://example.com/new?token=hidden-token' } },
  '/login': {
    status: 401,
    fields: {
      'WWW-Authenticate': [
        'Basic realm="staff, only", charset="UTF-8"',
        'Digest realm="x", nonce="hidden-nonce", qop="auth"',
        'Negotiate hidden/token==',
      ],
    },
  },
  '/gzip': { status: 500, fields: { 'Content-Encoding': 'gzip' }, body: gzipSync(page) },
  '/deflate': { status: 500, fields: { 'Content-Encoding': 'deflate' }, body: deflateSync(page) },
  '/br': { status: 500, fields: { 'Content-Encoding': 'br' }, body: brotliCompressSync(page) },
  '/bomb': { status: 500, fields: { 'Content-Encoding': 'gzip' }, body: gzipSync(Buffer.alloc(2 ** 24)) },
  '/zstd': { status: 500, fields: { 'Content-Encoding': 'zstd' }, body: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  '/liar': { status: 500, fields: { 'Content-Encoding': 'gzip' }, body: 'not gzip' },
  '/mirror': { status: 400, body: 'you said hidden-key-value' },
  '/nginx': { status: 400, body: 'The plain HTTP request was sent to HTTPS port' },
};

describe('a refusal', { timeout: 60_000 }, () => {
  let server: Server;
  let url: string;
  before(async () => {
    server = createServer((request, response) => {
      const { status, fields = {}, body = '' } = answers[new URL(request.url!, 'http://x').pathname]!;
      response.writeHead(status, fields).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const connect = (path: string, ...args: string[]) => command(['connect', '--no-proxy', `${url}${path}`, ...args]);

  it('shows what the server said: its fields, and the start of its body, nothing of which drives a terminal', async () => {
    const { status, stdout, stderr } = await connect('/plain');
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^ohos-websocket connect: the server answered 403 Forbidden/);
    assert.match(stderr, /\n {2}Server: gate\/1\.2\n/);
    assert.match(stderr, /\n {2}\| <html>\n {2}\| <p>go away \\u001b\[31m\\u202e<\/p>\n {2}\| <\/html>\n {2}\| more /);
    assert.doesNotMatch(stderr, /\x1b|\u202e/);
    assert.match(stderr, /\| …\n$/);
    assert.ok(stderr.length < 2000);
    assert.match((await connect('/later')).stderr, /\n {2}Retry-After: 120\n {2}\| maintenance\n$/);
    assert.match((await connect('/empty')).stderr, /404 Not Found, expected 101 Switching Protocols\n$/);
  });

  it('shows where to go and how to log in, without what may be a token', async () => {
    assert.match((await connect('/moved')).stderr, /\n {2}Location: https:\/\/example\.com\/new\?\*+\n/);
    const { stderr } = await connect('/login');
    assert.match(
      stderr,
      /WWW-Authenticate: Basic realm="staff, only", charset="UTF-8", Digest realm="x", nonce=\*+, qop="auth", Negotiate \*+\n/,
    );
    assert.doesNotMatch(stderr, /hidden/);
    assert.match((await connect('/login', '--secrets')).stderr, /hidden-nonce.*hidden\/token==/);
    assert.match((await connect('/mirror', '-H', 'X-Api-Key: hidden-key-value')).stderr, /\| you said \*+\n/);
  });

  it('decodes a body that is compressed, or names the encoding', async () => {
    for (const path of ['/gzip', '/deflate', '/br']) assert.match((await connect(path)).stderr, /\| <p>go away/, path);
    assert.match((await connect('/zstd')).stderr, /\(the body is compressed with zstd\)\n$/);
    for (const path of ['/liar', '/bomb']) assert.ok((await connect(path, '--json')).stdout.length < 110_000, path);
    assert.ok((await connect('/bomb')).stderr.length < 1300);
  });

  it('is an object on stdout with --json', async () => {
    const { stdout, stderr, status } = await connect('/gzip', '--json');
    const { type, status: code, message, headers, body, failure } = JSON.parse(stdout);
    assert.deepEqual([status, type, code, message], [1, 'refused', 500, 'Internal Server Error']);
    assert.equal(headers['content-encoding'], 'gzip');
    assert.ok(body.startsWith('<html>\r\n<p>go away \x1b[31m'));
    assert.match(failure, /answered 500/);
    assert.match(stderr, /answered 500/);
    assert.equal(JSON.parse((await connect('/zstd', '--json')).stdout).encoding, 'zstd');
  });

  it('of plain HTTP by a TLS port says so', async () => {
    assert.match((await connect('/nginx')).stderr, /\n {2}the port speaks TLS: use wss:\/\/ instead of ws:\/\/\n$/);
  });
});

describe('the wrong scheme', { timeout: 60_000 }, () => {
  const hint = /the port speaks TLS: use wss:\/\/ instead of ws:\/\//;

  it('ws: to a TLS port says so, whether the server just closes or sends an alert', async (t) => {
    const { server: identity } = await certificates();
    const server = createTlsServer(identity.pem());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    for (const host of ['127.0.0.1', 'localhost'])
      assert.match((await command(['connect', '--no-proxy', `ws://${host}:${port}/`])).stderr, hint);
    const { url } = await startPeer(t, async (link) => {
      await link.request();
      link.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 40]));
    });
    assert.match((await command(['connect', '--no-proxy', url])).stderr, hint);
  });

  it('ws: to a port that does not speak TLS says nothing of it', async (t) => {
    const { url } = await startPeer(t, (link) => link.end());
    const { stderr, stdout } = await command(['connect', '--no-proxy', '--json', url]);
    assert.doesNotMatch(stderr, hint);
    assert.equal(JSON.parse(stdout).type, 'failed');
  });

  it('is not looked for at the address of a URL whose server is behind a socket', async (t) => {
    const { server: identity, folder } = await certificates();
    let asked = 0;
    const server = createTlsServer(identity.pem()).on('connection', () => asked++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const path = join(folder, 'closing.sock');
    const closing = createNetServer((socket) => socket.on('error', () => {}).end());
    await new Promise<void>((resolve) => closing.listen(path, resolve));
    t.after(() => closing.close());
    const { port } = server.address() as AddressInfo;
    const { stderr, status } = await command(['connect', '--unix', path, `ws://127.0.0.1:${port}/`]);
    assert.doesNotMatch(stderr, hint);
    assert.deepEqual([status, asked], [1, 0]);
  });

  it('wss: to a plain port says so', async (t) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { stderr } = await command(['connect', '--no-proxy', `wss://127.0.0.1:${port}/`]);
    assert.match(stderr, /does not speak TLS on this port: is its URL a ws: one\?/);
  });
});
