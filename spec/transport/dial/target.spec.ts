import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTarget, type TargetError } from '../../../lib/transport/dial/target.js';

describe('parseTarget', () => {
  const rows: [url: string, host: string, port: number, hostField: string, resource: string, secure?: true][] = [
    ['ws://example.test', 'example.test', 80, 'example.test', '/'],
    ['wss://example.test', 'example.test', 443, 'example.test', '/', true],
    ['ws://example.test:80/', 'example.test', 80, 'example.test', '/'],
    ['wss://example.test:443/', 'example.test', 443, 'example.test', '/', true],
    ['ws://example.test:443/', 'example.test', 443, 'example.test:443', '/'],
    ['wss://example.test:80/', 'example.test', 80, 'example.test:80', '/', true],
    ['WS://EXAMPLE.test:8080/Path?Query=1', 'example.test', 8080, 'example.test:8080', '/Path?Query=1'],
    ['ws://127.0.0.1:1/', '127.0.0.1', 1, '127.0.0.1:1', '/'],
    ['ws://[::1]:65535/a', '::1', 65535, '[::1]:65535', '/a'],
    ['ws://[2001:DB8::1]/', '2001:db8::1', 80, '[2001:db8::1]', '/'],
    ['ws://h?q', 'h', 80, 'h', '/?q'],
    ['ws://h/?', 'h', 80, 'h', '/'],
    ['ws://h/a%20b/ü?ö', 'h', 80, 'h', '/a%20b/%C3%BC?%C3%B6'],
    ['ws://h/%2F%23', 'h', 80, 'h', '/%2F%23'],
    ['ws://bücher.test/', 'xn--bcher-kva.test', 80, 'xn--bcher-kva.test', '/'],
    ['ws://user:secret@h/', 'h', 80, 'h', '/'],
  ];
  for (const [url, host, port, hostField, resource, secure = false] of rows) {
    it(url, () => {
      const target = parseTarget(url, 1024);
      assert.deepEqual(
        [target.host, target.port, target.hostField, target.resource, target.secure],
        [host, port, hostField, resource, secure],
      );
    });
  }

  const wrong = [
    '',
    ' ',
    'ws',
    'ws:',
    'ws:/',
    'ws://',
    'ws:///',
    'ws:///path',
    'ws://?q',
    'ws://:80',
    'ws://:80/',
    'ws://@/',
    'ws://user@/',
    'http://h/',
    'https://h/',
    'ftp://h/',
    'wsx://h/',
    'xws://h/',
    'h',
    '//h/',
    '/path',
    'ws:h',
    'ws:/h/',
    ' ws://h/',
    'ws://h h/',
    'ws://h:0/',
    'ws://h:65536/',
    'ws://h:x/',
    'ws://h:-1/',
    'ws://[::1/',
    'ws://[zz]/',
    'ws://1.2.3.4.5/',
    'ws://256.0.0.1/',
    'ws://h/#',
    'ws://h/#frag',
    'ws://h#frag',
    'ws://h/?q#frag',
    'ws://%zz/',
    'ws://a%00b/',
    'ws:\\\\h/',
    'ws://h\\evil.test/',
    'ws://evil.test\\@h/',
    'ws://h/a\\b',
    'ws://h/?a\\b',
    'ws://h/a b',
    'ws://h/?a b',
    'ws://h/?a\u00a0b',
    'ws://h/?a\u3000b',
    'ws:// h/',
    'ws://us er@h/',
    'ws://[fe80::1%eth0]/',
    'ws://[fe80::1%25]/',
    'ws://[fe80::1%25a/b]/',
    'ws://[fe80::1%25a%00]/',
    'ws://[fe80::1%25a%5D]/',
    'ws://[127.0.0.1%25eth0]/',
    'ws://h%25eth0/',
  ];
  for (const url of wrong) {
    it(`${JSON.stringify(url)} is refused`, () => {
      assert.throws(() => parseTarget(url, 1024), { name: 'TargetError', message: /^expected/ });
    });
  }

  it('takes an IPv6 address with a zone (RFC 6874), which is for this machine alone', () => {
    const zone = parseTarget('ws://[FE80::1%25eth0]:8080/path?[::1%25lo]', 1024);
    assert.deepEqual(
      [zone.host, zone.port, zone.hostField, zone.resource],
      ['fe80::1%eth0', 8080, '[fe80::1]:8080', '/path?[::1%25lo]'],
    );
    assert.equal(parseTarget('wss://user:p@[fe80::1%25en-0.1_x~]/', 1024).host, 'fe80::1%en-0.1_x~');
    assert.equal(parseTarget('ws://[fe80::1%25eth0%3A1]/', 1024).host, 'fe80::1%eth0:1');
    assert.equal(parseTarget('ws://user:[::1%25lo]@h/', 1024).host, 'h');
  });

  it('counts characters: as many as the limit are fine, one more is not', () => {
    const long = `ws://h/${'a'.repeat(1024 - 7)}`;
    assert.equal(parseTarget(long, 1024).resource.length, 1018);
    assert.throws(() => parseTarget(`${long}a`, 1024), {
      sentence: ['expected at most ', '1024', ' characters (', { option: 'maxUrlLength' }, '), got ', '1025'],
    });
  });

  it('makes Basic credentials of user name and password, decoded, and keeps them out of everything else', () => {
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    assert.equal(parseTarget('ws://user:p%40ss@h/', 1024).authorization, basic('user:p@ss'));
    assert.equal(parseTarget('ws://user@h/', 1024).authorization, basic('user:'));
    assert.equal(parseTarget('ws://:pass@h/', 1024).authorization, basic(':pass'));
    assert.equal(parseTarget('ws://%ff:x@h/', 1024).authorization, basic('%ff:x'));
    assert.equal(parseTarget('ws://h/', 1024).authorization, undefined);
    assert.equal(parseTarget('ws://u:p@h:81/', 1024).hostField, 'h:81');
  });

  it('never repeats the URL in an error: it may hold credentials', () => {
    for (const url of [
      'ws://user:hunter2@/',
      'ws://user:hunter2@h:99999/',
      'http://user:hunter2@h/',
      'ws://user:hunter2@h/#x',
    ]) {
      assert.throws(
        () => parseTarget(url, 1024),
        (error: TargetError) => {
          return (
            !error.message.includes('hunter2') &&
            !JSON.stringify(error).includes('hunter2') &&
            error.cause === undefined
          );
        },
      );
    }
  });

  it('reads a URL without URL as URL would', () => {
    let seed = 14;
    const below = (most: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * most);
    };
    const from = (parts: readonly string[], most: number): string =>
      Array.from({ length: below(most + 1) }, () => parts[below(parts.length)]!).join('');
    const names = ['a', 'h', 'z9', '0', '7', '127', '255', '256', '01', '0x1', '-', '--', 'xn--', '.', '.', 'A', '_'];
    const paths = [
      '/',
      '/',
      'a',
      '..',
      '.',
      '/.',
      '%2e',
      '~',
      "'",
      ':',
      '@',
      '=',
      '&',
      '(',
      '*',
      '+',
      ';',
      '!',
      '$',
      ',',
      '-',
      '|',
    ];
    let same = 0;
    for (let i = 0; i < 30_000; i++) {
      const host = from(names, 5);
      const port = below(3) === 0 ? `:${['80', '443', '0', '1', '65535', '65536', '080', ''][below(8)]}` : '';
      const query = below(3) === 0 ? `?${from(['?', '/', '%41', ...paths], 6)}` : '';
      const url = `ws${below(2) === 0 ? 's' : ''}://${host}${port}${below(2) === 0 ? '/' : ''}${below(2) === 0 ? from(paths, 6) : ''}${query}`;
      let target: ReturnType<typeof parseTarget>;
      let parsed: URL;
      try {
        target = parseTarget(url, 1024);
        parsed = new URL(url);
      } catch {
        continue;
      }
      const usual = parsed.protocol === 'wss:' ? 443 : 80;
      const expected = [parsed.hostname, Number(parsed.port || usual), parsed.host, parsed.pathname + parsed.search];
      assert.deepEqual([target.host, target.port, target.hostField, target.resource], expected, url);
      same++;
    }
    assert.ok(same > 5000, `${same}`);
  });

  it('refuses the same hosts without URL as with it', () => {
    for (const host of ['256.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '0x7f.1', 'a.1', 'xn--a', 'a.999']) {
      let expected: string | undefined;
      try {
        expected = new URL(`ws://${host}/`).hostname;
      } catch {}
      let got: string | undefined;
      try {
        got = parseTarget(`ws://${host}/`, 1024).host;
      } catch {}
      assert.equal(got, expected, host);
    }
  });
});

