import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, it, type TestContext } from 'node:test';
import type tls from 'node:tls';
import type { TlsPlan } from '../../../lib/transport/tls/credentials.js';
import { authoritiesOf, certificatesIn, identityOf } from '../../../lib/transport/tls/pem.js';
import { type Certificates, certificates, type ServerIdentity } from '../../peer/certificates.js';
import { connects, everythingOf, failure, planOf, secureEcho, wss } from '../../peer/dialling.js';

let certs: Certificates;
before(async () => {
  certs = await certificates();
});
const plan = (port: number, options: Partial<TlsPlan>, host?: string) => planOf(wss(port, host), { tls: options });
const server = (t: TestContext, identity: ServerIdentity = certs.server, more: tls.TlsOptions = {}): Promise<number> =>
  secureEcho(t, { ...identity.pem(), ...more });
const read = (path: string): string => readFileSync(path, 'utf8');

describe('ca', () => {
  it('is PEM as text or bytes, one or many, with text around it, or a certificate in DER', async (t) => {
    const port = await server(t);
    const root = read(certs.root);
    const stranger = read(certs.strangerRoot);
    const der = new X509Certificate(root).raw;
    for (const ca of [[root], [Buffer.from(root)], [stranger, root], [`# mine\n${stranger}\n# ours\n${root}`], [der]]) {
      await connects(t, plan(port, { ca }));
    }
  });

  it('adds to those of caPath, and with either of them nothing else is trusted', async (t) => {
    const port = await server(t);
    await connects(t, plan(port, { ca: [read(certs.strangerRoot)], caPath: certs.root }));
    await connects(t, plan(port, { ca: [read(certs.root)], caPath: certs.strangerRoot }));
    const failed = await failure(t, plan(port, { ca: [read(certs.strangerRoot)] }));
    assert.equal(failed.kind, 'certificate');
  });

  it('without a certificate in it fails, and never means the roots of the runtime', async (t) => {
    const port = await server(t);
    for (const ca of [
      [],
      [''],
      ['nonsense'],
      [read(certs.root), ''],
      [new Uint8Array(3)],
      [read(certs.root), new Uint8Array(3)],
    ]) {
      const failed = await failure(t, plan(port, { ca }));
      assert.equal(failed.kind, 'file-unusable');
      assert.match(failed.message, /^the option ca: expected certificates in PEM form .*, found none$/);
    }
    const damaged = read(certs.root).replace(/\n[^\n]{20}/, '\nAAAAAAAAAAAAAAAAAAAA');
    for (const ca of [[damaged], [Uint8Array.of(0x30, 3, 1, 2, 3)]]) {
      assert.match(
        (await failure(t, plan(port, { ca }))).message,
        /^the option ca: it holds a certificate that is damaged$/,
      );
    }
  });

  it('is split into its certificates', () => {
    const root = read(certs.root).trim();
    assert.equal(certificatesIn(`${root}\n${root}`).length, 2);
    assert.equal(authoritiesOf([`${root}\n${root}`]).length, 2);
  });
});

describe('clientCert with PEM', () => {
  const demanding = () => ({ requestCert: true, rejectUnauthorized: true, ca: read(certs.root) });

  it('is text or bytes, or a file for one of the two', async (t) => {
    const port = await server(t, certs.server, demanding());
    const { certPath, keyPath } = certs.client.rsaPkcs8;
    const [cert, key] = [read(certPath), read(keyPath)];
    for (const clientCert of [
      { cert, key },
      { cert: Buffer.from(cert), key: Buffer.from(key) },
      { cert, keyPath },
      { certPath, key },
    ]) {
      await connects(t, plan(port, { caPath: certs.root, clientCert }));
    }
  });

  it('fails with the name of the part, and shows nothing of it', async (t) => {
    const port = await server(t);
    const [cert, key] = [read(certs.client.rsaPkcs8.certPath), read(certs.client.rsaPkcs8.keyPath)];
    const rows = [
      [{ cert: 'nonsense', key }, /^the option clientCert\.cert: expected a certificate in PEM form .*, found none$/],
      [{ cert, key: 'nonsense' }, /^the option clientCert\.key: expected a private key in PEM form .*, found none$/],
      [
        { cert, key: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----' },
        /^the option clientCert\.key: the key is damaged/,
      ],
      [
        { cert: read(certs.server.certPath), key },
        /^the option clientCert: the key does not belong to the certificate$/,
      ],
    ] as const;
    for (const [clientCert, message] of rows) {
      const failed = await failure(t, plan(port, { clientCert }));
      assert.match(failed.message, message);
      assert.doesNotMatch(everythingOf(failed), /hunter2/);
    }
    assert.throws(() =>
      identityOf({ option: 'clientCert.cert', text: '' }, { option: 'clientCert.key', text: key }, undefined),
    );
  });
});

describe('servername', () => {
  it('is what the server is asked for, and what its certificate has to be for', async (t) => {
    const asked: string[] = [];
    const SNICallback: tls.TlsOptions['SNICallback'] = (name, done) => {
      asked.push(name);
      done(null);
    };
    const port = await server(t, certs.server, { SNICallback });
    await connects(t, plan(port, { caPath: certs.root, servername: 'localhost' }, '127.0.0.1'));
    const failed = await failure(t, plan(port, { caPath: certs.root, servername: 'other.test' }));
    assert.match(failed.message, /the certificate of the server is not for other\.test/);
    await connects(t, plan(port, { caPath: certs.root, servername: 'other.test', skipServerCertVerification: true }));
    assert.deepEqual(asked, ['localhost', 'other.test', 'other.test']);
  });

  it('is not sent when it is empty, and the host is checked', async (t) => {
    const asked: string[] = [];
    const port = await server(t, certs.server, {
      SNICallback: (name, done) => {
        asked.push(name);
        done(null);
      },
    });
    await connects(t, plan(port, { caPath: certs.root, servername: '' }));
    assert.deepEqual(asked, []);
    const lookup = (_host: string, _options: unknown, done: (error: null, address: string, family: number) => void) =>
      done(null, '127.0.0.1', 4);
    const other = { ...plan(port, { caPath: certs.root, servername: '' }, 'other.test'), addresses: { lookup } };
    assert.match((await failure(t, other)).message, /is not for other\.test/);
  });
});
