import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { handshakeAccept } from '../../../lib/protocol/handshake/client.js';
import { answerHandshake, type ServerAbilities } from '../../../lib/protocol/handshake/server.js';
import { HeadReader } from '../../../lib/protocol/http/head.js';
import { defaultHeadLimits } from '../../../lib/protocol/http/limits.js';
import { Violation } from '../../../lib/protocol/rules.js';

const key = Buffer.alloc(16, 7).toString('base64');
const good: Readonly<Record<string, string>> = {
  Host: 'h',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': key,
};

interface Request {
  readonly line?: string;
  readonly fields?: Readonly<Record<string, string | undefined>>;
  readonly more?: string;
  readonly abilities?: ServerAbilities;
}

/** The answer to a request that is good but for what is given; a field that is `undefined` is left out. */
function answer({ line = 'GET / HTTP/1.1', fields = {}, more = '', abilities = {} }: Request): {
  text: string;
  accepted: boolean;
} {
  const all = Object.entries({ ...good, ...fields }).filter(([, value]) => value !== undefined);
  const bytes = Buffer.from(`${line}\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}${more}\r\n`);
  const reader = new HeadReader(defaultHeadLimits, () => {});
  reader.push(bytes, 0, bytes.length);
  const { bytes: written, accepted } = answerHandshake(reader.head!, abilities);
  return { text: written.toString(), accepted };
}

describe('a server', () => {
  it('accepts the request of RFC 6455 §4.1, with nothing that was not asked for', () => {
    const { text, accepted } = answer({});
    assert.equal(accepted, true);
    assert.equal(
      text,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${handshakeAccept(key)}\r\n\r\n`,
    );
  });

  it('chooses the first subprotocol that it speaks, else none', () => {
    const fields = { 'Sec-WebSocket-Protocol': 'a, b, c' };
    assert.match(answer({ fields }).text, /Sec-WebSocket-Protocol: a\r\n/);
    assert.match(answer({ fields, abilities: { subprotocols: ['c', 'b'] } }).text, /Sec-WebSocket-Protocol: b\r\n/);
    assert.doesNotMatch(answer({ fields, abilities: { subprotocols: ['z'] } }).text, /Sec-WebSocket-Protocol/);
  });

  const refused: readonly [what: string, request: Request, status: number][] = [
    ['a request line of two words', { line: 'GET /' }, 400],
    ['a method that is not a token', { line: 'G@T / HTTP/1.1' }, 400],
    ['HTTP/1.0', { line: 'GET / HTTP/1.0' }, 505],
    ['no Host', { fields: { Host: undefined } }, 400],
    ['two of Host', { more: 'Host: i\r\n' }, 400],
    ['POST', { line: 'POST / HTTP/1.1' }, 405],
    ['no Upgrade', { fields: { Upgrade: undefined } }, 426],
    ['another Upgrade', { fields: { Upgrade: 'h2c' } }, 426],
    ['no Connection', { fields: { Connection: 'keep-alive' } }, 426],
    ['no version', { fields: { 'Sec-WebSocket-Version': undefined } }, 400],
    ['version 8', { fields: { 'Sec-WebSocket-Version': '8' } }, 426],
    ['no key', { fields: { 'Sec-WebSocket-Key': undefined } }, 400],
    ['a key of 15 bytes', { fields: { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') } }, 400],
    ['two keys', { more: `Sec-WebSocket-Key: ${key}\r\n` }, 400],
    ['a subprotocol that is not a token', { fields: { 'Sec-WebSocket-Protocol': 'a b' } }, 400],
  ];
  for (const [what, request, status] of refused) {
    it(`refuses ${what} with ${status}, says why, and closes`, () => {
      const { text, accepted } = answer(request);
      assert.equal(accepted, false);
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(text, /Connection: (Upgrade, )?close\r\n/);
      const [, body] = text.split('\r\n\r\n');
      assert.match(body!, /\.\n$/);
      assert.match(text, new RegExp(`Content-Length: ${Buffer.byteLength(body!)}\r\n`));
      if (status === 426) assert.match(text, /Upgrade: websocket\r\n/, 'RFC 9110 §15.5.22');
    });
  }

  it('names the version that it understands (RFC 6455 §4.4)', () => {
    assert.match(answer({ fields: { 'Sec-WebSocket-Version': '8' } }).text, /Sec-WebSocket-Version: 13\r\n/);
  });

  it('hands offers of extensions on, and lets a violation of their grammar through', () => {
    const fields = { 'Sec-WebSocket-Extensions': 'x; y' };
    let asked = '';
    answer({ fields, abilities: { negotiate: (offers) => void (asked = offers) } });
    assert.equal(asked, 'x; y');
    const negotiate = (): never => {
      throw new Violation('handshake-extension-syntax', ';', 0);
    };
    assert.throws(() => answer({ fields, abilities: { negotiate } }), Violation);
  });
});
