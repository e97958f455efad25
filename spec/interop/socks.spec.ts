/** Through SOCKS5 proxies: microsocks (https://github.com/rofl0r/microsocks) and Dante (https://www.inet.no/dante/). */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EchoServer } from '../../lib/echo/echo-server.js';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { messages, webSocket } from '../../lib/index.js';
import { certificates } from '../peer/certificates.js';
import { closedPort } from '../peer/tunnelling.js';
import { absent, type Program, type ProgramOptions, start, temporaryFolder } from './program.js';

const credentials = ['-u', 'user', '-P', 'p@ss'];

/** Dante lets its clients in without credentials here: users would have to be those of the system. */
function dante(): ProgramOptions {
  const folder = temporaryFolder('dante');
  return {
    command: 'danted',
    args: (port) => {
      const config = join(folder, 'danted.conf');
      const rules = [
        'client pass { from: 0/0 to: 0/0 }',
        'socks block { from: 0/0 to: 0/0 port = 1 }',
        'socks pass { from: 0/0 to: 0/0 }',
      ];
      const head = [
        `internal: 127.0.0.1 port = ${port}`,
        'external: lo',
        'clientmethod: none',
        'socksmethod: none',
        'user.unprivileged: nobody',
      ];
      writeFileSync(config, [...head, ...rules, ''].join('\n'));
      return ['-f', config, '-p', join(folder, 'danted.pid')];
    },
  };
}

const microsocks = (...more: string[]): ProgramOptions => ({
  command: 'microsocks',
  args: (port) => ['-i', '127.0.0.1', '-p', String(port), ...more],
});

async function talk(url: string, options: webSocket.WebSocketClientOptions): Promise<void> {
  await using ws = webSocket.createWebSocket();
  const incoming = messages(ws);
  await ws.connect(url, options);
  const large = 'x'.repeat(300_000);
  void ws.send('hello');
  await ws.send(large);
  assert.equal((await incoming.next()).value, 'hello');
  assert.equal((await incoming.next()).value, large);
}

async function failure(url: string, options: webSocket.WebSocketClientOptions): Promise<string> {
  const ws = webSocket.createWebSocket();
  const error = await ws.connect(url, options).then(
    () => assert.fail('it connected'),
    (refused: Error) => refused,
  );
  return error.message;
}

function cases(options: () => ProgramOptions, refused: RegExp): void {
  let program: Program;
  let plain: EchoServer;
  let secure: EchoServer;
  let root: string;
  before(async () => {
    const certs = await certificates();
    root = certs.root;
    plain = await startEchoServer();
    secure = await startEchoServer({ tls: certs.server.pem() });
    program = await start(options());
  });
  after(async () => {
    await program.end();
    await Promise.all([plain.close(), secure.close()]);
  });
  for (const type of ['socks5', 'socks5h'] as const) {
    it(`carries ws and wss by ${type}, to a name and to an address`, async () => {
      const proxy = `${type}://127.0.0.1:${program.port}` as const;
      await talk(plain.url, { proxy });
      await talk(plain.url.replace('127.0.0.1', 'localhost'), { proxy });
      await talk(secure.url.replace('127.0.0.1', 'localhost'), { proxy, caPath: root });
    });
  }

  it('says that the server refused', async () => {
    const proxy = `socks5h://127.0.0.1:${program.port}` as const;
    assert.match(await failure(`ws://127.0.0.1:${await closedPort()}/`, { proxy }), refused);
  });
}

describe('microsocks', { skip: absent('microsocks') || absent('openssl') }, () => {
  cases(() => microsocks(), /answered the request to connect with 5: 127\.0\.0\.1:\d+ refused its connection/);

  it('takes the right credentials, from the option and from the environment', async () => {
    const program = await start(microsocks(...credentials));
    const server = await startEchoServer();
    try {
      const where = `127.0.0.1:${program.port}`;
      await talk(server.url, { proxy: `socks5h://user:p%40ss@${where}` });
      assert.match(
        await failure(server.url, { proxy: `socks5h://user:wrong@${where}` }),
        /does not accept the user name and password/,
      );
      assert.match(await failure(server.url, { proxy: `socks5h://${where}` }), /wants a user name and password/);
    } finally {
      await server.close();
      await program.end();
    }
  });
});

describe('Dante', { skip: absent('danted', 'dante-server') || absent('openssl') }, () => {
  cases(dante, /answered the request to connect with 5: 127\.0\.0\.1:\d+ refused its connection/);

  it('says that the rules of the proxy forbid it', async () => {
    const program = await start(dante());
    try {
      const message = await failure('ws://127.0.0.1:1/', { proxy: `socks5h://127.0.0.1:${program.port}` });
      assert.match(message, /with 2: its rules do not allow a connection to 127\.0\.0\.1:1/);
    } finally {
      await program.end();
    }
  });
});
