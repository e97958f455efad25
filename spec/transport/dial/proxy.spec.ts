import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isExcluded, matchesNoProxy, type ProxyTarget, resolveProxy } from '../../../lib/transport/dial/proxy.js';

/** `host` or `host:port`, an IPv6 address in brackets; without a port the target's is 80. */
function target(text: string): [host: string, port: number] {
  const { hostname, port } = new URL(`http://${text}`);
  return [hostname.replace(/^\[|\]$/g, ''), port === '' ? 80 : Number(port)];
}

type Case = readonly [list: string, target: string, matches: boolean];

const exclusionCases: readonly Case[] = [
  // An exact host
  ['localhost', 'localhost', true],
  ['localhost', 'localhost:9999', true],
  ['LOCALhost', 'localhost', true],
  [' localhost ', 'localhost', true],
  ['localhost.', 'localhost', true],
  ['localhost', 'localhost.', true],
  ['localhost', 'localhosts', false],
  ['localhost', 'otherhost', false],
  ['', 'localhost', false],
  ['a.test|b.test', 'b.test', true],
  ['a.test|b.test', 'c.test', false],
  // A domain, at a label boundary
  ['ample.com', 'ample.com', true],
  ['ample.com', 'www.ample.com', true],
  ['ample.com', 'a.b.ample.com', true],
  ['ample.com', 'ample.com:80', true],
  ['ample.com', 'www.example.com', false],
  ['ample.com', 'ample.com.org', false],
  ['ample.com', 'com', false],
  ['.ample.com', 'www.ample.com', true],
  ['com', 'ample.com', true],
  ['www.ample.com', 'ample.com', false],
  // A port
  ['ample.com:80', 'ample.com', true],
  ['ample.com:80', 'www.ample.com:80', true],
  ['ample.com:80', 'ample.com:8080', false],
  ['ample.com:8080', 'ample.com:8080', true],
  ['ample.com:443', 'ample.com', false],
  // An IP address, exactly
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1:80', '127.0.0.1', true],
  ['127.0.0.1:81', '127.0.0.1', false],
  ['127.0.0.1', '127.0.0.11', false],
  ['127.0.0', '127.0.0.1', false],
  ['0.1', '127.0.0.1', false],
  ['127.0.0.1', '1.127.0.0.1.test', false],
  ['::1', '[::1]', true],
  ['[::1]', '[::1]', true],
  ['[::1]', '[::1]:8080', true],
  ['[::1]:8080', '[::1]:8080', true],
  ['[::1]:8080', '[::1]:8081', false],
  ['0:0:0:0:0:0:0:1', '[::1]', true],
  ['2001:DB8::A', '[2001:db8::a]', true],
  ['2001:db8::a', '[2001:db8::b]', false],
  ['::1', 'localhost', false],
  ['localhost', '127.0.0.1', false],
  ['127.0.0.0/8', '127.0.0.1', false],
  // Wildcards
  ['*.alibaba.*', 'www.alibaba.com', true],
  ['*.alibaba.*', 'a.b.alibaba.co.uk', true],
  ['*.alibaba.*', 'alibaba.com', false],
  ['*.alibaba.*', 'www.alibabas.com', false],
  ['*.ALIBABA.*', 'www.alibaba.com', true],
  ['*.ample.com', 'www.ample.com', true],
  ['*.ample.com', 'www.sample.com', false],
  ['*.ample.com', 'www.ample.com.org', false],
  ['a*.test', 'a.test', true],
  ['a*a.test', 'a.test', false],
  ['a**b.test', 'a-b.test', true],
  ['*a*b*c*', 'xaxbxcx', true],
  ['*a*b*c*', 'xaxcxbx', false],
  ['192.168.*', '192.168.7.1', true],
  ['192.168.*', '192.169.7.1', false],
  ['*.ample.com:8080', 'www.ample.com:8080', true],
  ['*.ample.com:8080', 'www.ample.com', false],
  ['a.b*', 'aXb.test', false],
  // A bare `*`
  ['*', 'ample.com', true],
  ['*', '[::1]', true],
  [' * ', 'ample.com', true],
  ['*|other.test', 'ample.com', false],
  ['*|ample.com', 'ample.com', true],
  ['*|*', 'ample.com', false],
];

