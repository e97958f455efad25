import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normalizeHost, withoutBrackets } from '../../../lib/transport/dial/host.js';

describe('a host', () => {
  it('is compared in one form, however it is written', () => {
    for (const host of ['h.test', 'H.Test', 'h.test.', ' H.TEST. ']) assert.equal(normalizeHost(host), 'h.test');
    for (const host of ['::1', '[::1]']) assert.equal(normalizeHost(host), '::1');
    assert.equal(normalizeHost('[FE80::1]'), 'fe80::1');
    for (const host of ['münchen.test', 'MÜNCHEN.test', 'xn--mnchen-3ya.test'])
      assert.equal(normalizeHost(host), 'xn--mnchen-3ya.test');
  });

  it('may be a pattern, and stays one', () => {
    for (const pattern of ['*.alibaba.*', '*', '.example.com', '']) assert.equal(normalizeHost(pattern), pattern);
  });

  it('loses both brackets, or none', () => {
    assert.equal(withoutBrackets('[::1]'), '::1');
    for (const host of ['::1', '[::1', '::1]', 'h']) assert.equal(withoutBrackets(host), host);
  });
});
