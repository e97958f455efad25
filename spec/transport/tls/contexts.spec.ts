import assert from 'node:assert/strict';
import { it } from 'node:test';
import tls from 'node:tls';
import { maxContexts, sharedContext } from '../../../lib/transport/tls/contexts.js';

const make = (): tls.SecureContext => tls.createSecureContext();

it('connections that trust the same share what OpenSSL made of it; others, and those after a new default, do not', () => {
  const first = sharedContext('a', make);
  assert.equal(sharedContext('a', make), first);
  assert.notEqual(sharedContext('a, b', make), first);
  assert.notEqual(sharedContext('a, TLSv1.3', make), first);
  const kept = tls.DEFAULT_MAX_VERSION;
  tls.DEFAULT_MAX_VERSION = 'TLSv1.2';
  try {
    assert.notEqual(sharedContext('a', make), first);
  } finally {
    tls.DEFAULT_MAX_VERSION = kept;
  }
});

it('only the contexts used last are kept, and none that could not be made', () => {
  const first = sharedContext('0', make);
  for (let index = 1; index < maxContexts; index++) sharedContext(String(index), make);
  assert.equal(sharedContext('0', make), first);
  sharedContext('one more', make);
  assert.equal(sharedContext('0', make), first);
  const fails = (): never => {
    throw new Error('no');
  };
  assert.throws(() => sharedContext('1', fails), /^Error: no$/, 'it was dropped');
  assert.throws(() => sharedContext('1', fails), /^Error: no$/);
});
