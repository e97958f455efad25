/** What every HTTP proxy is asked for: the same cases for squid and tinyproxy. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Certificates } from '../peer/certificates.js';
import { certificates } from '../peer/certificates.js';
import { assertSecret, echoes, refused } from './client.js';
import type { Upstream } from './npm-ws.js';
import { upstream } from './npm-ws.js';
import { absent, freePorts, start, temporaryFolder } from './program.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A running proxy: the same program listens with different rules on each port. */
export interface Proxies {
  /** Lets everybody through. */
  readonly open: number;
  /** Asks for the credentials. */
  readonly authenticated: number;
  /** Refuses every target. */
  readonly refusing: number;
  end(): Promise<void>;
}

export interface ProxyTraits {
  readonly credentials: Credentials;
  /** The status it answers with when the target's port is closed. */
  readonly unreachableStatus: number;
  /** The status it refuses wrong credentials with: 407, or what it says instead. */
  readonly wrongCredentialsStatus: number;
}

const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

export function proxyCases(startProxies: () => Promise<Proxies>, traits: ProxyTraits): void {
  const { username, password } = traits.credentials;
  const secrets = [username, password];
  let certs: Certificates;
  let proxies: Proxies;
  let plain: Upstream;
  let secure: Upstream;

  before(async () => {
    certs = await certificates();
    proxies = await startProxies();
    plain = await upstream();
    secure = await upstream({ identity: certs.server });
  });
  after(async () => {
    await Promise.all([proxies?.end(), plain?.end(), secure?.end()]);
  });
  beforeEach(() => {
    plain.requests.length = 0;
    secure.requests.length = 0;
  });

  const at = (port: number): { host: string; port: number; exclusionList: string[] } => ({
    host: '127.0.0.1',
    port,
    exclusionList: [],
  });
  const trusting = (): { caPath: string } => ({ caPath: certs.root });

  describe('a tunnel without authorisation', () => {
    it('carries ws:', async () => {
      await echoes(plain.url, { proxy: at(proxies.open) });
      assert.equal(plain.requests.length, 1);
    });

    it('carries wss: with TLS inside, verified against the target and not the proxy', async () => {
      await echoes(secure.url, { ...trusting(), proxy: at(proxies.open) });
      assert.equal(secure.requests.length, 1);
    });

    it('carries a message of 1 MiB both ways, undamaged', async () => {
      await echoes(plain.url, { proxy: at(proxies.open) }, '0123456789abcdef'.repeat(65_536));
    });

    it('reaches an IPv6 target', { skip: !ipv6 && 'this machine has no ::1' }, async () => {
      const target = await upstream({ host: '::1' });
      try {
        await echoes(target.url, { proxy: at(proxies.open) });
        assert.equal(target.requests[0]?.headers.host, `[::1]:${target.port}`);
      } finally {
        await target.end();
      }
    });

    it('sends the target the Host of the URL, and nothing of the proxy', async () => {
      await echoes(plain.url, { proxy: { ...at(proxies.open), username, password } });
      const { headers } = plain.requests[0]!;
      assert.equal(headers.host, `127.0.0.1:${plain.port}`);
      assert.equal(headers['proxy-authorization'], undefined);
      assertSecret(secrets, plain.requests[0]!.rawHeaders);
    });

    it('fails with the status of the proxy when the target does not answer', async () => {
      const [closed] = await freePorts(1);
      const { connect, event } = await refused(`ws://127.0.0.1:${closed}`, { proxy: at(proxies.open) });
      assert.equal(event.data, String(traits.unreachableStatus));
      assert.match(connect.message, new RegExp(`proxy.*${traits.unreachableStatus}`, 'is'));
    });

    it('does not excuse a certificate that the target should not have', async () => {
      const { event } = await refused(secure.url, { proxy: at(proxies.open), caPath: certs.strangerRoot });
      assert.equal(event.data, '0');
      assert.equal(secure.requests.length, 0);
    });
  });

  describe('a tunnel with Basic authorisation', () => {
    it('lets the right credentials through, for ws: and wss:, and the target never sees them', async () => {
      const proxy = { ...at(proxies.authenticated), username, password };
      await echoes(plain.url, { proxy });
      await echoes(secure.url, { ...trusting(), proxy });
      assertSecret(secrets, plain.requests[0]!.rawHeaders, secure.requests[0]!.rawHeaders);
    });

    it('fails with 407 without credentials, and the message says what to set', async () => {
      const { connect, event } = await refused(plain.url, { proxy: at(proxies.authenticated) });
      assert.equal(event.data, '407');
      assert.match(connect.message, /username|credential|authori[sz]ation|authenticat/i);
      assert.equal(plain.requests.length, 0);
    });

    it('fails with the refusal of the proxy with wrong ones, which show in no error', async () => {
      const wrong = { username, password: 'not-the-pa55word' };
      const { connect, event } = await refused(secure.url, {
        ...trusting(),
        proxy: { ...at(proxies.authenticated), ...wrong },
      });
      assert.equal(event.data, String(traits.wrongCredentialsStatus));
      assertSecret([wrong.username, wrong.password], connect, event);
      assert.equal(secure.requests.length, 0);
    });
  });

  describe('a tunnel that the rules of the proxy refuse', () => {
    it('fails with 403 for ws: and wss:', async () => {
      for (const url of [plain.url, secure.url]) {
        const { connect, event } = await refused(url, { ...trusting(), proxy: at(proxies.refusing) });
        assert.equal(event.data, '403');
        assert.equal(event.response?.status, 403);
        assert.match(connect.message, /proxy.*403/is);
      }
      assert.equal(plain.requests.length + secure.requests.length, 0);
    });

    it('is not asked for when the target is on the exclusionList', async () => {
      await echoes(plain.url, { proxy: { ...at(proxies.refusing), exclusionList: ['127.0.0.1'] } });
      await echoes(secure.url, { ...trusting(), proxy: { ...at(proxies.refusing), exclusionList: ['LOCALHOST'] } });
      await echoes(plain.url, { proxy: { ...at(proxies.refusing), exclusionList: [`127.0.0.1:${plain.port}`] } });
      await refused(plain.url, { proxy: { ...at(proxies.refusing), exclusionList: ['127.0.0.1:1', 'localhost'] } });
    });
  });

  describe("'system': the proxy of the environment", () => {
    const names = ['ws_proxy', 'wss_proxy', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
    const variables = [...names, ...names.map((name) => name.toUpperCase())];
    let saved: NodeJS.ProcessEnv;
    beforeEach(() => {
      saved = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
      for (const name of variables) delete process.env[name];
    });
    afterEach(() => {
      for (const name of variables) {
        if (saved[name] === undefined) delete process.env[name];
        else process.env[name] = saved[name];
      }
    });
    const userinfo = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;

    it('is the default, read when connecting: http_proxy for ws:, https_proxy for wss:', async () => {
      process.env['http_proxy'] = `http://127.0.0.1:${proxies.refusing}`;
      assert.equal((await refused(plain.url)).event.data, '403');
      await echoes(secure.url, trusting());
      process.env['https_proxy'] = `http://127.0.0.1:${proxies.refusing}`;
      assert.equal((await refused(secure.url, { ...trusting(), proxy: 'system' })).event.data, '403');
      process.env['http_proxy'] = process.env['https_proxy'] = `http://127.0.0.1:${proxies.open}`;
      await echoes(plain.url, { proxy: 'system' });
      await echoes(secure.url, { ...trusting(), proxy: 'system' });
    });

    it("is not used with 'no-proxy', nor when no_proxy names the target", async () => {
      process.env['all_proxy'] = `http://127.0.0.1:${proxies.refusing}`;
      assert.equal((await refused(plain.url)).event.data, '403');
      await echoes(plain.url, { proxy: 'no-proxy' });
      process.env['no_proxy'] = 'example.com,127.0.0.0/8';
      await echoes(plain.url);
      assert.equal((await refused(secure.url, trusting())).event.data, '403');
      process.env['no_proxy'] = 'localhost';
      await echoes(secure.url, trusting());
    });

    it('takes percent-encoded credentials from the URL and shows them nowhere', async () => {
      process.env['ALL_PROXY'] = `http://${userinfo}@127.0.0.1:${proxies.authenticated}`;
      await echoes(plain.url);
      await echoes(secure.url, trusting());
      assertSecret(secrets, plain.requests[0]!.rawHeaders, secure.requests[0]!.rawHeaders);

      process.env['ALL_PROXY'] = `http://${userinfo}x@127.0.0.1:${proxies.authenticated}`;
      const { connect, event } = await refused(plain.url);
      assert.equal(event.data, String(traits.wrongCredentialsStatus));
      assertSecret([...secrets, userinfo, `${password}x`], connect, event);
    });
  });

  it('is reached by TLS when its URL says https:, and is verified for itself', {
    skip: absent('stunnel', 'stunnel4'),
  }, async () => {
    const config = join(temporaryFolder('proxy-tls'), 'stunnel.conf');
    const tls = await start({
      command: 'stunnel',
      ports: 2,
      args: (...ports) => {
        const services = ([certs.server, certs.expired] as const).map(({ certPath, keyPath }, at) => [
          `[${at}]`,
          `accept = 127.0.0.1:${ports[at]}`,
          `connect = 127.0.0.1:${proxies.authenticated}`,
          `cert = ${certPath}`,
          `key = ${keyPath}`,
        ]);
        writeFileSync(config, ['foreground = yes', 'syslog = no', 'pid =', ...services.flat(), ''].join('\n'));
        return [config];
      },
    });
    const [good, expired] = tls.ports;
    const through = async (port: number | undefined, use: () => Promise<void>): Promise<void> => {
      const name = 'all_proxy';
      const saved = process.env[name];
      process.env[name] = `https://${encodeURIComponent(username)}:${encodeURIComponent(password)}@localhost:${port}`;
      try {
        await use();
      } finally {
        if (saved === undefined) delete process.env[name];
        else process.env[name] = saved;
      }
    };
    try {
      await through(good, async () => {
        await echoes(plain.url, trusting());
        await echoes(secure.url, trusting());
        // TLS in TLS, for a message that takes many records of both.
        await echoes(secure.url, trusting(), '0123456789abcdef'.repeat(65_536));
      });
      await through(expired, async () => {
        const { connect, event } = await refused(secure.url, { ...trusting(), skipServerCertVerification: true });
        assert.match(connect.message, /proxy.*expired/is);
        assertSecret(secrets, connect, event);
      });
    } finally {
      await tls.end();
    }
  });

  it('shows no credentials when the proxy itself is not there', async () => {
    const [closed] = await freePorts(1);
    const { connect, event } = await refused(plain.url, { proxy: { ...at(closed!), username, password } });
    assert.equal(event.data, '0');
    assert.match(connect.message, /proxy/i);
    assertSecret(secrets, connect, event);
  });
}
