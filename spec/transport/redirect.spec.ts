import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';
import { Head } from '../../lib/protocol/http/head.js';
import { spell } from '../../lib/protocol/sentence.js';
import { isRedirect, Redirects } from '../../lib/transport/redirect.js';

const header = { Authorization: 'Bearer hunter2', cookie: 'a=b', Host: 'other.test', 'X-Mine': '1' };

/** Follows one redirect. @returns the URL and the names of the fields, or why not */
function follow(from: string, location: string | string[], options: object = {}, allows = (): boolean => true) {
  const plan = planConnect(from, { maxRedirects: 5, header, proxy: 'no-proxy', ...options });
  const fields = [location].flat().map((value) => ['Location', value] as const);
  const next = new Redirects().follow(plan, new Head('HTTP/1.1 302 Found', fields, 0, []), allows);
  if ('why' in next) return spell(next.why);
  const { secure, hostField, resource } = next.target;
  assert.equal(next.dial.target, next.target);
  return {
    url: `${secure ? 'wss' : 'ws'}://${hostField}${resource}`,
    fields: next.fields.map(([name]) => name),
    tls: next.dial.tls,
  };
}
const to = (from: string, location: string, options?: object): string => {
  const next = follow(from, location, options);
  return typeof next === 'string' ? next : next.url;
};

describe('a redirect', () => {
  it('is one of five statuses', () => {
    const statuses = [200, 300, 301, 302, 303, 304, 305, 306, 307, 308, 401];
    assert.deepEqual(statuses.filter(isRedirect), [301, 302, 303, 307, 308]);
  });

  const rows: [from: string, location: string, to: string][] = [
    ['ws://h.test/a/b', '/c?d', 'ws://h.test/c?d'],
    ['ws://h.test/a/b', 'c', 'ws://h.test/a/c'],
    ['ws://h.test/a/b', '../c', 'ws://h.test/c'],
    ['ws://h.test/a', '?q', 'ws://h.test/a?q'],
    ['wss://h.test:8443/a', '/c', 'wss://h.test:8443/c'],
    ['wss://h.test/a', '//o.test/c', 'wss://o.test/c'],
    ['ws://h.test/a', 'http://o.test:81/c', 'ws://o.test:81/c'],
    ['ws://h.test/a', 'https://h.test/c', 'wss://h.test/c'],
    ['ws://h.test/a', 'WSS://O.test/', 'wss://o.test/'],
    ['ws://h.test/a', '/c#fragment', 'ws://h.test/c'],
    ['ws://h.test/a', 'ws://eve:secret@o.test/', 'ws://o.test/'],
    ['ws://[::1]:81/a', '/c', 'ws://[::1]:81/c'],
  ];
  for (const [from, location, expected] of rows) {
    it(`from ${from} to ${location}`, () => assert.equal(to(from, location), expected));
  }

  const refused: [from: string, location: string | string[], why: RegExp][] = [
    ['wss://h.test/', 'ws://h.test/', /is without TLS/],
    ['wss://h.test/', 'http://h.test/', /is without TLS/],
    ['ws://h.test/a', '/a', /was tried already/],
    ['ws://h.test/', [], /does not say where to/],
    ['ws://h.test/', ['/a', '/b'], /names several places/],
    ['ws://h.test/', 'ftp://h.test/', /is not the URL of a WebSocket/],
    ['ws://h.test/', 'ws+unix:/run/x:/', /is not the URL of a WebSocket/],
    ['ws://h.test/', 'file:///etc/passwd', /is not the URL of a WebSocket/],
    ['ws://h.test/', 'http://', /is not the URL of a WebSocket/],
    ['ws://h.test/', '/\\o.test', /is not the URL of a WebSocket/],
    ['ws://h.test/', '/a b', /is not the URL of a WebSocket/],
    ['ws://h.test/', `/${'a'.repeat(2000)}`, /is not the URL of a WebSocket.*maxUrlLength/],
  ];
  for (const [from, location, why] of refused) {
    it(`is not followed from ${from} to ${String(location).slice(0, 30)}`, () => {
      assert.match(String(follow(from, location)), why);
    });
  }

  it('takes what is private to the origin that was named only', () => {
    const all = ['User-Agent', 'Authorization', 'Cookie', 'Host', 'X-Mine'];
    const names = (from: string, location: string): unknown => {
      const next = follow(from, location);
      return typeof next === 'string' ? next : next.fields.map((name) => (name === 'cookie' ? 'Cookie' : name));
    };
    assert.deepEqual(names('ws://h.test/', '/a'), all);
    assert.deepEqual(names('ws://h.test/', 'ws://H.test:80/a'), all);
    for (const other of ['ws://o.test/', 'wss://h.test/', 'ws://h.test:81/']) {
      assert.deepEqual(names('ws://h.test/', other), ['User-Agent', 'X-Mine']);
    }
  });

  it('takes the client certificate and the name for SNI to the origin that was named only', () => {
    const options = { clientCert: { certPath: 'c', keyPath: 'k' }, servername: 's.test', caPath: 'ca.pem' };
    const tls = (location: string) => (follow('wss://h.test/', location, options) as { tls: object }).tls;
    assert.deepEqual(Object.keys(tls('/a')).sort(), Object.keys(planConnect('wss://h.test/', options).dial.tls).sort());
    assert.ok(!('clientCert' in tls('wss://o.test/')) && !('servername' in tls('wss://o.test/')));
    assert.ok(!('clientCert' in tls('wss://h.test:8443/')) && 'servername' in tls('wss://h.test:8443/'));
    assert.equal((tls('wss://o.test/') as { caPath?: string }).caPath, 'ca.pem');
  });

  it('does not lead away from a socket that was given, nor twice through a stream', () => {
    const socketPath = '/run/x.sock';
    assert.equal(to('ws://h.test/', '/a', { socketPath, proxy: 'system' }), 'ws://h.test/a');
    assert.match(
      to('ws://h.test/', 'ws://o.test/', { socketPath, proxy: 'system' }),
      /the way to the server was given/,
    );
    const stream = Object.fromEntries(
      ['write', 'end', 'on', 'pause', 'resume', 'destroy'].map((name) => [name, () => {}]),
    );
    assert.match(to('ws://h.test/', '/a', { connection: stream, proxy: 'system' }), /the way to the server was given/);
    assert.equal(to('ws://h.test/', '/a', { connection: () => stream, proxy: 'system' }), 'ws://h.test/a');
  });

  it('does not lead to a host that is not allowed', () => {
    assert.match(String(follow('ws://h.test/', 'ws://o.test/', {}, () => false)), /is on a host that is not allowed/);
  });

  it('never shows the query of a URL, which may hold a token', () => {
    assert.equal(to('wss://h.test/', 'ws://o.test/p?token=hunter2'), 'ws://o.test/p is without TLS');
  });
});
