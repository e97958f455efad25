/** Behind nginx, the usual front of a WebSocket server: https://nginx.org/en/docs/http/websocket.html. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type BusinessError, webSocket } from '../../lib/index.js';
import type { Certificates } from '../peer/certificates.js';
import { certificates } from '../peer/certificates.js';
import { assertSecret, causeCode, echoes, open, refused } from './client.js';
import type { Upstream } from './npm-ws.js';
import { upstream, wsAbsent } from './npm-ws.js';
import type { Program } from './program.js';
import { absent, start, temporaryFolder } from './program.js';

async function nginx(certs: Certificates, upstreamPort: number): Promise<Program> {
  const folder = temporaryFolder('nginx');
  mkdirSync(join(folder, 'bodies'), { mode: 0o777 });
  const tls = (identity: { certPath: string; keyPath: string }, ...more: string[]): string[] => [
    `ssl_certificate ${identity.certPath};`,
    `ssl_certificate_key ${identity.keyPath};`,
    ...more,
  ];
  const locations = [
    'location / {',
    `  proxy_pass http://127.0.0.1:${upstreamPort};`,
    '  proxy_http_version 1.1;',
    '  proxy_set_header Upgrade $http_upgrade;',
    '  proxy_set_header Connection "upgrade";',
    '  proxy_set_header Host $http_host;',
    // What the TLS handshake was like, forwarded to the upstream: the spec reads it there.
    '  proxy_set_header X-Tls-Protocol $ssl_protocol;',
    '  proxy_set_header X-Tls-Server-Name $ssl_server_name;',
    '  proxy_set_header X-Tls-Reused $ssl_session_reused;',
    '  proxy_set_header X-Tls-Client $ssl_client_s_dn;',
    '}',
    'location = /moved { return 301 /; }',
    'location = /forbidden { return 403 "go away, said the front"; }',
    'location = /down { proxy_pass http://127.0.0.1:1; }',
  ];
  const server = (listen: string, ...lines: string[]): string =>
    ['server {', `listen ${listen};`, ...lines, ...locations, '}'].join('\n');

  return start({
    command: 'nginx',
    ports: 6,
    args: (...ports) => {
      const [plain, modern, only12, only13, clients, expired] = ports.map((port) => `127.0.0.1:${port}`);
      const config = join(folder, 'nginx.conf');
      const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${join(folder, 'bodies')};`,
      );
      writeFileSync(
        config,
        [
          'daemon off;',
          'master_process off;',
          `pid ${join(folder, 'pid')};`,
          'error_log stderr;',
          'events { worker_connections 128; }',
          'http {',
          'access_log off;',
          ...kept,
          server(`${plain}`),
          server(`${modern} ssl`, ...tls(certs.server, 'ssl_protocols TLSv1.2 TLSv1.3;')),
          server(`${only12} ssl`, ...tls(certs.server, 'ssl_protocols TLSv1.2;')),
          server(`${only13} ssl`, ...tls(certs.server, 'ssl_protocols TLSv1.3;')),
          server(
            `${clients} ssl`,
            ...tls(
              certs.server,
              `ssl_client_certificate ${certs.root};`,
              'ssl_verify_client on;',
              'ssl_verify_depth 2;',
            ),
          ),
          server(`${expired} ssl`, ...tls(certs.expired)),
          '}',
        ].join('\n'),
      );
      return ['-c', config, '-p', folder, '-e', 'stderr'];
    },
  });
}

describe('nginx', { skip: absent('nginx') || absent('openssl') || wsAbsent }, () => {
  let certs: Certificates;
  let target: Upstream;
  let front: Program;
  let ports: { plain: number; modern: number; only12: number; only13: number; clients: number; expired: number };

  before(async () => {
    certs = await certificates();
    target = await upstream({ ws: { handleProtocols: (offered) => (offered.has('v2') ? 'v2' : false) } });
    front = await nginx(certs, target.port);
    const [plain, modern, only12, only13, clients, expired] = front.ports as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    ports = { plain, modern, only12, only13, clients, expired };
  });
  after(async () => {
    await Promise.all([front?.end(), target?.end()]);
  });
  beforeEach(() => {
    target.requests.length = 0;
  });

  /** What nginx forwarded to the upstream about the last connection. */
  const forwarded = (name: string): string | string[] | undefined => target.requests.at(-1)?.headers[`x-tls-${name}`];
  const secure = (port: number): string => `wss://localhost:${port}/chat`;

  describe('in front of a WebSocket server, without TLS', () => {
    it('forwards the upgrade, its headers and the subprotocol', async () => {
      const { protocol } = await echoes(`ws://127.0.0.1:${ports.plain}/chat?room=1`, {
        protocol: 'v1, v2',
        header: { Authorization: 'Bearer x', Cookie: 'a=b' },
        proxy: 'no-proxy',
      });
      assert.equal(protocol, 'v2');
      const { headers, url } = target.requests[0]!;
      assert.equal(url, '/chat?room=1');
      assert.equal(headers.host, `127.0.0.1:${ports.plain}`);
      assert.equal(headers.authorization, 'Bearer x');
      assert.equal(headers.cookie, 'a=b');
    });

    for (const [path, status] of [
      ['/moved', 301],
      ['/forbidden', 403],
      ['/down', 502],
    ] as const) {
      it(`fails with the status it answers instead of 101: ${status}`, async () => {
        const { connect, event } = await refused(`ws://127.0.0.1:${ports.plain}${path}`);
        assert.equal(event.data, String(status));
        assert.match(connect.message, new RegExp(String(status)));
        assert.equal(connect.response?.status, status);
        assert.equal(event.response?.headers['server']?.slice(0, 5), 'nginx');
        if (status === 403) assert.equal(connect.response?.body, 'go away, said the front');
      });
    }

    it('fails with 400 when a wss: port is spoken to without TLS', async () => {
      assert.equal((await refused(`ws://localhost:${ports.modern}/`)).event.data, '400');
    });
  });

  describe('terminating TLS', () => {
    for (const [name, caPath] of [
      ['one PEM file', 'root'],
      ['a PEM file with many certificates', 'bundle'],
      ['a folder of PEM files', 'directory'],
    ] as const) {
      it(`is trusted by caPath: ${name}`, async () => {
        await echoes(secure(ports.modern), { caPath: certs[caPath] });
        assert.equal(forwarded('protocol'), 'TLSv1.3');
      });
    }

    it('is not trusted when only other CAs are, nor by the roots of the runtime', async () => {
      for (const options of [{ caPath: certs.strangerRoot }, {}, { caPath: '' }]) {
        const { connect, event } = await refused(secure(ports.modern), options);
        assert.equal(event.data, '0');
        assert.match(connect.message, /certificate|issuer|CA\b/i);
        assert.notEqual(causeCode(connect), undefined);
      }
    });

    it('gets a server name for a name and none for an address (RFC 6066 §3)', async () => {
      await echoes(secure(ports.modern), { caPath: certs.root });
      assert.equal(forwarded('server-name'), 'localhost');
      await echoes(`wss://127.0.0.1:${ports.modern}/`, { caPath: certs.root });
      assert.equal(forwarded('server-name'), undefined);
    });

    it('resumes the TLS session of an earlier connection with the same options, not of others', async () => {
      const url = secure(ports.modern);
      await echoes(url, { caPath: certs.bundle, clientCert: certs.client.ecPkcs8 });
      assert.equal(forwarded('reused'), '.');
      await echoes(url, { caPath: certs.bundle, clientCert: certs.client.ecPkcs8 });
      assert.equal(forwarded('reused'), 'r');
      await echoes(url, { caPath: certs.bundle, clientCert: certs.client.rsaPkcs8 });
      assert.equal(forwarded('reused'), '.');
    });

    it('carries a message of 4 MiB both ways, undamaged', async () => {
      await echoes(secure(ports.modern), { caPath: certs.root }, '0123456789abcdef'.repeat(262_144));
    });

    it('with an expired certificate is refused, unless skipServerCertVerification', async () => {
      const url = secure(ports.expired);
      const { connect } = await refused(url, { caPath: certs.root });
      assert.equal(causeCode(connect), 'CERT_HAS_EXPIRED');
      assert.match(connect.message, /expired/i);
      await echoes(url, { caPath: certs.root, skipServerCertVerification: true });
    });
  });

  describe('that speaks one version of TLS only', () => {
    const { TLS_V_1_2, TLS_V_1_3 } = webSocket.TlsProtocol;

    it('1.2: connects by default and from 1.2 on', async () => {
      await echoes(secure(ports.only12), { caPath: certs.root });
      await echoes(secure(ports.only12), { caPath: certs.root, minSupportTlsProtocol: TLS_V_1_2 });
      assert.equal(forwarded('protocol'), 'TLSv1.2');
    });

    it('1.2: is refused when 1.3 is the least allowed, and the message speaks of the version', async () => {
      const { connect } = await refused(secure(ports.only12), {
        caPath: certs.root,
        minSupportTlsProtocol: TLS_V_1_3,
      });
      assert.match(connect.message, /TLS.*(version|protocol)|(version|protocol).*TLS|minSupportTlsProtocol/is);
    });

    it('1.3: connects with every allowed minimum', async () => {
      for (const minSupportTlsProtocol of [TLS_V_1_2, TLS_V_1_3]) {
        await echoes(secure(ports.only13), { caPath: certs.root, minSupportTlsProtocol });
        assert.equal(forwarded('protocol'), 'TLSv1.3');
      }
    });
  });

  describe('that requires a client certificate', () => {
    const forms = [
      'rsaPkcs1',
      'rsaPkcs8',
      'rsaPkcs1Encrypted',
      'rsaPkcs8Encrypted',
      'ecSec1',
      'ecPkcs8',
      'ecSec1Encrypted',
      'ecPkcs8Encrypted',
    ] as const;
    for (const form of forms) {
      it(`takes ours: ${form}`, async () => {
        await echoes(secure(ports.clients), { caPath: certs.root, clientCert: certs.client[form] });
        assert.equal(forwarded('client'), `CN=client-${form.startsWith('rsa') ? 'rsa' : 'ec'}`);
      });
    }

    it('answers 400 without one', async () => {
      const none = { certPath: '', keyPath: '' };
      for (const clientCert of [undefined, none]) {
        const { connect, event } = await refused(secure(ports.clients), {
          caPath: certs.root,
          ...(clientCert === undefined ? {} : { clientCert }),
        });
        assert.equal(event.data, '400');
        assert.match(connect.response?.body ?? '', /No required SSL certificate was sent/);
      }
    });

    it('answers 400 to one of a CA that it does not know', async () => {
      const { event } = await refused(secure(ports.clients), { caPath: certs.root, clientCert: certs.client.stranger });
      assert.equal(event.data, '400');
    });

    it('is not even asked when the passphrase is wrong or missing, which shows in no error', async () => {
      const { keyPassword, ...without } = certs.client.ecPkcs8Encrypted;
      for (const clientCert of [{ ...without, keyPassword: 'wr0ng-passphrase' }, without]) {
        const ws = webSocket.createWebSocket();
        const events: unknown[] = [];
        ws.on('error', (error) => void events.push(error));
        const options = { caPath: certs.root, clientCert };
        const error = await ws.connect(secure(ports.clients), options).then(
          () => assert.fail('connected'),
          (reason: BusinessError) => reason,
        );
        assert.match(error.message, /passphrase|password|keyPassword|decrypt/i);
        assert.deepEqual(events, [], 'no connection was attempted: the error of the caller alone');
        assertSecret(['wr0ng-passphrase', String(keyPassword)], error);
      }
      assert.equal(target.requests.length, 0);
    });
  });

  it('delivers the close code and reason of the server behind it', async () => {
    const server = await upstream({ serve: (socket) => socket.close(4321, 'mit Grüßen') });
    const own = await nginx(certs, server.port);
    try {
      const { closed } = await open(secure(own.ports[1]!), { caPath: certs.root });
      assert.deepEqual(await closed, { code: 4321, reason: 'mit Grüßen' });
    } finally {
      await Promise.all([own.end(), server.end()]);
    }
  });
});
