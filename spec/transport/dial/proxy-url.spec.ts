import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProxyUrl } from '../../../lib/transport/dial/proxy-url.js';

describe('the URL of a proxy', () => {
  it('has a scheme, a host, a port and credentials, of which only the host must be there', () => {
    const plain = { scheme: 'http', host: 'p.test', port: 80, username: '', password: '' };
    assert.deepEqual(parseProxyUrl('p.test'), plain);
    assert.deepEqual(parseProxyUrl('http://p.test/'), plain);
    assert.deepEqual(parseProxyUrl('P.test:3128'), { ...plain, port: 3128 });
    assert.deepEqual(parseProxyUrl('https://p.test'), { ...plain, scheme: 'https', port: 443 });
    assert.deepEqual(parseProxyUrl('HTTP://[::1]:8080'), { ...plain, host: '::1', port: 8080 });
    const user = { ...plain, username: 'us er', password: 'p@:ss' };
    assert.deepEqual(parseProxyUrl('http://us%20er:p%40%3Ass@p.test'), user);
    assert.deepEqual(parseProxyUrl('us%20er:p%40:ss@p.test'), user);
    assert.equal(parseProxyUrl('socks5://p.test')?.scheme, 'socks5');
  });

  it('may have a user of a Windows domain', () => {
    for (const text of [
      'http://CORP\\alice:secret@p.test:3128',
      'CORP\\alice:secret@p.test:3128',
      'http://CORP%5Calice:secret@p.test:3128',
    ]) {
      const { username, password, host, port } = parseProxyUrl(text)!;
      assert.deepEqual([username, password, host, port], ['CORP\\alice', 'secret', 'p.test', 3128]);
    }
    assert.deepEqual(parseProxyUrl('http://CORP\\alice@p.test')?.username, 'CORP\\alice');
  });

  for (const text of [
    'http:\\\\p.test',
    'http://p.test\\@evil.test',
    'http://evil.test\\p.test',
    'http://evil.test\\user/@p.test',
    'http://CORP\\alice:sec\\ret@p.test',
    'http://CORP\\\\alice@p.test',
    'http://\\alice@p.test',
    'http://p.test\\',
    'http://p. test',
    'http://us er@p.test',
    'http://p.test/a b',
    'http://p.te\tst',
    'http://p.test:0',
    'http://p.test:65536',
    'http://',
    'http://user@',
    ':1:1',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parseProxyUrl(text), undefined));
  }
});

describe('the URL of a SOCKS proxy', () => {
  it('has the port 1080 by default, and a host that is spelled as in other URLs', () => {
    const plain = { scheme: 'socks5', host: 'p.test', port: 1080, username: '', password: '' };
    assert.deepEqual(parseProxyUrl('socks5://P.TEST'), plain);
    assert.deepEqual(parseProxyUrl('socks5://p.test:80'), { ...plain, port: 80 });
    assert.deepEqual(parseProxyUrl('socks5h://[::1]:9'), { ...plain, scheme: 'socks5h', host: '::1', port: 9 });
    assert.deepEqual(parseProxyUrl('socks5://bücher.test')?.host, 'xn--bcher-kva.test');
    assert.deepEqual(parseProxyUrl('socks5://u%40:p%3a@p.test'), { ...plain, username: 'u@', password: 'p:' });
    for (const text of ['socks5://', 'socks5://p.test:0', 'socks5://p.test:65536', 'socks5://p .test', 'socks5:///p'])
      assert.equal(parseProxyUrl(text), undefined, text);
  });
});
