import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BusinessError } from '../../../lib/api/errors.js';
import { spell } from '../../../lib/protocol/sentence.js';
import { describeTlsError } from '../../../lib/transport/tls/alert.js';

/** What is said of an error of TLS. */
function described(error: unknown): string | undefined {
  const sentence = describeTlsError(error, 'the server');
  return sentence && spell(sentence);
}

describe('an error of TLS', () => {
  it('gets a sentence for every alert, old and new spelling', () => {
    const coded = (code: string, more = {}): Error => Object.assign(new Error('x'), { code }, more);
    const sslv3 = described(coded('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'));
    assert.match(sslv3!, /none of the ciphers.*\(alert handshake failure\)$/);
    assert.equal(described(coded('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE')), sslv3);
    assert.match(described(coded('ERR_SSL_TLSV1_ALERT_NEW'))!, /^the server ended the TLS connection \(alert new\)$/);
    assert.equal(described(coded('ERR_SSL_OTHER', { reason: 'some reason' })), 'TLS failed: some reason');
    assert.equal(described(coded('ERR_SSL_OTHER')), 'TLS failed: ERR_SSL_OTHER');
    assert.equal(described(coded('ECONNRESET')), undefined);
    assert.equal(described(new BusinessError(200, 'x')), undefined);
    assert.equal(described('text'), undefined);
  });
});
