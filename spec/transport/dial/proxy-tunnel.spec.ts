import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type tls from 'node:tls';
import type { ConnectionFailure } from '../../../lib/transport/failure.js';
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
import { answering, at, closedPort, credentials, encoded, onRequest, tunnelTo } from '../../peer/tunnelling.js';

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

  it('asks for credentials when Basic is among the challenges of one line', async (t) => {
    const proxy = await peer(
      t,
      answering('HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM, Basic realm="a, b"\r\nContent-Length: 0\r\n\r\n'),
    );
    assert.match((await failure(t, planOf(ws(80), at(proxy)))).message, /wants a user name and password/);
  });

  it('shows no more than a few dozen characters of what a proxy says, and no control', async (t) => {
    const long = 'x'.repeat(500);
    const head = `HTTP/1.1 407 \x9b31m${long}\r\nProxy-Authenticate: ${`${long}, `.repeat(9)}\r\n`;
    const proxy = await peer(t, answering(`${head}Content-Length: 0\r\n\r\n`));
    const { message } = await failure(t, planOf(ws(80), at(proxy)));
    assert.ok(message.length < 350, message);
    assert.match(message, /^[\x20-\x7e…]+$/);
  });

  it('is asked for without the zone of an address, which is about this machine', async (t) => {
    let asked = '';
    const proxy = await peer(t, (socket) =>
      onRequest(socket, (request) => {
        asked = request;
        socket.end('HTTP/1.1 403 No\r\n\r\n');
      }),
    );
    await failure(t, planOf(ws(80, 'fe80::1%eth0'), at(proxy)));
    assert.match(asked, /^CONNECT \[fe80::1\]:80 HTTP/);
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
