import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import { spell } from '../../../lib/protocol/sentence.js';
import { type DialPlan, dial } from '../../../lib/transport/dial/dial.js';
import type { Phase } from '../../../lib/transport/failure.js';
import { certificates } from '../../peer/certificates.js';
import {
  attempt,
  connects,
  echo,
  everythingOf,
  failure,
  listen,
  peer,
  planOf,
  secureEcho,
  ws,
  wss,
} from '../../peer/dialling.js';
import { at, closedPort, onRequest, tunnelTo } from '../../peer/tunnelling.js';

describe('the start of dialling', () => {
  /** The order in which a dial reports, up to its end. */
  async function reports(t: TestContext, plan: DialPlan): Promise<string[]> {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      const onread = { buffer: Buffer.alloc(1024), callback: () => true };
      dial(plan, {
        onread,
        started: () => order.push('started'),
        connected: (socket) => {
          t.after(() => socket.destroy());
          socket.on('error', () => {});
          resolve(void order.push('connected'));
        },
        failed: () => resolve(void order.push('failed')),
      });
    });
    return order;
  }

  it('is reported before the connection, and before a failure in the network', async (t) => {
    assert.deepEqual(await reports(t, planOf(ws(await echo(t)))), ['started', 'connected']);
    assert.deepEqual(await reports(t, planOf(ws(await closedPort()))), ['started', 'failed']);
    assert.deepEqual(await reports(t, planOf(ws(1), at(await closedPort()))), ['started', 'failed']);
  });

  it('is reported when the files of TLS have been read', async (t) => {
    const { server, root } = await certificates();
    const plan = planOf(wss(await secureEcho(t, server.pem())), { tls: { caPath: root } });
    assert.deepEqual(await reports(t, plan), ['started', 'connected']);
  });

  it('is not reported when a file is missing, or when Node refuses the network', async (t) => {
    assert.deepEqual(await reports(t, planOf(wss(443), { tls: { caPath: '/nowhere/ca.pem' } })), ['failed']);
    t.mock.method(net, 'connect', () => {
      throw Object.assign(new Error('no network'), { code: 'ERR_ACCESS_DENIED' });
    });
    assert.deepEqual(await reports(t, planOf(ws(1))), ['failed']);
  });
});

