/** Broken chains, old protocols and demanding servers: stunnel (https://www.stunnel.org) and `openssl s_server`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import type { Certificates, Identity } from '../peer/certificates.js';
import { certificates } from '../peer/certificates.js';
import type { Options } from './client.js';
import { assertSecret, causeCode, echoes, refused } from './client.js';
import type { Upstream } from './npm-ws.js';
import { upstream, wsAbsent } from './npm-ws.js';
import type { Program } from './program.js';
import { absent, start, temporaryFolder } from './program.js';

const { TLS_V_1_0, TLS_V_1_2, TLS_V_1_3 } = webSocket.TlsProtocol;
const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

describe('stunnel', { skip: absent('stunnel', 'stunnel4') || absent('openssl') || wsAbsent }, () => {
  const names = [
    'server',
    'withoutIntermediate',
    'expired',
    'notYetValid',
    'wrongHost',
    'nameOnly',
    'selfSigned',
    'strangers',
    'clientCertificate',
  ] as const;
  let certs: Certificates;
  let target: Upstream;
  let tunnel: Program;

  before(async () => {
    certs = await certificates();
    target = await upstream();
    const config = join(temporaryFolder('stunnel'), 'stunnel.conf');
    tunnel = await start({
      command: 'stunnel',
      ports: names.length,
      args: (...ports) => {
        const services = names.map((name, at) => {
          const { certPath, keyPath } = name === 'clientCertificate' ? certs.server : certs[name];
          return [
            `[${name}]`,
            `accept = 127.0.0.1:${ports[at]}`,
            `connect = 127.0.0.1:${target.port}`,
            `cert = ${certPath}`,
            `key = ${keyPath}`,
            ...(name === 'clientCertificate' ? [`CAfile = ${certs.root}`, 'verifyChain = yes'] : []),
          ];
        });
        writeFileSync(config, ['foreground = yes', 'syslog = no', 'pid =', ...services.flat(), ''].join('\n'));
        return [config];
      },
    });
  });
  after(async () => {
    await Promise.all([tunnel?.end(), target?.end()]);
  });
  beforeEach(() => {
    target.requests.length = 0;
  });

  const url = (name: (typeof names)[number], host = 'localhost'): string =>
    `wss://${host}:${tunnel.ports[names.indexOf(name)]}/`;
  const trusting = (): Options => ({ caPath: certs.root });

  it('with a whole chain is trusted by name and by address', async () => {
    await echoes(url('server'), trusting());
    await echoes(url('server', '127.0.0.1'), trusting());
  });

  // Name, what Node says, what a person has to know.
  // Without the issuer OpenSSL has two things to say, and Node reports one or the other.
  const noIssuer = /^(UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;
  const broken = [
    ['withoutIntermediate', noIssuer, /issuer|intermediate|chain|CA\b/i],
    ['expired', /^CERT_HAS_EXPIRED$/, /expired/i],
    ['notYetValid', /^CERT_NOT_YET_VALID$/, /not (yet )?valid/i],
    ['wrongHost', /^ERR_TLS_CERT_ALTNAME_INVALID$/, /localhost.*other\.test/is],
    ['selfSigned', /^DEPTH_ZERO_SELF_SIGNED_CERT$/, /self-signed/i],
    ['strangers', noIssuer, /issuer|unknown|CA\b/i],
  ] as const;
  for (const [name, code, message] of broken) {
    it(`${name}: is refused with a message to act on, before a byte of HTTP`, async () => {
      const { connect, event } = await refused(url(name), trusting());
      assert.match(String(causeCode(connect)), code);
      assert.match(String(causeCode(event)), code);
      assert.equal(event.data, '0');
      assert.match(connect.message, message);
      assert.equal(target.requests.length, 0);
    });

    it(`${name}: is accepted with skipServerCertVerification`, async () => {
      await echoes(url(name), { ...trusting(), skipServerCertVerification: true });
      await echoes(url(name), { skipServerCertVerification: true });
    });
  }

  it('a certificate for a name only is refused for the address (RFC 9110 §4.3.5)', async () => {
    await echoes(url('nameOnly'), trusting());
    const { connect } = await refused(url('nameOnly', '127.0.0.1'), trusting());
    assert.equal(causeCode(connect), 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('its self-signed certificate is trusted when it is the caPath', async () => {
    await echoes(url('selfSigned'), { caPath: certs.selfSigned.certPath });
  });

  it('a certificate of another CA is trusted when caPath holds that one too', async () => {
    await echoes(url('strangers'), { caPath: certs.bundle });
    await echoes(url('strangers'), { caPath: certs.directory });
  });

  it('demanding a client certificate gets ours', async () => {
    await echoes(url('clientCertificate'), { ...trusting(), clientCert: certs.client.ecPkcs8 });
    await echoes(url('clientCertificate'), { ...trusting(), clientCert: certs.client.rsaPkcs1Encrypted });
  });

  it('demanding a client certificate and getting none, or a stranger’s, fails with its alert', async () => {
    for (const options of [trusting(), { ...trusting(), clientCert: certs.client.stranger }]) {
      const { connect, event } = await refused(url('clientCertificate'), options);
      assert.equal(event.data, '0');
      assert.match(connect.message, /option clientCert/);
    }
    assert.equal(target.requests.length, 0);
  });
});

describe('openssl s_server', { skip: absent('openssl') }, () => {
  let certs: Certificates;
  before(async () => {
    certs = await certificates();
  });

  /** With -www it answers every request with a page: a refusal of the upgrade, but one that came through TLS. */
  async function server(identity: Identity, args: string[], use: (program: Program) => Promise<void>): Promise<void> {
    const program = await start({
      command: 'openssl',
      args: (port) => {
        const keys = ['-cert', identity.certPath, '-cert_chain', identity.certPath, '-key', identity.keyPath];
        return ['s_server', '-www', '-accept', `127.0.0.1:${port}`, ...keys, ...args];
      },
    });
    try {
      await use(program);
    } finally {
      await program.end();
    }
  }
  const old = ['-cipher', 'ALL:@SECLEVEL=0'];

  for (const [name, args] of [
    ['TLS 1.0', ['-tls1', ...old]],
    ['TLS 1.1', ['-tls1_1', ...old]],
  ] as const) {
    it(`${name} only: is refused by default, and the message speaks of the version`, () =>
      server(certs.server, [...args], async ({ port }) => {
        const { connect, event } = await refused(`wss://localhost:${port}/`, { caPath: certs.root });
        assert.equal(event.data, '0');
        assert.match(connect.message, /version|protocol|minSupportTlsProtocol/i);
      }));

    it(`${name} only: completes the TLS handshake when minSupportTlsProtocol allows 1.0`, () =>
      server(certs.server, [...args], async ({ port }) => {
        const { event } = await refused(`wss://localhost:${port}/`, {
          caPath: certs.root,
          minSupportTlsProtocol: TLS_V_1_0,
        });
        assert.equal(event.data, '200', event.message);
      }));
  }

  it('TLS 1.2 only: is refused when 1.3 is the least allowed', () =>
    server(certs.server, ['-tls1_2'], async ({ port }) => {
      const url = `wss://localhost:${port}/`;
      const { connect, event } = await refused(url, { caPath: certs.root, minSupportTlsProtocol: TLS_V_1_3 });
      assert.equal(event.data, '0');
      assert.match(connect.message, /version|protocol|minSupportTlsProtocol/i);
      const enough = await refused(url, { caPath: certs.root, minSupportTlsProtocol: TLS_V_1_2 });
      assert.equal(enough.event.data, '200');
    }));

  it('is not reached when a file of the options is missing or no certificate, and the message names the option', () =>
    server(certs.server, [], async ({ port }) => {
      const url = `wss://localhost:${port}/`;
      const { certPath, keyPath } = certs.client.ecPkcs8;
      const missing = join(certs.folder, 'missing.pem');
      for (const [options, code, message] of [
        [{ caPath: missing }, 2302002, /option caPath: .*missing\.pem/],
        [{ clientCert: { certPath: missing, keyPath } }, 2302002, /option clientCert\.certPath: .*missing\.pem/],
        [{ clientCert: { certPath, keyPath: missing } }, 2302002, /option clientCert\.keyPath: .*missing\.pem/],
        [{ caPath: keyPath }, 2302999, /option caPath: expected certificates in PEM form/],
        [
          { clientCert: { certPath: keyPath, keyPath } },
          2302999,
          /option clientCert\.certPath: expected a certificate/,
        ],
        [
          { clientCert: { certPath, keyPath: certPath } },
          2302999,
          /option clientCert\.keyPath: expected a private key/,
        ],
        [{ clientCert: { certPath, keyPath: certs.server.keyPath } }, 2302999, /option clientCert: .*does not belong/],
      ] as const) {
        await assert.rejects(webSocket.createWebSocket().connect(url, { caPath: certs.root, ...options }), {
          code,
          message,
        });
      }
    }));

  it('answering with a page instead of 101 fails with 200, whose body the error carries', () =>
    server(certs.server, [], async ({ port }) => {
      const { connect } = await refused(`wss://localhost:${port}/`, { caPath: certs.root });
      assert.equal(connect.response?.status, 200);
      assert.match(connect.response?.body ?? '', /s_server/);
    }));

  for (const version of ['-tls1_2', '-tls1_3']) {
    it(`demanding a client certificate with ${version} fails with its alert, even after the handshake`, () =>
      server(
        certs.server,
        [version, '-Verify', '2', '-verify_return_error', '-CAfile', certs.root],
        async ({ port }) => {
          const url = `wss://localhost:${port}/`;
          const none = await refused(url, { caPath: certs.root });
          assert.match(none.connect.message, /option clientCert/);
          const stranger = await refused(url, { caPath: certs.root, clientCert: certs.client.stranger });
          assert.match(stranger.connect.message, /does not trust the CA.*option clientCert/);
          assert.match(String(causeCode(stranger.event)), /ALERT_UNKNOWN_CA$/);
          const right = await refused(url, { caPath: certs.root, clientCert: certs.client.rsaPkcs8Encrypted });
          assert.equal(right.event.data, '200', right.event.message);
          assertSecret([String(certs.client.rsaPkcs8Encrypted.keyPassword)], none, stranger, right);
        },
      ));
  }

  it('on IPv6 is verified by the address in its certificate', {
    skip: !ipv6 && 'this machine has no ::1',
  }, async () => {
    const program = await start({
      command: 'openssl',
      host: '::1',
      args: (port) => {
        const { certPath, keyPath } = certs.server;
        return [
          's_server',
          '-6',
          '-accept',
          `[::1]:${port}`,
          '-cert',
          certPath,
          '-cert_chain',
          certPath,
          '-key',
          keyPath,
          '-www',
        ];
      },
    });
    try {
      const { event } = await refused(`wss://[::1]:${program.port}/`, { caPath: certs.root });
      assert.equal(event.data, '200', event.message);
    } finally {
      await program.end();
    }
  });
});
