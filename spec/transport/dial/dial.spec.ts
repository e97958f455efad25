import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import { type DialPlan, dial } from '../../../lib/transport/dial/dial.js';
import type { HttpProxy } from '../../../lib/transport/dial/proxy-configuration.js';
import { type ConnectionFailure, type Phase, spell } from '../../../lib/transport/failure.js';
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

const credentials = { username: 'user', password: 'hunter2' };
const encoded = Buffer.from('user:hunter2').toString('base64');

/** A port on which nothing listens: it was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function at(port: number, more: Partial<HttpProxy> = {}): { proxy: HttpProxy } {
  return { proxy: { host: '127.0.0.1', port, ...more } };
}

/** Collects a request up to its empty line. */
function onRequest(socket: net.Socket, act: (request: string) => void): void {
  let request = '';
  const collect = (chunk: Buffer): void => {
    request += chunk.toString('latin1');
    if (!request.endsWith('\r\n\r\n')) return;
    socket.off('data', collect);
    act(request);
  };
  socket.on('data', collect);
}

/** Makes a tunnel as it is told to; `reply` goes to the client first. */
function tunnelTo(host: string, reply = 'HTTP/1.1 200 Connection established\r\n\r\n'): (socket: net.Socket) => void {
  return (socket) =>
    onRequest(socket, (request) => {
      const port = Number(/^CONNECT \S+:(\d+) /.exec(request)![1]);
      const onward = net.connect(port, host);
      onward.on('error', () => socket.destroy());
      onward.on('connect', () => {
        socket.write(reply);
        socket.pipe(onward).pipe(socket);
      });
      socket.on('close', () => onward.destroy());
    });
}

/** A proxy that answers every request with the same bytes and keeps the connection. */
function answering(reply: string, end = false): (socket: net.Socket) => void {
  return (socket) =>
    onRequest(socket, () => {
      socket.write(reply, 'latin1');
      if (end) socket.end();
    });
}

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