const noProxyCases: readonly Case[] = [
  ['', 'ample.com', false],
  ['ample.com', 'ample.com', true],
  ['AMPLE.com', 'www.ample.com', true],
  ['ample.com', 'example.com', false],
  ['.ample.com', 'www.ample.com', true],
  ['.ample.com', 'ample.com', true],
  ['.ample.com', 'example.com', false],
  ['ample.com.', 'ample.com', true],
  ['*.ample.com', 'www.ample.com', true],
  ['*.ample.com', 'example.com', false],
  // Separators
  ['a.test,b.test', 'b.test', true],
  ['a.test, b.test', 'b.test', true],
  ['a.test b.test', 'b.test', true],
  ['a.test ,, b.test,', 'b.test', true],
  ['a.test,b.test', 'c.test', false],
  // Ports
  ['ample.com:80', 'ample.com', true],
  ['ample.com:80', 'ample.com:81', false],
  ['.ample.com:81', 'www.ample.com:81', true],
  // Addresses
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1:8080', '127.0.0.1:8080', true],
  ['127.0.0.1:8080', '127.0.0.1', false],
  ['0.1', '127.0.0.1', false],
  ['::1', '[::1]', true],
  ['[::1]', '[::1]', true],
  ['[::1]:80', '[::1]', true],
  ['[::1]:81', '[::1]', false],
  // Networks
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.1.2.3', false],
  ['10.0.0.0/8', '[::a01:203]', false],
  ['192.168.1.0/24', '192.168.1.255', true],
  ['192.168.1.0/24', '192.168.2.0', false],
  ['192.168.1.7/32', '192.168.1.7', true],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['fd00::/8', '[fd12::1]', true],
  ['[fd00::]/8', '[fd12::1]', true],
  ['fd00::/8', '[fe12::1]', false],
  ['10.0.0.0/8', '[::ffff:10.1.2.3]', true],
  ['10.0.0.0/8', '10.test', false],
  ['10.0.0.0/33', '10.0.0.1', false],
  ['fd00::/129', '[fd12::1]', false],
  ['ample.com/8', 'ample.com', false],
  // Everything
  ['*', 'ample.com', true],
  ['a.test,*', 'ample.com', true],
  ['*:8080', 'ample.com:8080', true],
  ['*:8080', 'ample.com', false],
];

describe('exclusionList', () => {
  for (const [list, to, matches] of exclusionCases) {
    it(`${JSON.stringify(list.split('|'))} ${matches ? 'excludes' : 'does not exclude'} ${to}`, () => {
      assert.equal(isExcluded(list === '' ? [] : list.split('|'), ...target(to)), matches);
    });
  }

  it('takes linear time for patterns that make a backtracking matcher explode', () => {
    assert.equal(isExcluded([`${'*a'.repeat(2000)}*b`], 'a'.repeat(4000), 80), false);
  });

  it('compares a link-local address without its zone', () => {
    assert.equal(isExcluded(['fe80::1'], 'fe80::1%eth0', 80), true);
    assert.equal(isExcluded(['fe80::1%eth0'], 'fe80::1', 80), true);
  });
});

describe('no_proxy', () => {
  for (const [list, to, matches] of noProxyCases) {
    it(`${JSON.stringify(list)} ${matches ? 'lists' : 'does not list'} ${to}`, () => {
      assert.equal(matchesNoProxy(list, ...target(to)), matches);
    });
  }
});

const ws: ProxyTarget = { secure: false, host: 'target.test', port: 80 };
const wss: ProxyTarget = { secure: true, host: 'target.test', port: 443 };
const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;

