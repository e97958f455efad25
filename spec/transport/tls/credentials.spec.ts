import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { spell } from '../../../lib/protocol/sentence.js';
import { describeTlsError } from '../../../lib/transport/tls/alert.js';
import type { TlsPlan } from '../../../lib/transport/tls/credentials.js';
import { type Certificates, certificates, type ServerIdentity } from '../../peer/certificates.js';
import { attempt, connects, failure, listen, peer, planOf, secureEcho, wss } from '../../peer/dialling.js';
import { at, tunnelTo } from '../../peer/tunnelling.js';

let certs: Certificates;
before(async () => {
  certs = await certificates();
});

const plan = (port: number, options: Partial<TlsPlan>, host?: string) => planOf(wss(port, host), { tls: options });
const server = (t: TestContext, identity: ServerIdentity = certs.server, more: tls.TlsOptions = {}): Promise<number> =>
  secureEcho(t, { ...identity.pem(), ...more });
const folder = (): string => mkdtempSync(join(certs.folder, 'spec-'));

/** What is said of an error of TLS. */
function described(error: unknown): string | undefined {
  const sentence = describeTlsError(error, 'the server');
  return sentence && spell(sentence);
}

describe('clientCert', () => {
  /** A server that only talks to clients with a certificate of the root. */
  const demanding = (t: TestContext, more: tls.TlsOptions = {}): Promise<number> =>
    server(t, certs.server, { ca: readFileSync(certs.root), requestCert: true, rejectUnauthorized: true, ...more });

  for (const form of [
    ...['rsaPkcs1', 'rsaPkcs8', 'rsaPkcs1Encrypted', 'rsaPkcs8Encrypted'],
    ...['ecSec1', 'ecPkcs8', 'ecSec1Encrypted', 'ecPkcs8Encrypted'],
  ] as (keyof Certificates['client'])[]) {
    it(`may have a key in the form ${form}`, async (t) => {
      await connects(t, plan(await demanding(t), { caPath: certs.root, clientCert: certs.client[form] }));
    });
  }

  it('with empty paths means none', async (t) => {
    await connects(t, plan(await server(t), { caPath: certs.root, clientCert: { certPath: '', keyPath: '' } }));
  });

  it('whose key is too small to be safe says so', async (t) => {
    const path = folder();
    const [certPath, keyPath] = [join(path, 'small.pem'), join(path, 'small.key')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'rsa:512',
      '-nodes',
      '-subj',
      '/CN=small',
      '-keyout',
      keyPath,
      '-out',
      certPath,
    ];
    await promisify(execFile)('openssl', request);
    const failed = await failure(t, plan(1, { clientCert: { certPath, keyPath } }));
    assert.match(
      failed.message,
      /^the options of TLS cannot be used: the key of the certificate is too small to be safe$/,
    );
  });

  it('that is missing or refused in TLS 1.2 fails the handshake with what to do', async (t) => {
    const port = await demanding(t, { maxVersion: 'TLSv1.2' });
    const cases = [undefined, certs.client.stranger];
    for (const clientCert of cases) {
      const failed = await failure(t, plan(port, { caPath: certs.root, clientCert }));
      assert.equal(failed.kind, 'tls');
      assert.match(failed.message, /TLS handshake/);
    }
  });

  it('that is missing in TLS 1.3 shows after the handshake, as an error that can be described', async (t) => {
    const port = await demanding(t, { minVersion: 'TLSv1.3' });
    const { socket } = await attempt(t, plan(port, { caPath: certs.root }));
    const [error] = await once(socket!, 'error');
    assert.match(described(error)!, /requires a client certificate: give one in the option clientCert/);
  });
});

