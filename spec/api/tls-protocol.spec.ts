import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TlsProtocol } from '../../lib/api/tls-protocol.js';

describe('TlsProtocol', () => {
  it('has the numbers of the platform, each a value and a type', () => {
    assert.deepEqual(TlsProtocol, { TLS_V_1_0: 0, TLS_V_1_1: 1, TLS_V_1_2: 2, TLS_V_1_3: 3 });
    const least: TlsProtocol.TLS_V_1_2 = TlsProtocol.TLS_V_1_2;
    const any: TlsProtocol = least;
    assert.equal(any, 2);
  });
});
