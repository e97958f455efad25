import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { userAgent } from '../../lib/api/user-agent.js';
import { readArguments, UsageError } from '../../lib/cli/command.js';
import {
  connectionOptions,
  onlyUrl,
  optionNameOf,
  planConnection,
  toClientOptions,
} from '../../lib/cli/connection-options.js';

const url = 'ws://127.0.0.1:8080/chat';

function plan(...args: string[]) {
  return planConnection(url, readArguments(args, connectionOptions).values);
}

function client(...args: string[]) {
  return toClientOptions(readArguments(args, connectionOptions).values);
}

describe('connection options', () => {
  it('are the defaults of the client when none is given', () => {
    const { fields, subprotocols, dial, handshakeTimeout, pingInterval, deflate } = plan();
    assert.deepEqual(fields, [['User-Agent', userAgent]]);
    assert.deepEqual(subprotocols, []);
    assert.equal(dial.proxy, 'system');
    assert.equal(dial.tls.skipServerCertVerification, false);
    assert.equal(handshakeTimeout, 30_000);
    assert.equal(pingInterval, 30_000);
    assert.equal(deflate, undefined);
  });

  it('keep the order and the spelling of headers, also of one that is given twice', () => {
    const origin = 'https://x.test';
    const { fields } = plan('-H', 'X-One: 1', '--header', 'Cookie: a=b:c', '-H', 'x-one:2', '--origin', origin);
    assert.deepEqual(fields, [
      ['User-Agent', userAgent],
      ['X-One', '1'],
      ['X-One', '2'],
      ['Cookie', 'a=b:c'],
      ['Origin', origin],
    ]);
  });

  it('take subprotocols, times and compression', () => {
    const made = plan('--protocol', 'chat, echo', '--timeout', '1.5', '--ping', '0', '--compress');
    assert.deepEqual(made.subprotocols, ['chat', 'echo']);
    assert.equal(made.handshakeTimeout, 1500);
    assert.equal(made.pingInterval, 0);
    assert.notEqual(made.deflate, undefined);
  });

  it('take a proxy with credentials, percent-encoded or not, and with an IPv6 address', () => {
    assert.deepEqual(client('--proxy', 'http://me:p%40ss@proxy.test:3128').proxy, {
      type: 'http',
      host: 'proxy.test',
      port: 3128,
      username: 'me',
      password: 'p@ss',
    });
    assert.deepEqual(client('--proxy', '[::1]:8080').proxy, { type: 'http', host: '::1', port: 8080 });
    const { proxy } = client('--proxy', 'http://a%:b@proxy.test');
    assert.deepEqual(proxy, { type: 'http', host: 'proxy.test', port: 80, username: 'a%', password: 'b' });
    assert.equal(client('--no-proxy').proxy, 'no-proxy');
  });

  it('take a SOCKS proxy, where names are looked up there with socks5h', () => {
    const read = (url: string) => client('--proxy', url).proxy;
    assert.deepEqual(read('socks5://proxy.test'), { type: 'socks5', host: 'proxy.test', port: 1080 });
    assert.deepEqual(read('socks5h://me:p@[::1]:9'), {
      type: 'socks5h',
      host: '::1',
      port: 9,
      username: 'me',
      password: 'p',
    });
    assert.deepEqual(read('socks://proxy.test'), { type: 'socks5h', host: 'proxy.test', port: 1080 });
    assert.deepEqual(read('https://proxy.test'), { type: 'https', host: 'proxy.test', port: 443 });
  });

  it('take a Unix socket, also one of Linux that is no file, and the name for SNI', () => {
    assert.equal(client('--unix', '/tmp/a.sock').socketPath, '/tmp/a.sock');
    assert.equal(client('--unix', '@name').socketPath, '\0name');
    assert.equal(client('--servername', 'a.test').servername, 'a.test');
  });

  it('take CAs and a client certificate', () => {
    const { dial } = plan('--ca', 'ca.pem', '--cert', 'c.pem', '--key', 'k.pem', '--passphrase', 'p', '--insecure');
    assert.equal(dial.tls.caPath, 'ca.pem');
    assert.deepEqual(dial.tls.clientCert, { certPath: 'c.pem', keyPath: 'k.pem', keyPassword: 'p' });
    assert.equal(dial.tls.skipServerCertVerification, true);
  });

  it('take a user with a password, and fields from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-fields-'));
    try {
      const file = join(folder, 'fields');
      writeFileSync(file, '\ufeff# for the gateway\r\nX-One: 1\r\n\nCookie: a=b\n');
      assert.deepEqual(plan('--auth', 'me:p:ä', '--header-file', file).fields, [
        ['User-Agent', userAgent],
        ['X-One', '1'],
        ['Cookie', 'a=b'],
        ['Authorization', `Basic ${Buffer.from('me:p:ä').toString('base64')}`],
      ]);
      writeFileSync(file, 'X-One: 1\nBearer SECRET\n');
      assert.throws(
        () => plan('--header-file', file),
        /^UsageError: line 2 of --header-file is not NAME: VALUE$|line 2/,
      );
      assert.throws(() => plan('--header-file', join(folder, 'none')), /--header-file cannot be read: ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('take the lowest version of TLS', () => {
    assert.equal(plan().dial.tls.minSupportTlsProtocol, undefined);
    assert.equal(
      plan('--min-tls', '1.3').dial.tls.minSupportTlsProtocol,
      plan('--min-tls=1.3').dial.tls.minSupportTlsProtocol,
    );
    assert.notEqual(
      plan('--min-tls', '1.3').dial.tls.minSupportTlsProtocol,
      plan('--min-tls', '1.2').dial.tls.minSupportTlsProtocol,
    );
  });

  it('say what is wrong, and never repeat what may be a credential', () => {
    const wrong: [string[], RegExp][] = [
      [['-H', 'Bearer SECRET'], /--header must be 'NAME: VALUE'/],
      [['-H', 'X: SECRET\x1b'], /--header has a control character in X/],
      [
        ['-H', 'Authorization: SECRET', '-H', 'authorization: SECRET'],
        /expected one authorization, got more of --header/,
      ],
      [['-H', 'Origin: https://SECRET', '--origin', 'https://SECRET'], /expected one Origin, got more of --origin/],
      [['-H', 'Authorization: SECRET', '--auth', 'me:SECRET'], /expected one Authorization, got more of --auth/],
      [['--min-tls', '1.4'], /--min-tls must be 1.0, 1.1, 1.2 or 1.3/],
      [['-H', 'A b: SECRET'], /--header has a name that is not a token/],
      [['--proxy', 'http://me:SECRET@'], /--proxy must be http:/],
      [['--proxy', 'ftp://me:SECRET@proxy.test'], /--proxy must be http:.*got ftp:/],
      [['--proxy', 'http://x.test', '--no-proxy'], /got both/],
      [['--proxy', 'http:\\\\me:SECRET@proxy.test'], /--proxy must be http:/],
      [['--proxy', 'http://DOMAIN\\me:SEC\\RET@proxy.test'], /--proxy must be http:/],
      [['--proxy', 'http://me%3Ayou:SECRET@proxy.test'], /must not have a colon in its user name/],
      [['--proxy', 'http://me:SECRET@proxy.test:0'], /a port between 1 and 65535/],
      [['--key', 'k.pem'], /got --key without --cert/],
      [['--ping', 'ws://me:SECRET@host/'], /--ping must be a number .*, got "ws:\/\/host\/"/],
      [['--protocol', 'token SECRET'], /--protocol must be tokens/],
      [['--cert', 'c.pem'], /--cert and --key go together/],
      [['--passphrase', 'SECRET'], /--passphrase needs/],
      [['--ping', 'often'], /--ping must be a number between 0 and 30000, got "often"/],
      [['--timeout', '0'], /--timeout must be a number/],
      [['--protocol', 'a,a'], /twice/],
    ];
    for (const [args, expected] of wrong) {
      assert.throws(
        () => plan(...args),
        (error: Error) =>
          error instanceof UsageError &&
          expected.test(error.message) &&
          !error.message.includes('SECRET') &&
          !/[a-z][A-Z]/.test(error.message), // the options of the API are in camel case
        args.join(' '),
      );
    }
  });

  it('have the names of a plan as data, which failures speak of', () => {
    assert.equal(optionNameOf('caPath'), '--ca');
    assert.equal(optionNameOf('clientCert.keyPath'), '--key');
    assert.equal(optionNameOf('handshakeTimeout'), '--timeout');
    assert.equal(optionNameOf('minSupportTlsProtocol'), '--min-tls');
    assert.equal(optionNameOf('closeTimeout'), 'the time for closing');
    assert.equal(optionNameOf("proxy: 'no-proxy'"), '--no-proxy');
  });
});

describe('the URL', () => {
  it('is the one argument', () => {
    assert.equal(onlyUrl([url]), url);
    let said = '';
    const stderr = { isTTY: false, columns: 80, write: (text: string | Uint8Array) => (said += String(text)) !== '' };
    assert.equal(onlyUrl(['me:SECRET@example.com/a?b=SECRET'], { stderr }), 'wss://me:SECRET@example.com/a?b=SECRET');
    assert.equal(
      said,
      'wss://example.com/a?b=******: the URL has no scheme: taken as wss://; write ws:// for a server without TLS\n',
    );
    assert.throws(() => onlyUrl([]), /expected a URL/);
    assert.throws(() => onlyUrl([url, url]), /got 2/);
  });

  it('may be as long as the server takes it, and is a mistake of usage when it is wrong', () => {
    const { values } = readArguments([], connectionOptions);
    assert.equal(planConnection(`${url}?${'x'.repeat(5000)}`, values).target.resource.length, 5006);
    assert.throws(() => planConnection('http://me:SECRET@host/', values), /UsageError|for http: write ws:/);
    assert.throws(() => planConnection('https://me:SECRET@host/', values), UsageError);
  });

  it('is repeated when it is wrong, without what may be a secret or drive a terminal', () => {
    const { values } = readArguments([], connectionOptions);
    const shown: [string, string][] = [
      ['htp://x', 'htp://x'],
      ['ws://h:99999/', 'ws://h:99999/'],
      ['ws://a\x1b[2J/', 'ws://a\\u001b[2J/'],
      ['htp://me:SECRET@host/a?token=SECRET', 'htp://host/a?token=******'],
      ['htp://me:SEC/RET@host/', 'host/'],
      ['ws://host/#token=SECRET', 'ws://host/#************'],
    ];
    for (const [wrong, quoted] of shown)
      assert.throws(
        () => planConnection(wrong, values),
        ({ message }: Error) => message.endsWith(`, got "${quoted}"`) && !message.includes('SECRET'),
        wrong,
      );
    assert.throws(() => planConnection('http://host/', values), /, got "http:\/\/host\/"; for http: write ws:$/);
    assert.throws(() => planConnection('ws://host:0/', values), /between 1 and 65535, got 0$/);
  });
});
