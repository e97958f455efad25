import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { it } from 'node:test';
import zlib from 'node:zlib';
import { DeflateContext } from '../../lib/protocol/deflate/context.js';
import { unlimited } from '../../lib/protocol/framing/budget.js';
import { type Agreement, readAgreement } from '../../lib/relay/agreement.js';

function agree(offer: string, answer: string): Agreement & { ids: string[] } {
  const ids: string[] = [];
  return { ...readAgreement(offer, answer, ({ rule }) => ids.push(rule.id)), ids };
}

it('without extensions there is nothing to know', () => {
  const { ids, allowedRsv, opaque, fromClient } = agree('permessage-deflate', '');
  assert.deepEqual([ids, allowedRsv, opaque, fromClient], [[], 0, false, undefined]);
});

it('both directions of permessage-deflate are undone, with the window and the takeover of each', () => {
  const offer = 'permessage-deflate; client_max_window_bits';
  const { ids, fromClient, fromServer, allowedRsv } = agree(
    offer,
    'permessage-deflate; client_max_window_bits=9; server_no_context_takeover',
  );
  assert.deepEqual([ids, allowedRsv], [[], 4]);
  const client = new DeflateContext(zlib, { windowBits: 9, contextTakeover: true }, 9);
  const server = new DeflateContext(zlib, { windowBits: 15, contextTakeover: false }, 9);
  for (let turn = 0; turn < 3; turn++) {
    const plain = Buffer.from(`${turn} `.repeat(300));
    assert.deepEqual(fromClient!.inflate(client.deflate(plain)!, 1000, 0, unlimited()), plain);
    assert.deepEqual(fromServer!.inflate(server.deflate(plain)!, 1000, 0, unlimited()), plain);
  }
});

it('an answer that breaks a rule is reported, and read as well as can be', () => {
  assert.deepEqual(agree('permessage-deflate', 'permessage-deflate; client_max_window_bits=10').ids, [
    'handshake-deflate-parameter',
  ]);
  const bad = agree('permessage-deflate', 'permessage-deflate; server_max_window_bits=99');
  assert.deepEqual([bad.ids, bad.allowedRsv, bad.fromServer], [['handshake-deflate-parameter'], 4, undefined]);
  assert.deepEqual(agree('x', 'permessage-deflate').ids, ['handshake-extension']);
  assert.deepEqual(agree('permessage-deflate', '=').ids, ['handshake-extension-syntax']);
});

it('of an extension that is not known, payloads stay closed', () => {
  const { ids, opaque, allowedRsv } = agree('x-secret', 'x-secret; a=1');
  assert.deepEqual([ids, opaque, allowedRsv], [[], true, 7]);
});
