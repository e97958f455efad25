import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Field } from '../../lib/protocol/http/field.js';
import { Head } from '../../lib/protocol/http/head.js';
import { judgeResponse } from '../../lib/relay/response-faults.js';
import { acceptFor } from '../peer/acceptance.js';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const request = new Head(
  'GET / HTTP/1.1',
  [
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Protocol', 'a, b'],
    ['Sec-WebSocket-Extensions', 'permessage-deflate'],
  ],
  0,
);

function judge(version: string, fields: Field[]): { ids: string[]; subprotocol: string; extensions: string } {
  const ids: string[] = [];
  const status = { version, status: 101, message: '' };
  const result = judgeResponse(status, new Head('', fields, 0), request, ({ rule }) => ids.push(rule.id));
  return { ids, ...result };
}

it('a good response breaks nothing', () => {
  const fields: Field[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'upgrade'],
    ['Sec-WebSocket-Accept', acceptFor(key)],
    ['Sec-WebSocket-Protocol', 'b'],
    ['Sec-WebSocket-Extensions', 'permessage-deflate'],
  ];
  assert.deepEqual(judge('1.1', fields), { ids: [], subprotocol: 'b', extensions: 'permessage-deflate' });
});

it('every rule that a response breaks is found', () => {
  const { ids, subprotocol } = judge('1.0', [
    ['Connection', 'close'],
    ['Sec-WebSocket-Accept', 'x'],
    ['Sec-WebSocket-Accept', 'y'],
    ['Sec-WebSocket-Protocol', 'a'],
    ['Sec-WebSocket-Protocol', 'c'],
    ['Sec-WebSocket-Extensions', ''],
  ]);
  assert.deepEqual(ids, [
    'handshake-http-version',
    'handshake-upgrade',
    'handshake-connection',
    'handshake-accept-once',
    'handshake-extension-syntax',
    'handshake-subprotocol-once',
  ]);
  assert.equal(subprotocol, '');
  assert.deepEqual(
    judge('1.1', [
      ['Upgrade', 'websocket'],
      ['Connection', 'upgrade'],
      ['Sec-WebSocket-Accept', 'x'],
      ['Sec-WebSocket-Protocol', 'c'],
    ]).ids,
    ['handshake-accept', 'handshake-subprotocol'],
  );
});
