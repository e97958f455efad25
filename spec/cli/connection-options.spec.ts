import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArgs } from 'node:util';
import {
  connectionHelp,
  connectionOptions,
  inOptionNames,
  onlyUrl,
  planConnection,
  readNumber,
  toClientOptions,
} from '../../lib/cli/connection-options.js';

const url = 'ws://127.0.0.1:8080/chat';

function plan(...args: string[]) {
  return planConnection(url, parseArgs({ args, options: connectionOptions }).values);
}

function client(...args: string[]) {
  return toClientOptions(parseArgs({ args, options: connectionOptions }).values);
}

describe('connection options', () => {
  it('are the defaults of the client when none is given', () => {
    const { fields, subprotocols, dial, handshakeTimeout, pingInterval, deflate } = plan();
    assert.deepEqual(fields, []);
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
      host: 'proxy.test',
      port: 3128,
      username: 'me',
      password: 'p@ss',
    });
    assert.deepEqual(client('--proxy', '[::1]:8080').proxy, { host: '::1', port: 8080 });
    const { proxy } = client('--proxy', 'http://a%:b@proxy.test');
    assert.deepEqual(proxy, { host: 'proxy.test', port: 80, username: 'a%', password: 'b' });
    assert.equal(client('--no-proxy').proxy, 'no-proxy');
  });

  it('take CAs and a client certificate', () => {
    const { dial } = plan('--ca', 'ca.pem', '--cert', 'c.pem', '--key', 'k.pem', '--passphrase', 'p', '--insecure');
    assert.equal(dial.tls.caPath, 'ca.pem');
    assert.deepEqual(dial.tls.clientCert, { certPath: 'c.pem', keyPath: 'k.pem', keyPassword: 'p' });
    assert.equal(dial.tls.skipServerCertVerification, true);
  });

  it('say what is wrong, and never repeat what may be a credential', () => {
    const wrong: [string[], RegExp][] = [
      [['-H', 'Bearer SECRET'], /--header must be 'NAME: VALUE'/],
      [['-H', 'A b: SECRET'], /header has a name that is no token/],
      [['--proxy', 'http://me:SECRET@'], /--proxy must be http:/],
      [['--proxy', 'socks5://me:SECRET@proxy.test'], /--proxy must be http:.*got socks5:/],
      [['--proxy', 'http://x.test', '--no-proxy'], /got both/],
      [['--cert', 'c.pem'], /certPath and keyPath/],
      [['--passphrase', 'SECRET'], /--passphrase needs/],
      [['--ping', 'often'], /--ping must be a number between 0 and 30000, got "often"/],
      [['--timeout', '0'], /--timeout must be a number/],
      [['--protocol', 'a,a'], /twice/],
    ];
    for (const [args, expected] of wrong) {
      assert.throws(
        () => plan(...args),
        (error: Error) => expected.test(error.message) && !error.message.includes('SECRET'),
        args.join(' '),
      );
    }
  });

  it('are what errors of the client speak of', () => {
    assert.equal(inOptionNames('set caPath, in 3 ms (handshakeTimeout)'), 'set --ca, in 3 ms (--timeout)');
    assert.equal(inOptionNames('clientCert.keyPath: no file /tmp/caPathKey.pem'), '--key: no file /tmp/caPathKey.pem');
  });

  it('are all told of in the help', () => {
    for (const name of Object.keys(connectionOptions)) {
      assert.match(connectionHelp, new RegExp(`--${name}\\b`));
    }
  });
});

describe('numbers, the URL and credentials in it', () => {
  it('are checked', () => {
    assert.equal(readNumber('--count', '3', 1, 10, true), 3);
    for (const text of ['', ' ', '0', '11', '2.5', 'x', 'Infinity']) {
      const read = (): number => readNumber('--count', text, 1, 10, true);
      assert.throws(read, /--count must be an integer between 1 and 10/, text);
    }
    assert.equal(onlyUrl([url]), url);
    assert.throws(() => onlyUrl([]), /expected a URL/);
    assert.throws(() => onlyUrl([url, url]), /got 2/);
  });
});
