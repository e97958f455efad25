import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';

const dial = (options: object, url = 'ws://h.test/') => planConnect(url, options).dial;
const refuses = (options: object, message: RegExp, url?: string): void => {
  assert.throws(
    () => dial(options, url),
    (error: Error & { code?: number }) =>
      error.code === 401 && message.test(error.message) && !error.message.includes('hunter2'),
  );
};

describe('the option proxy', () => {
  it('may be a URL, as text or as an object', () => {
    const expected = { type: 'socks5', host: 'p.test', port: 1080, exclusionList: [] };
    assert.deepEqual(dial({ proxy: 'socks5://p.test' }).proxy, expected);
    assert.deepEqual(dial({ proxy: new URL('socks5h://p.test:99') }).proxy, { ...expected, type: 'socks5h', port: 99 });
    assert.deepEqual(dial({ proxy: 'socks://p.test' }).proxy, { ...expected, type: 'socks5h' });
    assert.deepEqual(dial({ proxy: 'https://u:p%40@p.test' }).proxy, {
      type: 'https',
      host: 'p.test',
      port: 443,
      exclusionList: [],
      username: 'u',
      password: 'p@',
    });
  });

  it('may say its type, and that it is reached by TLS', () => {
    const proxy = { host: 'p.test', port: 1, exclusionList: [] };
    assert.deepEqual(dial({ proxy: { ...proxy, type: 'socks5h', username: 'a:b' } }).proxy, {
      ...proxy,
      type: 'socks5h',
      username: 'a:b',
    });
    assert.deepEqual(dial({ proxy: { ...proxy, secure: true } }).proxy, { ...proxy, secure: true });
  });

  it('is refused with the name of the part, and without its value', () => {
    const proxy = { host: 'p.test', port: 1 };
    for (const text of ['p.test:80', 'socks4://p.test', 'ftp://hunter2@p.test', 'socks5://', 'http://hunter2@p.test:0'])
      refuses({ proxy: text }, /proxy must be 'system', 'no-proxy', an object .* or a URL/);
    refuses({ proxy: new Blob([]) }, /proxy\.host must be|got a Blob/);
    refuses({ proxy: { ...proxy, type: 'socks4' } }, /proxy\.type must be one of http, https, socks5, socks5h/);
    refuses({ proxy: { ...proxy, type: 5 } }, /proxy\.type .*, got number/);
    refuses({ proxy: { ...proxy, secure: 1 } }, /proxy\.secure must be a boolean, got number/);
    refuses({ proxy: { ...proxy, secure: true, type: 'socks5' } }, /proxy\.secure is for HTTP proxies/);
    refuses({ proxy: { ...proxy, secure: false, type: 'https' } }, /proxy\.secure must not be false/);
    refuses(
      { proxy: { ...proxy, type: 'socks5', password: 'hunter2'.repeat(40) } },
      /proxy\.password must have at most 255 bytes/,
    );
    refuses({ proxy: { ...proxy, username: 'a:b' } }, /proxy\.username must not have a colon/);
  });
});

describe('the other ways to a server', () => {
  const stream = Object.fromEntries(
    ['write', 'end', 'on', 'pause', 'resume', 'destroy'].map((name) => [name, () => {}]),
  );

  it('are a socket, by an option or in the URL, and a connection', () => {
    assert.equal(dial({ socketPath: '/run/x' }).socketPath, '/run/x');
    assert.equal(dial({ socketPath: '\0abstract' }).socketPath, '\0abstract');
    assert.equal(dial({}, 'ws+unix:/run/x:/p').socketPath, '/run/x');
    assert.equal(dial({ socketPath: '/run/x' }, 'ws+unix:/run/x:/p').socketPath, '/run/x');
    assert.equal(dial({ connection: stream }).connection, stream);
  });

  it('exclude each other', () => {
    refuses({ socketPath: '/a', connection: stream }, /socketPath and connection are two ways to the server/);
    refuses({ socketPath: '/a', proxy: 'http://p.test' }, /socketPath and proxy are two ways/);
    refuses({ proxy: 'http://p.test' }, /socketPath and proxy are two ways/, 'ws+unix:/a:/');
    refuses({ socketPath: '/a' }, /another socket than the URL/, 'ws+unix:/b:/');
  });

  it('are there only when they are given', () => {
    assert.deepEqual(Object.keys(dial({ family: 0, socketPath: '', localAddress: '' })).sort(), [
      'proxy',
      'target',
      'tls',
      'userAgent',
    ]);
  });

  it('take a family, an address of this machine and a lookup', () => {
    const lookup = (): void => {};
    assert.deepEqual(dial({ family: 4, localAddress: '::1', lookup }).addresses, {
      family: 4,
      localAddress: '::1',
      lookup,
    });
  });
});
