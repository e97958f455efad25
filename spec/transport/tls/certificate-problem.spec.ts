import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type tls from 'node:tls';
import { spell } from '../../../lib/protocol/sentence.js';
import { describeRefusedCertificate } from '../../../lib/transport/tls/certificate-problem.js';

describe('a certificate that is refused', () => {
  it('gets a sentence for everything that OpenSSL finds', () => {
    const leaf = {
      subject: { CN: 'leaf' },
      issuer: { CN: 'ca' },
      valid_from: 'a',
      valid_to: 'b',
    } as tls.DetailedPeerCertificate;
    const describeCode = (code: string, certificate = leaf): string =>
      spell(describeRefusedCertificate(code, 'the server', 'h', certificate));
    assert.match(describeCode('CERT_REVOKED'), /was revoked$/);
    assert.match(describeCode('INVALID_PURPOSE'), /is not meant for a server$/);
    assert.match(describeCode('CERT_SIGNATURE_FAILURE'), /was refused \(CERT_SIGNATURE_FAILURE\)$/);
    assert.match(describeCode('SELF_SIGNED_CERT_IN_CHAIN'), /comes from a CA that is not trusted \("ca"\)/);
    assert.match(describeCode('CERT_HAS_EXPIRED'), /^the certificate of the server expired on b$/);
    assert.match(describeCode('ERR_TLS_CERT_ALTNAME_INVALID'), /it is for "leaf"$/);
    const names = Array.from({ length: 12 }, (_, index) => `DNS:h${index}`).join(', ');
    assert.match(describeCode('ERR_TLS_CERT_ALTNAME_INVALID', { ...leaf, subjectaltname: names }), /h9 and 2 more$/);
    const ca = { ...leaf, subject: { CN: 'Old CA' }, valid_to: 'Jan  1 00:00:00 2000 GMT' };
    const chain = { ...leaf, issuerCertificate: ca } as tls.DetailedPeerCertificate;
    assert.match(describeCode('CERT_HAS_EXPIRED', chain), /^the CA "Old CA", which .* depends on, expired on Jan/);
    const nameless = { ...leaf, issuer: {} } as tls.DetailedPeerCertificate;
    assert.match(describeCode('UNABLE_TO_GET_ISSUER_CERT', nameless), /"without a name"/);
    const named = { ...leaf, subject: { CN: '192.0.2.1' } } as tls.DetailedPeerCertificate;
    assert.equal(
      spell(describeRefusedCertificate('ERR_TLS_CERT_ALTNAME_INVALID', 'the server', '192.0.2.1', named)),
      'the certificate of the server names 192.0.2.1 as its common name, not as an IP address',
    );
  });
});
