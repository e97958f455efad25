import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { spell } from '../../../lib/protocol/sentence.js';
import { dial } from '../../../lib/transport/dial/dial.js';
import type { LookupFunction } from '../../../lib/transport/dial/lookup.js';
import { certificates } from '../../peer/certificates.js';
import {
  attempt,
  connects,
  echo,
  everythingOf,
  failure,
  peer,
  planOf,
  secureEcho,
  ws,
  wss,
} from '../../peer/dialling.js';
import { startSocksServer } from '../../peer/socks-server.js';
import { at, closedPort } from '../../peer/tunnelling.js';

const socks5 = (port: number, more: object = {}) => at(port, { type: 'socks5', ...more });
const socks5h = (port: number, more: object = {}) => at(port, { type: 'socks5h', ...more });

/** A proxy that sends its answers a byte at a time, each in a turn of its own, whatever it is asked. */
function drip(t: TestContext, bytes: number[], end = false): Promise<number> {
  return peer(t, (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    const next = (at: number): void => {
      if (socket.destroyed) return;
      if (at === bytes.length) return void (end && socket.end());
      socket.write(Buffer.of(bytes[at]!), () => setImmediate(next, at + 1));
    };
    next(0);
  });
}

describe('a way through a SOCKS5 proxy', () => {
  it('has names looked up by the proxy (socks5h) or here (socks5), and gives addresses as such', async (t) => {
    const server = await echo(t);
    const proxy = await startSocksServer(t, { host: '127.0.0.1' });
    await connects(t, planOf(ws(server, 'nowhere.invalid'), socks5h(proxy.port)));
    await connects(t, planOf(ws(server, 'localhost'), socks5(proxy.port)));
    await connects(t, planOf(ws(server, '127.0.0.1'), socks5h(proxy.port)));
    await connects(t, planOf(ws(server, '2001:db8::1'), socks5h(proxy.port)));
    await connects(t, planOf(ws(server, 'fe80::1%eth0'), socks5h(proxy.port)));
    assert.deepEqual(proxy.asked, [
      `name nowhere.invalid:${server}`,
      `ipv4 127.0.0.1:${server}`,
      `ipv4 127.0.0.1:${server}`,
      `ipv6 2001:0db8:0000:0000:0000:0000:0000:0001:${server}`,
      `ipv6 fe80:0000:0000:0000:0000:0000:0000:0001:${server}`,
    ]);
  });

  it('carries TLS that ends at the server, not at the proxy', async (t) => {
    const certs = await certificates();
    const server = await secureEcho(t, certs.server.pem());
    const proxy = await startSocksServer(t, { credentials: 'user:hunter2' });
    const given = socks5h(proxy.port, { username: 'user', password: 'hunter2' });
    const { socket } = await connects(t, planOf(wss(server), { ...given, tls: { caPath: certs.root } }));
    assert.ok('encrypted' in socket);
  });

  it('says that credentials are wanted, or wrong, and never shows them', async (t) => {
    const proxy = await startSocksServer(t, { credentials: 'user:secret' });
    const none = await failure(t, planOf(ws(1), socks5h(proxy.port)));
    assert.match(none.message, /wants a user name and password: give username and password in the option proxy/);
    const wrong = await failure(t, planOf(ws(1), socks5h(proxy.port, { username: 'user', password: 'hunter2' })));
    assert.equal(wrong.kind, 'proxy');
    assert.equal(wrong.message, 'the proxy does not accept the user name and password');
    assert.doesNotMatch(everythingOf(wrong), /hunter2/);
  });

  it('says what the proxy refused', async (t) => {
    const { port } = await startSocksServer(t);
    const closed = await closedPort();
    const failed = await failure(t, planOf(ws(closed), socks5h(port)));
    assert.match(
      failed.message,
      new RegExp(`answered the request to connect with 5: 127\\.0\\.0\\.1:${closed} refused`),
    );
    assert.equal(failed.kind, 'proxy');
  });

  it('asks for the other addresses of a name that was looked up here', async (t) => {
    const server = await echo(t);
    const proxy = await startSocksServer(t, { refusals: [4], host: '127.0.0.1' });
    await connects(t, planOf(ws(server, 'localhost'), socks5(proxy.port)));
    assert.deepEqual(
      proxy.asked.map((one) => one.replace(/:\d+$/, '')),
      ['ipv4 127.0.0.1', 'ipv6 0000:0000:0000:0000:0000:0000:0000:0001'],
    );
    const last = await failure(
      t,
      planOf(ws(server, 'localhost'), socks5((await startSocksServer(t, { refusals: [3, 4] })).port)),
    );
    assert.match(last.message, /with 4/);
  });

  it('does not show wrong credentials once for each address', async (t) => {
    let shown = 0;
    const port = await peer(t, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(Buffer.of(5, 2));
        socket.once('data', () => {
          shown++;
          socket.end(Buffer.of(1, 1));
        });
      });
    });
    const failed = await failure(t, planOf(ws(1, 'localhost'), socks5(port, { username: 'u', password: 'p' })));
    assert.match(failed.message, /does not accept the user name and password/);
    assert.equal(shown, 1);
  });

  it('has steps of its own for the lookup here, the connection and the proxy', async (t) => {
    const server = await echo(t);
    const proxy = await startSocksServer(t, { refusals: [4], host: '127.0.0.1' });
    const lookup: LookupFunction = (_host, _options, done) => {
      done(
        null,
        ['192.0.2.1', '192.0.2.2'].map((address) => ({ address, family: 4 })),
      );
    };
    const plan = { ...planOf(ws(server, 'h.test'), socks5(proxy.port)), addresses: { lookup } };
    const steps: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const dialing = dial(plan, {
        onread: { buffer: Buffer.alloc(1), callback: () => true },
        stepped: (step) => steps.push(`${step} in ${dialing.phase}`),
        connected: (socket) => {
          t.after(() => socket.destroy());
          resolve();
        },
        failed: ({ sentence }) => reject(new Error(spell(sentence))),
      });
    });
    const connection = 'TCP connection in TCP connection';
    assert.deepEqual(steps, ['DNS lookup in DNS lookup', connection, connection, 'proxy in proxy']);
  });

  it('says that a name cannot be looked up here, and connects to no proxy then', async (t) => {
    const failed = await failure(t, planOf(ws(1, 'a'.repeat(64)), socks5(await closedPort())));
    assert.match(failed.message, /could not connect to the server a{64}:1: the host name|the name server/);
    assert.equal(failed.kind, 'dns');
  });

  it('goes on after an answer that comes a byte at a time, with the bytes of the server behind it', async (t) => {
    const port = await drip(t, [5, 0, 5, 0, 0, 3, 1, 65, 0, 80, ...Buffer.from('hello')]);
    const outcome = await attempt(t, planOf(ws(1, 'h.test'), socks5h(port)));
    assert.notEqual(outcome.socket, undefined);
    await outcome.until('hello');
    assert.equal(outcome.usesOnread, false);
  });

  it('says where a proxy ended its answer, at every byte', async (t) => {
    const whole = [5, 2, 1, 0, 5, 0, 0, 1, 127, 0, 0, 1, 0, 80];
    for (let size = 0; size < whole.length; size++) {
      const port = await drip(t, whole.slice(0, size), true);
      const failed = await failure(t, planOf(ws(1), socks5h(port, { username: 'u', password: 'p' })));
      const step = size < 2 ? 'the greeting' : size < 4 ? 'the user name and password' : 'the request to connect';
      assert.match(failed.message, new RegExp(`closed the connection before it answered ${step}`), String(size));
      assert.equal(failed.kind, 'proxy');
    }
  });

  it('says that it is an HTTP proxy', async (t) => {
    const port = await peer(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const failed = await failure(t, planOf(ws(1), socks5h(port)));
    assert.match(failed.message, /does not speak SOCKS5: .* is it an HTTP proxy\?/);
  });
});
