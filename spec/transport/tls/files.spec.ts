import assert from 'node:assert/strict';
import callbackFs, { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import type tls from 'node:tls';
import type { TlsPlan } from '../../../lib/transport/tls/credentials.js';
import { type Certificates, certificates, type ServerIdentity } from '../../peer/certificates.js';
import { connects, everythingOf, failure, planOf, secureEcho, wss } from '../../peer/dialling.js';

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

describe('clientCert', () => {
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
      const open = t.mock.method(callbackFs, 'open', (_path: string, _flags: number, done: (error: Error) => void) =>
        done(denied),
      );
      const stat = t.mock.method(callbackFs, 'stat', (_path: string, _how: object, done: (error: Error) => void) =>
        done(denied),
      );
      const { syncBuiltinESMExports } = await import('node:module');
      syncBuiltinESMExports();
      const failures = [
        await failure(t, plan(1, { clientCert: certs.client.ecPkcs8 })),
        await failure(t, plan(1, { caPath: certs.root })),
      ];
      open.mock.restore();
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
});