describe('an HttpProxy', () => {
  it('is used for ws: and wss:, without TLS of its own', () => {
    const expected = { host: 'proxy.test', port: 3128, secure: false, authorization: undefined };
    for (const to of [ws, wss]) {
      assert.deepEqual(resolveProxy({ host: 'proxy.test', port: 3128, exclusionList: [] }, to, {}), expected);
      assert.deepEqual(resolveProxy({ host: 'Proxy.test', port: 3128 }, to, {}), expected);
    }
  });

  it('is not used for a target on its exclusionList', () => {
    const configuration = { host: 'proxy.test', port: 3128, exclusionList: ['target.test:443'] };
    assert.equal(resolveProxy(configuration, wss, {}), undefined);
    assert.notEqual(resolveProxy(configuration, ws, {}), undefined);
  });

  it('authorises with Basic in UTF-8 (RFC 7617)', () => {
    const proxy = { host: 'proxy.test', port: 1 };
    const authorization = (more: object): unknown => resolveProxy({ ...proxy, ...more }, ws, {})?.authorization;
    assert.equal(authorization({ username: 'Aladdin', password: 'open sesame' }), 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    assert.equal(authorization({ username: 'jürgen', password: '100€' }), basic('jürgen:100€'));
    assert.equal(authorization({ username: 'only' }), basic('only:'));
    assert.equal(authorization({ password: 'only' }), basic(':only'));
    assert.equal(authorization({ username: '', password: '' }), undefined);
  });

  it('may have an IPv6 address, with or without brackets', () => {
    for (const host of ['[::1]', '::1']) assert.equal(resolveProxy({ host, port: 1 }, ws, {})?.host, '::1');
  });

  it('with an empty host means none', () => {
    assert.equal(
      resolveProxy({ host: '', port: 0, exclusionList: [] }, ws, { http_proxy: 'http://p.test' }),
      undefined,
    );
  });

  it('makes the environment irrelevant, no_proxy included', () => {
    const env = { http_proxy: 'http://other.test', no_proxy: '*' };
    assert.equal(resolveProxy({ host: 'proxy.test', port: 1 }, ws, env)?.host, 'proxy.test');
  });
});

describe("'no-proxy'", () => {
  it('ignores the environment', () => {
    assert.equal(resolveProxy('no-proxy', ws, { ws_proxy: 'http://proxy.test' }), undefined);
  });
});

describe("'system'", () => {
  const hostFor = (to: ProxyTarget, env: NodeJS.ProcessEnv): string | undefined =>
    resolveProxy('system', to, env)?.host;

  it('is no proxy when the environment names none', () => {
    assert.equal(hostFor(ws, {}), undefined);
    assert.equal(hostFor(wss, { http_proxy: 'http://a.test', ws_proxy: 'http://a.test' }), undefined);
    assert.equal(hostFor(ws, { https_proxy: 'http://a.test', wss_proxy: 'http://a.test' }), undefined);
  });

  it('asks ws_proxy, http_proxy, all_proxy for ws:, in that order', () => {
    const env: NodeJS.ProcessEnv = { all_proxy: 'http://c.test' };
    assert.equal(hostFor(ws, env), 'c.test');
    env['http_proxy'] = 'http://b.test';
    assert.equal(hostFor(ws, env), 'b.test');
    env['ws_proxy'] = 'http://a.test';
    assert.equal(hostFor(ws, env), 'a.test');
  });

  it('asks wss_proxy, https_proxy, all_proxy for wss:, in that order', () => {
    const env: NodeJS.ProcessEnv = { all_proxy: 'http://c.test' };
    assert.equal(hostFor(wss, env), 'c.test');
    env['https_proxy'] = 'http://b.test';
    assert.equal(hostFor(wss, env), 'b.test');
    env['wss_proxy'] = 'http://a.test';
    assert.equal(hostFor(wss, env), 'a.test');
  });

  it('asks for each in lower case before upper case', () => {
    for (const name of ['ws_proxy', 'http_proxy', 'all_proxy']) {
      const upper = name.toUpperCase();
      assert.equal(hostFor(ws, { [upper]: 'http://upper.test', [name]: 'http://lower.test' }), 'lower.test');
      assert.equal(hostFor(ws, { [upper]: 'http://upper.test' }), 'upper.test');
      assert.equal(hostFor(ws, { [upper]: 'http://upper.test', [name]: '' }), 'upper.test');
    }
  });

  it('ignores HTTP_PROXY, and only that, in a CGI program (REQUEST_METHOD)', () => {
    assert.equal(hostFor(ws, { HTTP_PROXY: 'http://evil.test', REQUEST_METHOD: 'GET' }), undefined);
    assert.equal(hostFor(ws, { HTTP_PROXY: 'http://evil.test', REQUEST_METHOD: '' }), undefined);
    assert.equal(hostFor(ws, { HTTP_PROXY: 'x', ALL_PROXY: 'http://a.test', REQUEST_METHOD: 'GET' }), 'a.test');
    assert.equal(hostFor(ws, { http_proxy: 'http://a.test', REQUEST_METHOD: 'GET' }), 'a.test');
    assert.equal(hostFor(wss, { HTTPS_PROXY: 'http://a.test', REQUEST_METHOD: 'GET' }), 'a.test');
  });

  it('leaves out what no_proxy lists, in lower case before upper case', () => {
    const env = { all_proxy: 'http://proxy.test' };
    assert.equal(hostFor(ws, { ...env, no_proxy: 'test' }), undefined);
    assert.equal(hostFor(ws, { ...env, NO_PROXY: 'test' }), undefined);
    assert.equal(hostFor(ws, { ...env, no_proxy: 'other', NO_PROXY: 'test' }), 'proxy.test');
    assert.equal(hostFor(wss, { ...env, no_proxy: 'target.test:80' }), 'proxy.test');
  });

  const proxyOf = (value: string): unknown => resolveProxy('system', ws, { http_proxy: value });
  const plain = { host: 'proxy.test', port: 3128, secure: false, authorization: undefined };

  it('takes a URL, or a host with or without a port', () => {
    assert.deepEqual(proxyOf('http://proxy.test:3128'), plain);
    assert.deepEqual(proxyOf('HTTP://proxy.test:3128/'), plain);
    assert.deepEqual(proxyOf('proxy.test:3128'), plain);
    assert.deepEqual(proxyOf(' proxy.test:3128 '), plain);
    assert.deepEqual(proxyOf('http://[::1]:3128'), { ...plain, host: '::1' });
    assert.deepEqual(proxyOf('[::1]:3128'), { ...plain, host: '::1' });
  });

  it('has the ports 80 and 443 by default', () => {
    assert.deepEqual(proxyOf('http://proxy.test'), { ...plain, port: 80 });
    assert.deepEqual(proxyOf('proxy.test'), { ...plain, port: 80 });
    assert.deepEqual(proxyOf('https://proxy.test'), { ...plain, port: 443, secure: true });
    assert.deepEqual(proxyOf('https://proxy.test:80'), { ...plain, port: 80, secure: true });
  });

  it('takes percent-encoded credentials', () => {
    const authorization = (value: string): unknown => resolveProxy('system', ws, { http_proxy: value })?.authorization;
    assert.equal(authorization('http://us%40er:p%3Ass%2F%23@proxy.test'), basic('us@er:p:ss/#'));
    assert.equal(authorization('user:secret@proxy.test:3128'), basic('user:secret'));
    assert.equal(authorization('http://j%C3%BCrgen:100%E2%82%AC@proxy.test'), basic('jürgen:100€'));
    assert.equal(authorization('http://user@proxy.test'), basic('user:'));
    assert.equal(authorization('http://user:50%@proxy.test'), basic('user:50%'));
    assert.equal(authorization('http://proxy.test'), undefined);
  });

  it('names a variable that is no URL or has an unsupported scheme, and never shows its value', () => {
    const failure = (value: string): Error => {
      try {
        proxyOf(value);
      } catch (error) {
        return error as Error;
      }
      return assert.fail('expected an error');
    };
    for (const value of ['http://', 'http://user:hunter2#@proxy.test', 'http://user:hunter2@proxy.test:99999']) {
      const error = failure(value);
      assert.match(error.message, /variable http_proxy is not the URL of a proxy/);
      assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /hunter2/);
    }
    const socks = failure('socks4://user:hunter2@proxy.test');
    assert.match(
      socks.message,
      /http_proxy asks for a proxy of the kind "socks4", expected http, https, socks5 or socks5h/,
    );
    assert.doesNotMatch(String(socks.stack), /hunter2/);
    const long = failure(`socks5://user:${'hunter2'.repeat(40)}@proxy.test`);
    assert.match(long.message, /http_proxy has a user name or password of more than 255 bytes/);
    assert.doesNotMatch(String(long.stack), /hunter2/);
  });
});
