import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { completeUrl, isNear } from '../../lib/cli/url.js';

describe('a URL as it is typed', () => {
  it('keeps the scheme that it has, right or wrong', () => {
    for (const url of [
      'ws://a/',
      'WSS://a',
      'http://a',
      'ftp://a',
      'ws:/a',
      'ws:a',
      'ws:\\\\a',
      'ws+unix:/tmp/a.sock:/',
      '//a',
      '/path',
      '',
      '?x',
    ])
      assert.deepEqual(completeUrl(url), { url, note: undefined }, url);
  });

  it('without one is ws:// for this machine and private networks, and says so', () => {
    const near = {
      localhost: 'ws://localhost',
      'localhost:8080/chat?a=b': 'ws://localhost:8080/chat?a=b',
      ':8080/chat': 'ws://localhost:8080/chat',
      'app.localhost': 'ws://app.localhost',
      '127.0.0.1:1': 'ws://127.0.0.1:1',
      '10.1.2.3': 'ws://10.1.2.3',
      '172.31.0.1/': 'ws://172.31.0.1/',
      'me:p@192.168.0.1:80': 'ws://me:p@192.168.0.1:80',
      '169.254.1.1': 'ws://169.254.1.1',
      '[::1]:8080': 'ws://[::1]:8080',
      '::1': 'ws://[::1]',
      'fe80::1': 'ws://[fe80::1]',
      '[fd00::1]/x': 'ws://[fd00::1]/x',
    };
    for (const [typed, url] of Object.entries(near)) {
      assert.equal(completeUrl(typed).url, url, typed);
      assert.match(completeUrl(typed).note!, /taken as ws:\/\//);
    }
  });

  it('without one is wss:// everywhere else, and says so', () => {
    for (const typed of [
      'example.com',
      'example.com:8080/chat',
      '8.8.8.8',
      '172.32.0.1',
      '[2001:db8::1]:1/',
      'localhost.example.com',
      'x@y.z',
    ]) {
      assert.equal(completeUrl(typed).url, `wss://${typed}`, typed);
      assert.match(completeUrl(typed).note!, /taken as wss:\/\//);
    }
  });

  it('knows the addresses that are near', () => {
    for (const host of ['LOCALHOST.', '0.0.0.0', '::', '::ffff:10.0.0.1', 'fe80::1%eth0'])
      assert.ok(isNear(host), host);
    for (const host of ['10.example.com', '::ffff:8.8.8.8', '11.0.0.1', 'ff02::1', '']) assert.ok(!isNear(host), host);
  });
});
