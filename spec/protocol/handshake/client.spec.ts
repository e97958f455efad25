import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import {
  checkHandshakeResponse,
  encodeHandshakeRequest,
  type HandshakeRequest,
  handshakeAccept,
  handshakeKey,
} from '../../../lib/protocol/handshake/client.js';
import type { Field } from '../../../lib/protocol/http/field.js';
import { Head, parseStatusLine } from '../../../lib/protocol/http/head.js';
import { type RuleId, Violation } from '../../../lib/protocol/rules.js';

/** The key and the answer to it that RFC 6455 §1.3 gives. */
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const plain: HandshakeRequest = {
  host: 'server.example',
  resource: '/chat',
  subprotocols: [],
  extensions: '',
  fields: [],
};

function encode(request: Partial<HandshakeRequest>): string {
  return encodeHandshakeRequest({ ...plain, ...request }, key).toString('utf8');
}

const good: readonly Field[] = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Accept', accept],
];

function check(
  fields: readonly Field[],
  request: Partial<HandshakeRequest> = {},
  line = 'HTTP/1.1 101 Switching Protocols',
) {
  return checkHandshakeResponse(parseStatusLine(line), new Head(line, fields, 0), { ...plain, ...request }, key);
}

/** The good fields without those of one name, and with others. */
function instead(name: string, ...fields: Field[]): Field[] {
  return [...good.filter(([given]) => given !== name), ...fields];
}

function assertViolation(id: RuleId, message: RegExp, run: () => unknown): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof Violation);
    assert.equal(error.rule.id, id);
    assert.match(error.message, message);
    assert.ok(!error.message.includes(key), 'a key is not for messages');
    return true;
  });
}

describe('the key (RFC 6455 §4.1)', () => {
  it('is 16 bytes of the random source in base64', () => {
    assert.equal(
      handshakeKey((bytes) => bytes.set(Buffer.from('the sample nonce'))),
      key,
    );
    assert.equal(
      Buffer.from(
        handshakeKey((bytes) => bytes.fill(255)),
        'base64',
      ).length,
      16,
    );
  });

  it('is answered as in §1.3', () => assert.equal(handshakeAccept(key), accept));
});

describe('the request (RFC 6455 §4.1)', () => {
  it('has every field that the standard demands, Host first', () => {
    assert.equal(
      encode({}),
      'GET /chat HTTP/1.1\r\n' +
        'Host: server.example\r\n' +
        'Upgrade: websocket\r\n' +
        'Connection: Upgrade\r\n' +
        `Sec-WebSocket-Key: ${key}\r\n` +
        'Sec-WebSocket-Version: 13\r\n' +
        '\r\n',
    );
  });

  it('offers subprotocols in order of preference, and extensions', () => {
    const text = encode({ subprotocols: ['b', 'a'], extensions: 'permessage-deflate; client_max_window_bits' });
    assert.ok(text.includes('\r\nSec-WebSocket-Protocol: b, a\r\n'));
    assert.ok(text.endsWith('\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n'));
  });

  it('has further fields in the spelling and order of the program, in UTF-8', () => {
    assert.ok(
      encode({
        fields: [
          ['x-B', '1'],
          ['X-a', 'é'],
          ['x-B', '2'],
        ],
      }).endsWith('13\r\nx-B: 1\r\nX-a: é\r\nx-B: 2\r\n\r\n'),
    );
  });

  it("has the user's Host in the place of ours", () => {
    const text = encode({
      fields: [
        ['A', 'b'],
        ['hOST', 'other.example'],
      ],
    });
    assert.ok(text.startsWith('GET /chat HTTP/1.1\r\nhOST: other.example\r\nUpgrade'));
    assert.equal(text.match(/host:/gi)?.length, 1);
  });
});

