import assert from 'node:assert/strict';
import { it } from 'node:test';
import tls from 'node:tls';
import { maxContexts, sharedContext } from '../../../lib/transport/tls/contexts.js';

const make = (): tls.SecureContext => tls.createSecureContext();

it('connections that trust the same share what OpenSSL made of it; others, and those after a new default, do not', () => {
  const first = sharedContext({ ca: ['a'], minVersion: undefined }, make);
  assert.equal(sharedContext({ ca: ['a'], minVersion: undefined }, make), first);
  assert.notEqual(sharedContext({ ca: ['a', 'b'], minVersion: undefined }, make), first);
  assert.notEqual(sharedContext({ ca: ['a'], minVersion: 'TLSv1.3' }, make), first);
  const kept = tls.DEFAULT_MAX_VERSION;
  tls.DEFAULT_MAX_VERSION = 'TLSv1.2';
  try {
    assert.notEqual(sharedContext({ ca: ['a'], minVersion: undefined }, make), first);
  } finally {
    tls.DEFAULT_MAX_VERSION = kept;
  }
});

it('only the contexts used last are kept, and none that could not be made', () => {
  const first = sharedContext({ ca: ['0'], minVersion: undefined }, make);
  for (let index = 1; index < maxContexts; index++) sharedContext({ ca: [String(index)], minVersion: undefined }, make);
  assert.equal(sharedContext({ ca: ['0'], minVersion: undefined }, make), first);
  sharedContext({ ca: ['one more'], minVersion: undefined }, make);
  assert.equal(sharedContext({ ca: ['0'], minVersion: undefined }, make), first);
  const fails = (): never => {
    throw new Error('no');
  };
  assert.throws(() => sharedContext({ ca: ['1'], minVersion: undefined }, fails), /^Error: no$/, 'it was dropped');
  assert.throws(() => sharedContext({ ca: ['1'], minVersion: undefined }, fails), /^Error: no$/);
});
