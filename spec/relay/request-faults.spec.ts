import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Field } from '../../lib/protocol/http/field.js';
import { Head } from '../../lib/protocol/http/head.js';
import { asksForWebSocket, requestFaults } from '../../lib/relay/request-faults.js';

const good: Field[] = [
  ['Host', 'h'],
  ['Upgrade', 'websocket'],
  ['Connection', 'keep-alive, Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Protocol', 'chat, superchat'],
  ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
];

function faults(line: string, change: (fields: Field[]) => Field[] = (fields) => fields): string[] {
  return requestFaults(new Head(line, change([...good]), 0)).map(({ rule }) => rule.id);
}

const without =
  (name: string, ...instead: Field[]) =>
  (fields: Field[]): Field[] => [...fields.filter((field) => field[0] !== name), ...instead];

it('every rule of a request is found broken, and a good one breaks none', () => {
  const line = 'GET /chat HTTP/1.1';
  assert.deepEqual(faults(line), []);
  assert.deepEqual(faults('hello'), ['request-line']);
  assert.deepEqual(faults('POST / HTTP/1.0'), ['request-method', 'request-http-version']);
  assert.deepEqual(faults(line, without('Host')), ['request-host']);
  assert.deepEqual(faults(line, without('Upgrade', ['Upgrade', 'h2c'])), ['request-upgrade']);
  assert.deepEqual(faults(line, without('Connection')), ['request-connection']);
  for (const key of ['', 'AAAA', 'dGhlIHNhbXBsZSBub25jZR==', `${'A'.repeat(24)}`]) {
    assert.deepEqual(faults(line, without('Sec-WebSocket-Key', ['Sec-WebSocket-Key', key])), ['request-key'], key);
  }
  assert.deepEqual(faults(line, without('Sec-WebSocket-Key')), ['request-key']);
  assert.deepEqual(faults(line, without('Sec-WebSocket-Version', ['Sec-WebSocket-Version', '8'])), ['request-version']);
  for (const names of ['a, a', 'a b']) {
    assert.deepEqual(faults(line, without('Sec-WebSocket-Protocol', ['Sec-WebSocket-Protocol', names])), [
      'request-subprotocols',
    ]);
  }
  assert.deepEqual(faults(line, without('Sec-WebSocket-Extensions', ['Sec-WebSocket-Extensions', 'a=b'])), [
    'request-extensions',
  ]);
});

it('plain HTTP is not judged', () => {
  assert.equal(asksForWebSocket(new Head('GET / HTTP/1.1', [['Host', 'h']], 0)), false);
  assert.equal(asksForWebSocket(new Head('GET / HTTP/1.1', [['Upgrade', 'WebSocket']], 0)), true);
  assert.equal(asksForWebSocket(new Head('GET / HTTP/1.1', [['Sec-WebSocket-Key', 'x']], 0)), true);
});