describe('a tunnel', () => {
  it('carries ws:, with nothing of the credentials for the target', async (t) => {
    let received = '';
    const target = await peer(t, (socket) =>
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        socket.write(chunk);
      }),
    );
    const proxy = await peer(t, tunnelTo('127.0.0.1'));
    const outcome = await connects(t, planOf(ws(target), at(proxy, credentials)));
    assert.equal(outcome.usesOnread, false);
    assert.equal(received, 'there and back');
  });

  it('carries wss:, verified against the target and not the proxy', async (t) => {
    const certs = await certificates();
    const target = await secureEcho(t, certs.server.pem());
    const proxy = await peer(t, tunnelTo('127.0.0.1'));
    const { socket } = await connects(
      t,
      planOf(wss(target, 'server.test'), { ...at(proxy), tls: { caPath: certs.root } }),
    );
    assert.equal((socket as tls.TLSSocket).encrypted, true);
    const failed = await failure(t, planOf(wss(target, '127.0.0.2'), { ...at(proxy), tls: { caPath: certs.root } }));
    assert.match(
      failed.message,
      /the certificate of the server is not for 127\.0\.0\.2: it is for localhost, server\.test/,
    );
  });

  it('asks with the authority and Basic authorisation, and puts an IPv6 address in brackets', async (t) => {
    let request = '';
    const proxy = await peer(t, (socket) =>
      onRequest(socket, (text) => {
        request = text;
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
      }),
    );
    await attempt(t, planOf(ws(8080, '2001:db8::1'), at(proxy, credentials)));
    assert.equal(
      request,
      'CONNECT [2001:db8::1]:8080 HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n' +
        `Proxy-Authorization: Basic ${encoded}\r\n\r\n`,
    );
  });

  it('is made when the head comes byte by byte, and the bytes after it belong to the tunnel', async (t) => {
    const head = 'HTTP/1.1 200 OK\r\nVia: x\r\n\r\n';
    for (const cut of [1, 8, head.length - 1, head.length, head.length + 3]) {
      const proxy = await peer(t, (socket) => {
        socket.setNoDelay(true);
        onRequest(socket, () => {
          socket.write(`${head}early`.slice(0, cut), () => {
            setImmediate(() => socket.write(`${head}early`.slice(cut)));
          });
        });
      });
      const outcome = await attempt(t, planOf(ws(80, 'target.test'), at(proxy)));
      await outcome.until('early');
      assert.equal(outcome.text(), 'early');
    }
  });

  it('gives bytes after the head to TLS', async (t) => {
    const certs = await certificates();
    const proxy = await peer(t, answering('HTTP/1.1 200 OK\r\n\r\nthis is no TLS record'));
    const failed = await failure(t, planOf(wss(443), { ...at(proxy), tls: { caPath: certs.root } }));
    assert.match(failed.message, /the TLS handshake failed: the server does not speak TLS on this port/);
  });

  const refusals: readonly (readonly [status: string, more: object, message: RegExp])[] = [
    ['407 Proxy Authentication Required', {}, /wants a user name and password: give username and password/],
    ['407 Proxy Authentication Required', credentials, /does not accept the user name and password/],
    ['403 Forbidden', {}, /does not allow a tunnel to target\.test:80/],
    ['405 Method Not Allowed', {}, /does not support tunnels/],
    ['502 Bad Gateway', {}, /could not connect to target\.test:80/],
    ['504 Gateway Timeout', {}, /got no answer from target\.test:80/],
    ['301 Moved', {}, /expected a 2xx status/],
  ];
  for (const [status, more, message] of refusals) {
    it(`fails with ${status}${'username' in more ? ' after credentials' : ''}, with status, head and body`, async (t) => {
      const proxy = await peer(t, answering(`HTTP/1.1 ${status}\r\nX-Why: rule 7\r\nContent-Length: 4\r\n\r\nbody`));
      const failed = await failure(t, planOf(ws(80, 'target.test'), at(proxy, more)));
      assert.ok(failed.message.startsWith(`the proxy answered CONNECT with ${status}: `), failed.message);
      assert.match(failed.message, message);
      assert.equal(failed.kind, 'refused');
      assert.equal(failed.status, Number(status.slice(0, 3)));
      assert.equal(failed.refusal?.body, 'body');
      assert.equal(failed.refusal?.head.toHeaders()['x-why'], 'rule 7');
    });
  }

  it('says which authentication a proxy wants that does not offer Basic', async (t) => {
    const proxy = await peer(
      t,
      answering('HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Digest realm="x"\r\n\r\n', true),
    );
    const failed = await failure(t, planOf(ws(80), at(proxy, credentials)));
    assert.match(failed.message, /authentication by NTLM or Digest, and only Basic is supported/);
  });

  it('does not wait for the rest of a body for ever, nor beyond the end of the connection', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const slow = await peer(t, (socket) => {
      answering('HTTP/1.1 403 Forbidden\r\n\r\nhalf')(socket);
    });
    const waiting = failure(t, planOf(ws(80), at(slow)));
    // The timer starts when the reply is there: turns of the loop until it does.
    let failed: ConnectionFailure | undefined;
    void waiting.then((value) => (failed = value));
    while (failed === undefined) {
      await new Promise(setImmediate);
      t.mock.timers.tick(1000);
    }
    assert.equal(failed.refusal?.body, 'half');
    t.mock.timers.reset();
    const ended = await peer(t, answering('HTTP/1.1 403 Forbidden\r\n\r\nhalf', true));
    assert.equal((await failure(t, planOf(ws(80), at(ended)))).refusal?.body, 'half');
  });

  it('fails with a proxy that is none, at its first bytes', async (t) => {
    for (const garbage of ['SSH-2.0-OpenSSH_9.2\r\n', '\x15\x03\x01\x00\x02', 'HTTP/1.1 two hundred\r\n\r\n']) {
      const proxy = await peer(t, answering(garbage));
      const failed = await failure(t, planOf(ws(80), at(proxy, credentials)));
      assert.match(failed.message, /the answer of 127\.0\.0\.1:\d+ to CONNECT is not one of an HTTP proxy: expected/);
      assert.equal(failed.status, 0);
    }
  });

  it('fails when the head of the reply has no end', async (t) => {
    const proxy = await peer(t, answering(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(20000)}`));
    assert.match((await failure(t, planOf(ws(80), at(proxy)))).message, /at most 16384 bytes/);
  });

  it('fails when the proxy closes early, and says after what', async (t) => {
    const silent = await peer(t, answering('', true));
    const failed = await failure(t, planOf(ws(80), at(silent)));
    assert.equal(failed.message, 'the proxy closed the connection before it answered CONNECT');
    const half = await peer(t, answering('HTTP/1.1 200', true));
    assert.equal(
      (await failure(t, planOf(ws(80), at(half)))).message,
      'the proxy closed the connection in the middle of its answer to CONNECT, after 12 bytes',
    );
    const reset = await peer(t, (socket) => onRequest(socket, () => socket.resetAndDestroy()));
    assert.match(
      (await failure(t, planOf(ws(80), at(reset)))).message,
      /before it answered CONNECT: the connection was reset/,
    );
  });

  it('fails when the proxy is not there', async (t) => {
    const port = await closedPort();
    const failed = await failure(t, planOf(ws(80), at(port, credentials)));
    assert.equal(
      failed.message,
      `could not connect to the proxy 127.0.0.1:${port}: connection refused, nothing listens there`,
    );
  });

  it('fails when the connection ends in the TLS handshake with the target', async (t) => {
    const proxy = await peer(t, (socket) =>
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.once('data', () => socket.end());
      }),
    );
    const failed = await failure(t, planOf(wss(443), at(proxy)));
    assert.match(failed.message, /^the connection was lost during the TLS handshake with the server/);
  });

  it('shows the credentials in no failure, not even when the proxy repeats them', async (t) => {
    const replies = [
      `HTTP/1.1 407 ${encoded}\r\nX-Echo: Basic ${encoded}\r\nContent-Length: 30\r\n\r\nuser:hunter2 ${encoded} and so on`,
      `CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\nProxy-Authorization: Basic ${encoded}\r\n\r\n`,
      '',
    ];
    for (const reply of replies) {
      const proxy = await peer(t, answering(reply, true));
      const shown = everythingOf(await failure(t, planOf(ws(80), at(proxy, credentials))));
      assert.doesNotMatch(shown, /hunter2/);
      assert.equal(shown.includes(encoded), false, shown);
    }
  });

  it('is not made for a target on the exclusionList', async (t) => {
    await connects(t, planOf(ws(await echo(t)), at(await closedPort(), { exclusionList: ['127.0.0.1'] })));
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
    const plan = planOf(ws(target), { proxy: 'system' });
    environment(t, {});
    await connects(t, plan);
    process.env['http_proxy'] = `http://127.0.0.1:${await closedPort()}`;
    t.after(() => delete process.env['http_proxy']);
    assert.match((await failure(t, plan)).message, /could not connect to the proxy/);
    process.env['http_proxy'] = `http://127.0.0.1:${await peer(t, tunnelTo('127.0.0.1'))}`;
    assert.equal((await connects(t, plan)).usesOnread, false);
  });

  it('that is no URL fails the attempt before anything is sent', async (t) => {
    environment(t, { http_proxy: 'http://user:hunter2@:1:1' });
    const failed = await failure(t, planOf(ws(1), { proxy: 'system' }));
    assert.deepEqual([failed.kind, failed.attempted], ['proxy', false]);
    assert.match(failed.message, /http_proxy is not the URL of a proxy/);
    assert.doesNotMatch(everythingOf(failed), /hunter2/);
  });

  it('may be reached by TLS, for ws: and for wss: inside', async (t) => {
    const certs = await certificates();
    const proxy = await listen(t, tls.createServer(certs.server.pem(), tunnelTo('127.0.0.1')));
    environment(t, { all_proxy: `https://user:hunter2@localhost:${proxy}` });
    const trust = { proxy: 'system' as const, tls: { caPath: certs.root } };
    const plain = await connects(t, planOf(ws(await echo(t)), trust));
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
    const failed = await failure(t, planOf(wss(target), { proxy: 'system', tls: skip }));
    assert.match(failed.message, /the certificate of the proxy was issued by an unknown CA|comes from a CA/);
    await connects(t, planOf(wss(target), { proxy: 'system', tls: { ...skip, caPath: certs.root } }));
    assert.deepEqual(shown.slice(-1), [false]);
  });

  it('that does not speak TLS says so of the proxy', async (t) => {
    const proxy = await peer(t, (socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    environment(t, { all_proxy: `https://127.0.0.1:${proxy}` });
    const failed = await failure(t, planOf(ws(80), { proxy: 'system' }));
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
    await abortIn('DNS lookup', planOf(ws(port, 'localhost')), Promise.resolve());
    await abortIn('DNS lookup', planOf(wss(port)), Promise.resolve());
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