describe('the certificate of the server', () => {
  const refused = async (t: TestContext, identity: ServerIdentity, host?: string, more: Partial<TlsPlan> = {}) => {
    const port = await server(t, identity);
    const options = { caPath: certs.root, ...more };
    const failed = await failure(t, plan(port, options, host));
    assert.equal(failed.kind, 'certificate');
    await connects(t, plan(port, { ...options, skipServerCertVerification: true }, host));
    // What was accepted unverified must not be resumed by a connection that verifies.
    assert.equal((await failure(t, plan(port, options, host))).message, failed.message);
    return failed;
  };

  it('that has expired says when', async (t) => {
    const failed = await refused(t, certs.expired);
    assert.match(failed.message, /^the certificate of the server expired on \w{3} .*GMT$/);
    assert.equal((failed.cause as NodeJS.ErrnoException).code, 'CERT_HAS_EXPIRED');
  });

  it('that is not valid yet says from when', async (t) => {
    const failed = await refused(t, certs.notYetValid);
    assert.match(
      failed.message,
      /^the certificate of the server is not valid before \w{3} .*GMT: is the clock right\?$/,
    );
  });

  it('for other names says for which', async (t) => {
    const failed = await refused(t, certs.wrongHost);
    assert.equal(failed.message, 'the certificate of the server is not for localhost: it is for other.test, 192.0.2.1');
  });

  it('that issued itself says that, and what to do', async (t) => {
    const failed = await refused(t, certs.selfSigned);
    assert.match(failed.message, /is self-signed: to trust it, give its PEM file in the option caPath/);
  });

  it('of an unknown CA names it, and what to do', async (t) => {
    const failed = await refused(t, certs.strangers);
    assert.match(failed.message, /issued by an unknown CA \("Spec stranger"\): give that CA in the option caPath/);
  });

  it('without its intermediate names what is missing', async (t) => {
    const failed = await refused(t, certs.withoutIntermediate);
    assert.match(
      failed.message,
      /unknown CA \("Spec intermediate"\).*or have the server send its intermediate certificates/,
    );
  });

  it('is checked against names and against IP addresses', async (t) => {
    const port = await server(t);
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1'])
      await connects(t, plan(port, { caPath: certs.root }, host));
    const nameOnly = await server(t, certs.nameOnly);
    await connects(t, plan(nameOnly, { caPath: certs.root }));
    const failed = await failure(t, plan(nameOnly, { caPath: certs.root }, '127.0.0.1'));
    assert.match(failed.message, /is not for 127\.0\.0\.1: it is for localhost/);
  });

  it('that names an address as a DNS name says so', async (t) => {
    for (const host of ['127.0.0.1', '::1']) {
      const port = await secureEcho(t, certs.addressAsName.pem(), host);
      const failed = await failure(t, plan(port, { caPath: certs.root }, host));
      assert.equal(failed.message, `the certificate of the server names ${host} as a DNS name, not as an IP address`);
    }
  });

  it('is checked against IPv6 addresses', async (t) => {
    const port = await secureEcho(t, certs.server.pem(), '::1').catch(() => undefined);
    if (port === undefined) return t.skip('this machine has no IPv6');
    await connects(t, plan(port, { caPath: certs.root }, '::1'));
  });

  it('is asked for by name (SNI), and by none for an IP address (RFC 6066 §3)', async (t) => {
    const seen: unknown[] = [];
    const port = await listen(
      t,
      tls.createServer(certs.server.pem(), (socket) => {
        seen.push(socket.servername);
        socket.pipe(socket);
      }),
    );
    for (const host of ['localhost', '127.0.0.1']) await connects(t, plan(port, { caPath: certs.root }, host));
    assert.deepEqual(seen, ['localhost', false]);
  });

  it('is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says', async (t) => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
    await failure(t, plan(await server(t, certs.selfSigned), { caPath: certs.root }));
  });
});

describe('the TLS version', () => {
  const fits = [
    [undefined, 'TLSv1.2'],
    [undefined, 'TLSv1.3'],
    [2, 'TLSv1.2'],
    [3, 'TLSv1.3'],
    [1, 'TLSv1.1'],
    [0, 'TLSv1'],
    [0, 'TLSv1.3'],
  ] as const;
  // BoringSSL, which is Bun's, has no levels.
  const old = 'bun' in process.versions ? {} : { ciphers: 'ALL:@SECLEVEL=0' };
  for (const [minSupportTlsProtocol, version] of fits) {
    it(`${version} is accepted with minSupportTlsProtocol ${minSupportTlsProtocol}`, async (t) => {
      const port = await server(t, certs.server, {
        minVersion: version,
        maxVersion: version,
        ...(version < 'TLSv1.2' ? old : {}),
      });
      const { socket } = await connects(t, plan(port, { caPath: certs.root, minSupportTlsProtocol }));
      assert.equal((socket as tls.TLSSocket).getProtocol(), version);
    });
  }

  it('below 1.2 is asked for where ciphers have no levels, as in BoringSSL', async (t) => {
    const create = tls.createSecureContext;
    t.mock.method(tls, 'createSecureContext', (options: tls.SecureContextOptions) => {
      if (!options.ciphers?.includes('@SECLEVEL')) return create(options);
      throw Object.assign(new Error('INVALID_COMMAND'), { code: 'ERR_SSL_INVALID_COMMAND' });
    });
    const port = await server(t, certs.server, { minVersion: 'TLSv1.2' });
    await connects(t, plan(port, { caPath: certs.root, minSupportTlsProtocol: 0 }));
  });

  for (const [minSupportTlsProtocol, version] of [
    [3, 'TLSv1.2'],
    [undefined, 'TLSv1.1'],
    [2, 'TLSv1'],
  ] as const) {
    it(`${version} is too old with minSupportTlsProtocol ${minSupportTlsProtocol}, and it says so`, async (t) => {
      const port = await server(t, certs.server, { minVersion: version, maxVersion: version, ...old });
      const failed = await failure(t, plan(port, { caPath: certs.root, minSupportTlsProtocol }));
      assert.match(failed.message, /TLS version.*minSupportTlsProtocol/);
    });
  }
});