describe('dialling directly', () => {
  it('connects, and reads through onread without a copy', async (t) => {
    const outcome = await connects(t, planOf(ws(await echo(t))));
    assert.equal(outcome.usesOnread, true);
    assert.equal(outcome.socket.listenerCount('data'), 0);
  });

  it('leaves none of its listeners on the socket', async (t) => {
    const { socket } = await connects(t, planOf(ws(await echo(t), 'localhost')));
    const plain = net.connect((socket.remotePort ?? 0) as number, '127.0.0.1');
    await once(plain, 'connect');
    plain.destroy();
    for (const event of ['lookup', 'connect', 'close', 'timeout']) {
      assert.equal(socket.listenerCount(event), plain.listenerCount(event), event);
    }
    assert.equal(socket.listenerCount('error'), 1); // the receiver's
  });

  it('tries the other addresses of a name when one refuses (happy eyeballs)', async (t) => {
    await connects(t, planOf(ws(await echo(t), 'localhost')));
    const certs = await certificates();
    const port = await secureEcho(t, certs.server.pem());
    await connects(t, planOf(wss(port), { tls: { caPath: certs.root } }));
  });

  it('says that nothing listens, and where', async (t) => {
    const port = await closedPort();
    const failed = await failure(t, planOf(ws(port)));
    assert.equal(
      failed.message,
      `could not connect to the server 127.0.0.1:${port}: connection refused, nothing listens there`,
    );
    assert.equal(failed.kind, 'tcp');
    assert.equal(failed.status, 0);
    assert.equal((failed.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  });

  it('says one reason for all addresses of a name that refuse', async (t) => {
    const failed = await failure(t, planOf(ws(await closedPort(), 'localhost')));
    assert.match(failed.message, /server localhost:\d+: connection refused, nothing listens there(; |$)/);
  });

  it('says that a name cannot be resolved', async (t) => {
    const failed = await failure(t, planOf(ws(1, 'a'.repeat(64))));
    assert.match(failed.message, /the host name a{64} could not be resolved|the name server did not answer/);
  });

  it('reports what Node throws when asked to connect, after dial has returned, and knows a denied access', async (t) => {
    const codes = {
      EACCES: 'permission',
      EPERM: 'permission',
      ERR_ACCESS_DENIED: 'permission',
      ERR_SOCKET_BAD_PORT: 'tcp',
    } as const;
    for (const [code, expected] of Object.entries(codes)) {
      const thrown = Object.assign(new Error('thrown'), { code });
      const connect = t.mock.method(net, 'connect', () => {
        throw thrown;
      });
      const failed = await failure(t, planOf(ws(80)));
      connect.mock.restore();
      assert.equal(failed.kind, expected);
      assert.match(failed.message, expected === 'permission' ? /80: .*does not allow/ : /80: thrown/);
      assert.equal(failed.cause, thrown);
    }
  });
});

describe('the proxy of the environment', () => {
  const names = ['ws_proxy', 'wss_proxy', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];

  /** Sets variables, and nothing else of the kind, until the test is over. */
  function environment(t: { after(f: () => void): void }, variables: NodeJS.ProcessEnv): void {
    const before = { ...process.env };
    for (const name of names) {
      delete process.env[name];
      delete process.env[name.toUpperCase()];
    }
    Object.assign(process.env, variables);
    t.after(() => {
      for (const name of Object.keys(variables)) delete process.env[name];
      Object.assign(process.env, before);
    });
  }

  it('is read when dialling', async (t) => {
    const target = await echo(t);
    const plan = planOf(ws(target, 'server.test'), { proxy: 'system' });
    environment(t, {});
    process.env['http_proxy'] = `http://127.0.0.1:${await closedPort()}`;
    t.after(() => delete process.env['http_proxy']);
    assert.match((await failure(t, plan)).message, /could not connect to the proxy/);
    process.env['http_proxy'] = `http://127.0.0.1:${await peer(t, tunnelTo('127.0.0.1'))}`;
    assert.equal((await connects(t, plan)).usesOnread, false);
  });

  it('is not for this machine itself: a proxy elsewhere has a loopback of its own', async (t) => {
    environment(t, { all_proxy: `http://127.0.0.1:${await closedPort()}` });
    const target = await echo(t);
    for (const host of ['127.0.0.1', 'localhost', 'app.localhost', '::ffff:127.0.0.1']) {
      await connects(t, planOf(ws(target, host), { proxy: 'system' }));
    }
  });

  it('that is no URL fails the attempt before anything is sent', async (t) => {
    environment(t, { http_proxy: 'http://user:hunter2@:1:1' });
    const failed = await failure(t, planOf(ws(1, 'server.test'), { proxy: 'system' }));
    assert.deepEqual([failed.kind, failed.attempted], ['proxy', false]);
    assert.match(failed.message, /http_proxy is not the URL of a proxy/);
    assert.doesNotMatch(everythingOf(failed), /hunter2/);
  });

  it('may be reached by TLS, for ws: and for wss: inside', async (t) => {
    const certs = await certificates();
    const proxy = await listen(t, tls.createServer(certs.server.pem(), tunnelTo('127.0.0.1')));
    environment(t, { all_proxy: `https://user:hunter2@localhost:${proxy}` });
    const trust = { proxy: 'system' as const, tls: { caPath: certs.root } };
    const plain = await connects(t, planOf(ws(await echo(t), 'server.test'), trust));
    assert.equal((plain.socket as tls.TLSSocket).encrypted, true);
    const target = await secureEcho(t, certs.server.pem());
    const { socket } = await connects(t, planOf(wss(target, 'server.test'), trust));
    assert.equal((socket as tls.TLSSocket).getPeerCertificate().subject.CN, 'server');
  });

  it('is verified even when the certificate of the server is not, and gets no client certificate', async (t) => {
    const certs = await certificates();
    const asked = { ...certs.server.pem(), requestCert: true, rejectUnauthorized: false };
    const shown: boolean[] = [];
    const proxy = await listen(
      t,
      tls.createServer(asked, (socket) => {
        shown.push(Object.keys(socket.getPeerCertificate()).length > 0);
        tunnelTo('127.0.0.1')(socket);
      }),
    );
    environment(t, { all_proxy: `https://127.0.0.1:${proxy}` });
    const target = await secureEcho(t, certs.selfSigned.pem());
    const skip = { skipServerCertVerification: true, clientCert: certs.client.ecPkcs8 };
    const failed = await failure(t, planOf(wss(target, 'server.test'), { proxy: 'system', tls: skip }));
    assert.match(failed.message, /the certificate of the proxy was issued by an unknown CA|comes from a CA/);
    await connects(t, planOf(wss(target, 'server.test'), { proxy: 'system', tls: { ...skip, caPath: certs.root } }));
    assert.deepEqual(shown.slice(-1), [false]);
  });

  it('that does not speak TLS says so of the proxy', async (t) => {
    const proxy = await peer(t, (socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    environment(t, { all_proxy: `https://127.0.0.1:${proxy}` });
    const failed = await failure(t, planOf(ws(80, 'server.test'), { proxy: 'system' }));
    assert.match(failed.message, /the proxy does not speak TLS on this port/);
  });
});

describe('a dial that is aborted', () => {
  /** Handles of a dial, or of its peer, that would keep the process alive: sockets and timers. */
  const handles = (): string[] =>
    process.getActiveResourcesInfo().filter((name) => /^(TCPSocketWrap|ConnectWrap|Timeout)$/.test(name));

  /** Turns of the loop until something holds; what never does fails the assertion that follows. */
  async function turnsUntil(holds: () => boolean): Promise<void> {
    for (let turn = 0; turn < 1000 && !holds(); turn++) await new Promise(setImmediate);
  }

  /** Aborts as soon as a phase is reached, and checks that nothing is left and nothing is called. */
  async function abortIn(phase: Phase, plan: DialPlan, reached: Promise<unknown>): Promise<void> {
    const called: string[] = [];
    const dialing = dial(plan, {
      onread: { buffer: Buffer.alloc(1024), callback: () => true },
      connected: () => called.push('connected'),
      failed: ({ sentence }) => called.push(spell(sentence)),
    });
    await reached;
    assert.equal(dialing.phase, phase);
    dialing.abort();
    dialing.abort();
    // What was on its way arrives, and handles close, here and at the peer.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    await turnsUntil(() => handles().length === 0);
    assert.deepEqual(called, []);
    assert.deepEqual(handles(), []);
  }

  beforeEach(async () => {
    await turnsUntil(() => handles().length === 0);
    assert.deepEqual(handles(), []);
  });

  it('in the DNS lookup leaves no handle', async (t) => {
    const port = await echo(t);
    await abortIn('DNS lookup', planOf(ws(port, 'server.test')), Promise.resolve());
    await abortIn('DNS lookup', planOf(wss(port, 'server.test')), Promise.resolve());
  });

  it('in the TCP connection leaves no handle', async (t) => {
    await abortIn('TCP connection', planOf(ws(await echo(t))), Promise.resolve());
  });

  it('while the proxy does not answer leaves no handle', async (t) => {
    let asked = (): void => {};
    const reached = new Promise<void>((resolve) => (asked = resolve));
    const proxy = await peer(t, (socket) => onRequest(socket, () => asked()));
    await abortIn('proxy', planOf(ws(80), at(proxy)), reached);
  });

  it('while a refusal is incomplete leaves no handle', async (t) => {
    const proxy = await peer(t, (socket) => onRequest(socket, () => socket.write('HTTP/1.1 403 No\r\n\r\n')));
    await abortIn(
      'proxy',
      planOf(ws(80), at(proxy)),
      turnsUntil(() => handles().includes('Timeout')),
    );
  });

  it('in the TLS handshake leaves no handle, directly and in a tunnel', async (t) => {
    let hello = (): void => {};
    let reached = new Promise<void>((resolve) => (hello = resolve));
    const closed: Promise<unknown>[] = [];
    const silent = await peer(t, (socket) => {
      closed.push(once(socket, 'close'));
      socket.once('data', () => hello());
    });
    await abortIn('TLS handshake', planOf(wss(silent, '127.0.0.1')), reached);
    reached = new Promise((resolve) => (hello = resolve));
    const proxy = await peer(t, tunnelTo('127.0.0.1'));
    await abortIn('TLS handshake', planOf(wss(silent, '127.0.0.1'), at(proxy)), reached);
    await Promise.all(closed);
  });

  it('while files are read never opens a socket', async (t) => {
    const certs = await certificates();
    let connections = 0;
    const port = await peer(t, () => connections++);
    const plan = planOf(wss(port, '127.0.0.1'), { tls: { caPath: certs.root } });
    const dialing = dial(plan, {
      onread: { buffer: Buffer.alloc(1024), callback: () => true },
      connected: () => assert.fail('connected after abort'),
      failed: () => assert.fail('failed after abort'),
    });
    dialing.abort();
    // A second attempt takes the same steps later: once it has connected, the first would have, too.
    await attempt(t, planOf(ws(port)));
    const other = await certificates();
    await attempt(t, planOf(wss(await secureEcho(t, other.server.pem())), { tls: { caPath: certs.root } }));
    assert.equal(connections, 1);
  });

  it('or has connected is the owner’s socket no more than before: abort leaves it alone', async (t) => {
    const port = await echo(t);
    await new Promise<void>((resolve) => {
      const dialing = dial(planOf(ws(port)), {
        onread: { buffer: Buffer.alloc(1024), callback: () => true },
        connected: (socket) => {
          t.after(() => socket.destroy());
          dialing.abort();
          assert.equal(socket.destroyed, false);
          resolve();
        },
        failed: () => assert.fail('failed'),
      });
    });
  });
});