describe('the verdict on the response (RFC 6455 §4.1)', () => {
  it('accepts what is asked for, in any case and any order', () => {
    assert.deepEqual(check(good), { subprotocol: '', extensions: '' });
    assert.deepEqual(check([...good].reverse()), { subprotocol: '', extensions: '' });
    assert.deepEqual(
      check([
        ['UPGRADE', 'WebSocket'],
        ['connection', 'keep-alive, UPGRADE'],
        ['sec-websocket-accept', accept],
      ]),
      { subprotocol: '', extensions: '' },
    );
  });

  it('gives the subprotocol that was chosen, and the extensions of all lines', () => {
    const fields: Field[] = [
      ...good,
      ['sec-websocket-protocol', 'b'],
      ['Sec-WebSocket-Extensions', 'x; y=1'],
      ['Sec-WebSocket-Extensions', ''],
      ['Sec-WebSocket-Extensions', 'z'],
    ];
    assert.deepEqual(check(fields, { subprotocols: ['a', 'b'], extensions: 'x' }), {
      subprotocol: 'b',
      extensions: 'x; y=1, z',
    });
  });

  it('refuses an empty subprotocol, offered some or not: without a choice there is no field (§4.2.2)', () => {
    for (const subprotocols of [[], ['a']]) {
      const empty = (): unknown => check([...good, ['Sec-WebSocket-Protocol', '']], { subprotocols });
      assertViolation('handshake-subprotocol', /got ""; /, empty);
    }
  });

  it('refuses empty extensions, offered some or not: the list has at least one (§9.1)', () => {
    for (const extensions of ['', 'x']) {
      for (const lines of [[''], ['', '']]) {
        const fields = lines.map((value): Field => ['Sec-WebSocket-Extensions', value]);
        assertViolation('handshake-extension-syntax', /got an empty value$/, () =>
          check([...good, ...fields], { extensions }),
        );
      }
    }
    const lines: Field[] = [
      ['Sec-WebSocket-Extensions', ''],
      ['Sec-WebSocket-Extensions', 'x'],
    ];
    assert.equal(check([...good, ...lines], { extensions: 'x' }).extensions, 'x');
  });

  it('refuses every other status and version, the status first', () => {
    assertViolation('handshake-status', /got 403 No Way$/, () => check(good, {}, 'HTTP/1.1 403 No Way'));
    assertViolation('handshake-status', /got 200$/, () => check(good, {}, 'HTTP/1.0 200 '));
    assertViolation('handshake-http-version', /got HTTP\/1\.0$/, () => check(good, {}, 'HTTP/1.0 101 Yes'));
    assertViolation('handshake-http-version', /got HTTP\/1\.2$/, () => check(good, {}, 'HTTP/1.2 101 Yes'));
  });

  it('refuses an Upgrade that is missing, repeated or another', () => {
    assertViolation('handshake-upgrade', /got none$/, () => check(instead('Upgrade')));
    assertViolation('handshake-upgrade', /got "h2c"$/, () => check(instead('Upgrade', ['Upgrade', 'h2c'])));
    assertViolation('handshake-upgrade', /got "websocket, websocket"$/, () =>
      check([...good, ['Upgrade', 'websocket']]),
    );
    assertViolation('handshake-upgrade', /got "websocket\/13"$/, () =>
      check(instead('Upgrade', ['Upgrade', 'websocket/13'])),
    );
  });

  it('refuses a Connection without the token', () => {
    assertViolation('handshake-connection', /got none$/, () => check(instead('Connection')));
    assertViolation('handshake-connection', /got "close, upgraded"$/, () =>
      check(instead('Connection', ['Connection', 'close'], ['Connection', 'upgraded'])),
    );
  });

  it('refuses an Accept that is missing, repeated or wrong, and says which would be right', () => {
    assertViolation('handshake-accept-once', /got it 0 times$/, () => check(instead('Sec-WebSocket-Accept')));
    assertViolation('handshake-accept-once', /got it 2 times$/, () =>
      check([...good, ['Sec-WebSocket-Accept', accept]]),
    );
    assertViolation('handshake-accept', /is "s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=" .* got "x"$/, () =>
      check(instead('Sec-WebSocket-Accept', ['Sec-WebSocket-Accept', 'x'])),
    );
  });

  it('refuses an extension when none was offered', () => {
    assertViolation('handshake-extension', /got "x; y"$/, () => check([...good, ['Sec-WebSocket-Extensions', 'x; y']]));
  });

  it('refuses a subprotocol that was not offered, or two, or one in another case', () => {
    const chose = (...values: string[]): Field[] => [
      ...good,
      ...values.map((value): Field => ['Sec-WebSocket-Protocol', value]),
    ];
    assertViolation('handshake-subprotocol', /got "a"; none was offered$/, () => check(chose('a')));
    assertViolation('handshake-subprotocol', /got "A"; offered: a, b$/, () =>
      check(chose('A'), { subprotocols: ['a', 'b'] }),
    );
    assertViolation('handshake-subprotocol', /got "a, b"; /, () => check(chose('a, b'), { subprotocols: ['a', 'b'] }));
    assertViolation('handshake-subprotocol-once', /got it 2 times$/, () =>
      check(chose('a', 'a'), { subprotocols: ['a'] }),
    );
  });

  it('goes rule by rule in the order of §4.1', () => {
    const wrong: Field[] = [
      ['Upgrade', 'x'],
      ['Connection', 'x'],
      ['Sec-WebSocket-Accept', 'x'],
      ['Sec-WebSocket-Extensions', 'x'],
      ['Sec-WebSocket-Protocol', 'x'],
    ];
    const order: RuleId[] = [
      'handshake-upgrade',
      'handshake-connection',
      'handshake-accept',
      'handshake-extension',
      'handshake-subprotocol',
    ];
    order.forEach((id, index) => {
      const fields = [...good.slice(0, index), ...wrong.slice(index)];
      assertViolation(id, /./, () => check(fields));
    });
  });
});
