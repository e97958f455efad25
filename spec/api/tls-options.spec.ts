import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';

const tls = (options: object) => planConnect('wss://h.test/', options).dial.tls;
const refuses = (options: object, message: RegExp): void => {
  assert.throws(
    () => tls(options),
    (error: Error & { code?: number }) => error.code === 401 && message.test(error.message),
  );
};

describe('the options about TLS', () => {
  it('take ca as one or many, text or bytes, and keep bytes as they were', () => {
    const bytes = Buffer.from('pem');
    const { ca } = tls({ ca: bytes });
    bytes.fill(0);
    assert.deepEqual(ca, [new Uint8Array(Buffer.from('pem'))]);
    assert.deepEqual(tls({ ca: 'one' }).ca, ['one']);
    assert.deepEqual(tls({ ca: ['one', 'two'] }).ca, ['one', 'two']);
    assert.deepEqual(tls({ ca: [] }).ca, []);
    assert.ok(!('ca' in tls({})));
  });

  it('take each half of clientCert as a path or as PEM, not as both', () => {
    assert.deepEqual(tls({ clientCert: { cert: 'c', key: 'k', keyPassword: 's' } }).clientCert, {
      cert: 'c',
      key: 'k',
      keyPassword: 's',
    });
    assert.deepEqual(tls({ clientCert: { certPath: 'c', key: 'k' } }).clientCert, { certPath: 'c', key: 'k' });
    refuses({ clientCert: { cert: 'c', certPath: 'c', key: 'k' } }, /clientCert must have cert or certPath, not both/);
    refuses({ clientCert: { cert: 'c', key: 'k', keyPath: 'k' } }, /clientCert must have key or keyPath, not both/);
    refuses({ clientCert: { cert: 'c' } }, /clientCert must have both certPath and keyPath, or neither/);
    refuses({ clientCert: { cert: 1, key: 'k' } }, /clientCert\.cert must be PEM, as a string or as bytes, got number/);
    refuses({ clientCert: { cert: new Blob([]), key: 'k' } }, /got a Blob/);
  });

  it('take a servername without its final dot, and an empty one', () => {
    assert.equal(tls({ servername: 'h.test.' }).servername, 'h.test');
    assert.equal(tls({ servername: '' }).servername, '');
  });

  it('name the element of ca that is none', () => {
    refuses({ ca: ['one', new URL('ws://h/')] }, /ca\[1\] must be PEM, as a string or as bytes, got a URL/);
  });
});
