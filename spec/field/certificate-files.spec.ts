import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failure, record } from '../api/recorder.js';

describe('certificate files that are missing or unreadable', () => {
  const missing = '/no/such/file.pem';
  const options: [string, object, number][] = [
    ['caPath', { caPath: missing }, 2302002],
    ['clientCert', { clientCert: { certPath: missing, keyPath: missing } }, 2302002],
    ['a directory without certificates', { caPath: '/proc/self/task' }, 2302999],
  ];
  for (const [title, option, code] of options) {
    it(`are the caller’s error alone, since nothing was attempted: ${title}`, async () => {
      const { ws, order } = record();
      const error = await failure(ws.connect('wss://127.0.0.1:1/', { ...option, proxy: 'no-proxy' }));
      assert.equal(error.code, code);
      assert.deepEqual(order, []);
    });
  }
});