describe('the URL of a Unix socket', () => {
  const rows: [url: string, socketPath: string, resource: string, secure?: true][] = [
    ['ws+unix:/run/x.sock:/chat?q=1', '/run/x.sock', '/chat?q=1'],
    ['ws+unix:///run/x.sock:/chat', '/run/x.sock', '/chat'],
    ['WS+UNIX:/run/x.sock', '/run/x.sock', '/'],
    ['ws+unix:./x.sock:/a:b/c', './x.sock', '/a:b/c'],
    ['wss+unix:/run/x.sock:/', '/run/x.sock', '/', true],
    ['ws+unix:/run/a%20b%3A:/ü', '/run/a b:', '/%C3%BC'],
    ['ws+unix:%00abstract:/', '\0abstract', '/'],
  ];
  for (const [url, socketPath, resource, secure = false] of rows) {
    it(url, () => {
      const target = parseTarget(url, 1024);
      assert.deepEqual([target.socketPath, target.resource, target.secure], [socketPath, resource, secure]);
      assert.deepEqual([target.host, target.hostField], ['localhost', 'localhost']);
    });
  }

  for (const url of [
    'ws+unix:',
    'ws+unix://',
    'ws+unix://host/run/x:/',
    'ws+unix::/chat',
    'ws+unix:/run/x?q',
    'ws+unix:/run/%00x:/',
    'ws+unix:/run/x#f',
    'ws+unix:/a b:/',
    'xws+unix:/a:/',
  ])
    it(`is not ${JSON.stringify(url)}`, () => assert.throws(() => parseTarget(url, 1024), { name: 'TargetError' }));
});
