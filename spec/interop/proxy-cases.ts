/** What every HTTP proxy is asked for: the same cases for squid and tinyproxy. */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Certificates } from '../peer/certificates.js';
import { certificates } from '../peer/certificates.js';
import { assertSecret, echoes, refused } from './client.js';
import type { Upstream } from './npm-ws.js';
import { upstream } from './npm-ws.js';
import { freePorts } from './program.js';

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

  it('of the environment is not used for loopback targets: see spec/transport/dial for others', async () => {
    const saved = process.env['all_proxy'];
    process.env['all_proxy'] = `http://127.0.0.1:${proxies.refusing}`;
    try {
      await echoes(plain.url);
      await echoes(secure.url, trusting());
    } finally {
      if (saved === undefined) delete process.env['all_proxy'];
      else process.env['all_proxy'] = saved;
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