describe('the TLS handshake', () => {
  it('with a server that does not speak TLS says so', async (t) => {
    const port = await peer(t, (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const failed = await failure(t, plan(port, {}));
    assert.match(failed.message, /the server does not speak TLS on this port: is its URL a ws: one\?/);
    assert.notEqual(failed.cause, undefined);
  });

  it('that the server ends says so', async (t) => {
    const ended = await peer(t, (socket) => socket.once('data', () => socket.end()));
    assert.match(
      (await failure(t, plan(ended, {}))).message,
      /^the connection was lost during the TLS handshake with the server/,
    );
    const reset = await peer(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
    assert.match(
      (await failure(t, plan(reset, {}))).message,
      /TLS handshake with the server: the connection was reset/,
    );
  });
});

describe('a TLS session', () => {
  /** Whether a connection resumed a session; it has got the tickets for the next one when it is done. */
  async function resumes(t: TestContext, port: number, options: Partial<TlsPlan>, host?: string): Promise<boolean> {
    const { socket } = await connects(t, plan(port, options, host));
    return (socket as tls.TLSSocket).isSessionReused();
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`of ${version} is resumed again and again, for the same host, port and options only`, async (t) => {
      const versions = { minVersion: version, maxVersion: version };
      const port = await server(t, certs.server, versions);
      const options = { caPath: certs.root };
      assert.equal(await resumes(t, port, options), false);
      assert.equal(await resumes(t, port, options), true);
      assert.equal(await resumes(t, port, options), true);
      assert.equal(await resumes(t, port, options, '127.0.0.1'), false);
      assert.equal(await resumes(t, await server(t, certs.server, versions), options), false);
      assert.equal(await resumes(t, port, { caPath: certs.bundle }), false);
      assert.equal(await resumes(t, port, { ...options, clientCert: certs.client.ecPkcs8 }), false);
      assert.equal(await resumes(t, port, { ...options, skipServerCertVerification: true }), false);
      assert.equal(await resumes(t, port, { ...options, minSupportTlsProtocol: 2 }), false);
      assert.equal(await resumes(t, port, options), true);
    });

    it(`of ${version} with a server of another name is not kept: resuming it would skip that check`, async (t) => {
      const port = await server(t, certs.wrongHost, { minVersion: version, maxVersion: version });
      for (let time = 0; time < 3; time++) {
        assert.match((await failure(t, plan(port, { caPath: certs.root }))).message, /is not for localhost/);
      }
    });
  }

  it('is there for each of several connections that start at once, once as many were open', async (t) => {
    const port = await server(t, certs.server, { minVersion: 'TLSv1.3' });
    const options = { caPath: certs.root, servername: 'localhost' };
    const together = (): Promise<boolean[]> => Promise.all([0, 1, 2, 3].map(() => resumes(t, port, options)));
    await together();
    assert.deepEqual(await together(), [true, true, true, true]);
    assert.deepEqual(await together(), [true, true, true, true]);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    /** OpenSSL without a session-id context: it asks for a certificate, and fails whoever resumes a session. */
    const unableToResume = (t: TestContext, failed: string[]): Promise<number> => {
      const secureContext = tls.createSecureContext({
        ...certs.server.pem(),
        ca: readFileSync(certs.root),
        minVersion: version,
        maxVersion: version,
      });
      return peer(t, (socket) => {
        const secure = new tls.TLSSocket(socket, { isServer: true, secureContext, requestCert: true });
        secure.on('error', (error: NodeJS.ErrnoException) => failed.push(error.code!));
        secure.pipe(secure);
      });
    };

    it(`of ${version} that a server cannot resume costs no connection, and is not offered again`, async (t) => {
      const failed: string[] = [];
      const options = { caPath: certs.root, clientCert: certs.client.ecPkcs8 };
      const port = await unableToResume(t, failed);
      for (let time = 0; time < 6; time++) await connects(t, plan(port, options));
      assert.deepEqual(failed, ['ERR_SSL_SESSION_ID_CONTEXT_UNINITIALIZED']);
    });

    it(`of ${version} is given up in a tunnel as well, with a tunnel of its own for the second attempt`, async (t) => {
      const failed: string[] = [];
      let tunnels = 0;
      const port = await unableToResume(t, failed);
      const proxy = await peer(t, (socket) => {
        tunnels++;
        tunnelTo('127.0.0.1')(socket);
      });
      const options = { caPath: certs.root, clientCert: certs.client.ecPkcs8 };
      for (let time = 0; time < 6; time++) {
        await connects(t, planOf(wss(port), { ...at(proxy), tls: options }));
      }
      assert.deepEqual([failed.length, tunnels], [1, 7]);
    });
  }

  it('that was not the reason is not kept from the next: the failure of the second attempt counts', async (t) => {
    let served = 0;
    let attempts = 0;
    const secureContext = tls.createSecureContext({ ...certs.server.pem(), maxVersion: 'TLSv1.2' });
    const port = await peer(t, (socket) => {
      attempts++;
      if (served++ > 0 && served < 4) return void socket.once('data', () => socket.destroy());
      const secure = new tls.TLSSocket(socket, { isServer: true, secureContext });
      secure.on('error', () => {}).pipe(secure);
    });
    const options = { caPath: certs.root };
    await connects(t, plan(port, options));
    const failed = await failure(t, plan(port, options));
    assert.match(failed.message, /lost during the TLS handshake/);
    assert.equal(attempts, 3, 'one with the session, one without');
    assert.equal(await resumes(t, port, options), false, 'the session is gone');
    assert.equal(await resumes(t, port, options), true);
  });
});
