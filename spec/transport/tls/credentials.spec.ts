import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import callbackFs, { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { BusinessError } from '../../../lib/api/errors.js';
import { spell } from '../../../lib/transport/failure.js';
import { describeTlsError } from '../../../lib/transport/tls/alert.js';
import { describeRefusedCertificate } from '../../../lib/transport/tls/certificate-problem.js';
import type { TlsPlan } from '../../../lib/transport/tls/credentials.js';
import { maxSessions, TlsSessions } from '../../../lib/transport/tls/sessions.js';
import { type Certificates, certificates, type ServerIdentity } from '../../peer/certificates.js';
import {
  attempt,
  connects,
  everythingOf,
  failure,
  listen,
  peer,
  planOf,
  secureEcho,
  wss,
} from '../../peer/dialling.js';

let certs: Certificates;
before(async () => {
  certs = await certificates();
});

const plan = (port: number, options: Partial<TlsPlan>, host?: string) => planOf(wss(port, host), { tls: options });
const server = (t: TestContext, identity: ServerIdentity = certs.server, more: tls.TlsOptions = {}): Promise<number> =>
  secureEcho(t, { ...identity.pem(), ...more });
const folder = (): string => mkdtempSync(join(certs.folder, 'spec-'));

describe('caPath', () => {
  it('is a PEM file with one or many certificates, or a directory of them', async (t) => {
    const port = await server(t);
    for (const caPath of [certs.root, certs.bundle, certs.directory]) await connects(t, plan(port, { caPath }));
  });

  it('is the only trust there is: neither the roots of the runtime nor other CAs', async (t) => {
    const port = await server(t);
    for (const caPath of [certs.strangerRoot, undefined, '']) {
      const failed = await failure(t, plan(port, { caPath }));
      assert.equal(failed.kind, 'certificate');
      assert.equal(failed.status, 0);
      assert.match(failed.message, /the certificate of the server .* CA .*option caPath/);
    }
  });

  it('may hold an intermediate, or the very certificate of the server', async (t) => {
    await connects(t, plan(await server(t, certs.withoutIntermediate), { caPath: certs.intermediate }));
    await connects(t, plan(await server(t, certs.selfSigned), { caPath: certs.selfSigned.certPath }));
    await connects(t, plan(await server(t, certs.withoutIntermediate), { caPath: certs.withoutIntermediate.certPath }));
  });

  it('may be a directory with other files, links, dangling links and directories in it', async (t) => {
    const path = folder();
    mkdirSync(join(path, 'nested'));
    writeFileSync(join(path, 'README'), 'no certificate');
    symlinkSync(certs.root, join(path, '0a1b2c3d.0'));
    symlinkSync(certs.root, join(path, '0a1b2c3d.1'));
    symlinkSync(join(path, 'gone'), join(path, 'dangling.pem'));
    await connects(t, plan(await server(t), { caPath: path }));
  });

  it('may have text around the certificates, and CR LF', async (t) => {
    const path = join(folder(), 'ca.pem');
    writeFileSync(
      path,
      `\ufeffSubject: Ünïcode\r\n${readFileSync(certs.root, 'latin1').replaceAll('\n', '\r\n')}\r\nend`,
    );
    await connects(t, plan(await server(t), { caPath: path }));
  });

  it('is read when connecting', async (t) => {
    const path = join(folder(), 'ca.pem');
    const port = await server(t);
    assert.equal((await failure(t, plan(port, { caPath: path }))).kind, 'file-missing');
    writeFileSync(path, readFileSync(certs.root));
    await connects(t, plan(port, { caPath: path }));
    writeFileSync(path, readFileSync(certs.strangerRoot));
    assert.equal((await failure(t, plan(port, { caPath: path }))).kind, 'certificate');
  });

  it('without a certificate in it fails and says so', async (t) => {
    const path = folder();
    const file = join(path, 'empty.pem');
    const der = join(path, 'ca.der');
    writeFileSync(file, 'nothing');
    writeFileSync(der, Buffer.from(readFileSync(certs.root, 'latin1').replace(/-----.*-----|\n/g, ''), 'base64'));
    for (const caPath of [file, der, certs.server.keyPath]) {
      const failed = await failure(t, plan(1, { caPath }));
      assert.deepEqual([failed.kind, failed.attempted], ['file-unusable', false]);
      const expected = 'the option caPath: expected certificates in PEM form ("-----BEGIN CERTIFICATE-----")';
      assert.equal(failed.message, `${expected}, found none: ${caPath}`);
    }
    assert.match((await failure(t, plan(1, { caPath: path }))).message, /no file of the directory holds one/);
  });

  it('with a damaged certificate fails and says so', async (t) => {
    const file = join(folder(), 'damaged.pem');
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const failed = await failure(t, plan(1, { caPath: file }));
    assert.equal(failed.message, `the option caPath: the file holds a certificate that is damaged: ${file}`);
    assert.notEqual(failed.cause, undefined);
  });
});

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

  it('that is missing says which file, before a connection is attempted', async (t) => {
    const { certPath, keyPath } = certs.client.ecPkcs8;
    const gone = join(certs.folder, 'gone.pem');
    const cases = [
      [{ certPath: gone, keyPath }, `the option clientCert.certPath: there is no such file: ${gone}`],
      [{ certPath, keyPath: gone }, `the option clientCert.keyPath: there is no such file: ${gone}`],
      [
        { certPath, keyPath: join(certPath, 'x') },
        `the option clientCert.keyPath: there is no such file: ${certPath}/x`,
      ],
      [{ certPath, keyPath: '' }, 'the option clientCert.keyPath: there is no such file: '],
    ] as const;
    for (const [clientCert, message] of cases) {
      const failed = await failure(t, plan(1, { clientCert }));
      assert.deepEqual([failed.kind, failed.attempted, failed.message], ['file-missing', false, message]);
      assert.match(String((failed.cause as NodeJS.ErrnoException).code), /ENOENT|ENOTDIR/);
    }
    assert.equal(
      (await failure(t, plan(1, { caPath: gone }))).message,
      `the option caPath: there is no such file: ${gone}`,
    );
  });

  it('or caPath that may not be read is a matter of permission', async (t) => {
    for (const code of ['EACCES', 'EPERM', 'ERR_ACCESS_DENIED']) {
      const denied = Object.assign(new Error('denied'), { code });
      const readFile = t.mock.method(fs, 'readFile', () => Promise.reject(denied));
      const stat = t.mock.method(callbackFs, 'stat', (_path: string, done: (error: Error) => void) => done(denied));
      const { syncBuiltinESMExports } = await import('node:module');
      syncBuiltinESMExports();
      const failures = [
        await failure(t, plan(1, { clientCert: certs.client.ecPkcs8 })),
        await failure(t, plan(1, { caPath: certs.root })),
      ];
      readFile.mock.restore();
      stat.mock.restore();
      syncBuiltinESMExports();
      assert.deepEqual(
        failures.map((failed) => failed.kind),
        ['permission', 'permission'],
      );
      assert.match(
        failures[0]!.message,
        new RegExp(`^the option clientCert\\.certPath: not allowed to read it \\(${code}\\)`),
      );
      assert.match(failures[1]!.message, new RegExp(`^the option caPath: not allowed to read it \\(${code}\\)`));
      assert.equal(failures[0]!.cause, denied);
    }
  });

  it('whose mode forbids reading is a matter of permission', {
    skip: process.getuid?.() === 0 && 'root may read everything',
  }, async (t) => {
    const file = join(folder(), 'unreadable.pem');
    writeFileSync(file, 'x');
    chmodSync(file, 0);
    assert.equal((await failure(t, plan(1, { caPath: file }))).kind, 'permission');
  });

  it('that is a directory cannot be read', async (t) => {
    const clientCert = { ...certs.client.ecPkcs8, certPath: certs.folder };
    const failed = await failure(t, plan(1, { clientCert }));
    assert.deepEqual(
      [failed.kind, failed.message],
      ['file-unusable', `the option clientCert.certPath: could not be read (EISDIR): ${certs.folder}`],
    );
  });

  it('with a wrong or missing passphrase says so, and shows it nowhere', async (t) => {
    for (const form of ['rsaPkcs1Encrypted', 'rsaPkcs8Encrypted', 'ecSec1Encrypted', 'ecPkcs8Encrypted'] as const) {
      const { certPath, keyPath } = certs.client[form];
      const wrong = await failure(t, plan(1, { clientCert: { certPath, keyPath, keyPassword: 'battery staple' } }));
      assert.equal(wrong.kind, 'file-unusable');
      assert.match(wrong.message, /could not be decrypted: clientCert\.keyPassword is wrong/);
      assert.doesNotMatch(everythingOf(wrong), /battery|BEGIN/);
      const missing = await failure(t, plan(1, { clientCert: { certPath, keyPath } }));
      assert.match(missing.message, /the key is encrypted: give its passphrase in clientCert\.keyPassword/);
      assert.notEqual(missing.cause, undefined);
    }
  });

  it('that cannot be used says why', async (t) => {
    const { certPath, keyPath } = certs.client.ecPkcs8;
    const file = join(folder(), 'damaged.key');
    writeFileSync(file, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    const cases = [
      [
        { certPath: keyPath, keyPath },
        /^the option clientCert\.certPath: expected a certificate in PEM form .*found none/,
      ],
      [
        { certPath, keyPath: certPath },
        /^the option clientCert\.keyPath: expected a private key in PEM form .*found none/,
      ],
      [{ certPath, keyPath: file }, /^the option clientCert\.keyPath: the key is damaged or of an unsupported kind/],
      [
        { certPath, keyPath: certs.client.rsaPkcs8.keyPath },
        /^the option clientCert: the key .* does not belong to the certificate/,
      ],
    ] as const;
    for (const [clientCert, message] of cases) {
      const failed = await failure(t, plan(1, { clientCert }));
      assert.equal(failed.kind, 'file-unusable');
      assert.match(failed.message, message);
    }
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

  it('gets a sentence for everything that OpenSSL finds', () => {
    const leaf = {
      subject: { CN: 'leaf' },
      issuer: { CN: 'ca' },
      valid_from: 'a',
      valid_to: 'b',
    } as tls.DetailedPeerCertificate;
    const describeCode = (code: string, certificate = leaf): string =>
      spell(describeRefusedCertificate(code, 'the server', 'h', certificate));
    assert.match(describeCode('CERT_REVOKED'), /was revoked$/);
    assert.match(describeCode('INVALID_PURPOSE'), /is not meant for a server$/);
    assert.match(describeCode('CERT_SIGNATURE_FAILURE'), /was refused \(CERT_SIGNATURE_FAILURE\)$/);
    assert.match(describeCode('SELF_SIGNED_CERT_IN_CHAIN'), /comes from a CA that is not trusted \("ca"\)/);
    assert.match(describeCode('CERT_HAS_EXPIRED'), /^the certificate of the server expired on b$/);
    assert.match(describeCode('ERR_TLS_CERT_ALTNAME_INVALID'), /it is for "leaf"$/);
    const names = Array.from({ length: 12 }, (_, index) => `DNS:h${index}`).join(', ');
    assert.match(describeCode('ERR_TLS_CERT_ALTNAME_INVALID', { ...leaf, subjectaltname: names }), /h9 and 2 more$/);
    const ca = { ...leaf, subject: { CN: 'Old CA' }, valid_to: 'Jan  1 00:00:00 2000 GMT' };
    const chain = { ...leaf, issuerCertificate: ca } as tls.DetailedPeerCertificate;
    assert.match(describeCode('CERT_HAS_EXPIRED', chain), /^the CA "Old CA", which .* depends on, expired on Jan/);
    const nameless = { ...leaf, issuer: {} } as tls.DetailedPeerCertificate;
    assert.match(describeCode('UNABLE_TO_GET_ISSUER_CERT', nameless), /"without a name"/);
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
  const old = { ciphers: 'ALL:@SECLEVEL=0' };
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

  it('gets a sentence for every alert, old and new spelling', () => {
    const coded = (code: string, more = {}): Error => Object.assign(new Error('x'), { code }, more);
    const sslv3 = described(coded('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'));
    assert.match(sslv3!, /none of the ciphers.*\(alert handshake failure\)$/);
    assert.equal(described(coded('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE')), sslv3);
    assert.match(described(coded('ERR_SSL_TLSV1_ALERT_NEW'))!, /^the server ended the TLS connection \(alert new\)$/);
    assert.equal(described(coded('ERR_SSL_OTHER', { reason: 'some reason' })), 'TLS failed: some reason');
    assert.equal(described(coded('ERR_SSL_OTHER')), 'TLS failed: ERR_SSL_OTHER');
    assert.equal(described(coded('ECONNRESET')), undefined);
    assert.equal(described(new BusinessError(200, 'x')), undefined);
    assert.equal(described('text'), undefined);
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

  it('is taken out by whom it is for, and only so many are kept, the latest', () => {
    const sessions = new TlsSessions();
    for (let number = 0; number <= maxSessions; number++) sessions.put(String(number), Buffer.of(number));
    assert.equal(sessions.size, maxSessions);
    assert.equal(sessions.take('0'), undefined);
    assert.deepEqual(sessions.take('1'), Buffer.of(1));
    assert.equal(sessions.take('1'), undefined);
    sessions.put('2', Buffer.of(22));
    sessions.put('x', Buffer.of(1));
    sessions.put('y', Buffer.of(1));
    assert.deepEqual(sessions.take('2'), Buffer.of(22));
    assert.equal(sessions.take('3'), undefined);
  });
});
