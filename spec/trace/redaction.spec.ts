import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { HeadRedactor } from '../../lib/trace/redaction.js';

function redact(text: string, chunkSize: number): string {
  const redactor = new HeadRedactor();
  const bytes = Buffer.from(text, 'latin1');
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(redactor.redact(bytes.subarray(at, at + chunkSize)));
  return Buffer.concat(chunks).toString('latin1');
}

describe('redaction', () => {
  const cases: [what: string, text: string, redacted: string][] = [
    [
      'a field',
      'HTTP/1.1 101 OK\r\nSet-Cookie: a=b; Secure\r\nX: y\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: **** ******\r\nX: y\r\n\r\n',
    ],
    [
      'several fields',
      'HTTP/1.1 101 OK\r\nset-cookie:a\r\nSET-COOKIE:b\r\n\r\n',
      'HTTP/1.1 101 OK\r\nset-cookie:*\r\nSET-COOKIE:*\r\n\r\n',
    ],
    [
      'a value with bytes above 0x7F and a colon',
      'HTTP/1.1 101 OK\r\nSet-Cookie: é:x\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: ***\r\n\r\n',
    ],
    [
      'a folded field',
      'HTTP/1.1 101 OK\r\nSet-Cookie: a\r\n b\r\nX: y\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: *\r\n *\r\nX: y\r\n\r\n',
    ],
    [
      'the head only, not what follows',
      'HTTP/1.1 403 No\r\nX: y\r\n\r\nSet-Cookie: a\r\n',
      'HTTP/1.1 403 No\r\nX: y\r\n\r\nSet-Cookie: a\r\n',
    ],
    [
      'the head after an interim one',
      'HTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 101 OK\r\nSet-Cookie: a\r\n\r\n',
      'HTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 101 OK\r\nSet-Cookie: *\r\n\r\n',
    ],
    [
      'no frame after a 101',
      'HTTP/1.1 101 OK\r\n\r\n\x81\x0dSet-Cookie: a',
      'HTTP/1.1 101 OK\r\n\r\n\x81\x0dSet-Cookie: a',
    ],
    [
      'a value but not the control characters that break a rule',
      'HTTP/1.1 101 OK\r\nSet-Cookie: a\0b\rc\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: *\0*\r*\r\n\r\n',
    ],
  ];
  for (const [what, text, redacted] of cases) {
    it(`of received bytes, in chunks of any size, blots out ${what}`, () => {
      for (const chunkSize of [1, 2, 3, 7, 1000]) assert.equal(redact(text, chunkSize), redacted);
    });
  }

  it('leaves the bytes of its caller alone', () => {
    const bytes = Buffer.from('HTTP/1.1 101 OK\r\nSet-Cookie: a\r\n\r\n');
    const copy = Buffer.from(bytes);
    new HeadRedactor().redact(bytes);
    assert.deepEqual(bytes, copy);
  });
});
