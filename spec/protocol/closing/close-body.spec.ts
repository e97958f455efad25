import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { decodeCloseBody, encodeCloseBody } from '../../../lib/protocol/closing/close-body.js';
import { CloseCode, maxReasonSize, maySendCloseCode } from '../../../lib/protocol/closing/close-code.js';
import type { RuleId } from '../../../lib/protocol/rules.js';
import { Violation } from '../../../lib/protocol/rules.js';

function assertViolation(body: Buffer, rule: RuleId, got: string): void {
  assert.throws(
    () => decodeCloseBody(body, 7),
    (error) => error instanceof Violation && error.rule.id === rule && error.offset === 7 && error.got === got,
  );
}

describe('the body of a Close frame (RFC 6455 §5.5.1)', () => {
  it('is a code in network order and a reason in UTF-8', () => {
    assert.equal(encodeCloseBody(1000, '').toString('hex'), '03e8');
    assert.equal(encodeCloseBody(4999, 'byé').toString('hex'), '13876279c3a9');
  });

  it('is empty for 1005, both ways', () => {
    assert.equal(encodeCloseBody(CloseCode.noStatusReceived, 'ignored').length, 0);
    assert.deepEqual(decodeCloseBody(Buffer.alloc(0), 0), { code: 1005, reason: '' });
  });

  it('has room for a reason of 123 bytes', () => {
    const reason = 'é'.repeat(61) + 'x';
    const body = encodeCloseBody(1001, reason);
    assert.equal(Buffer.byteLength(reason), maxReasonSize);
    assert.equal(body.length, 125);
    assert.deepEqual(decodeCloseBody(body, 0), { code: 1001, reason });
  });

  it('has a code that may be sent', () => {
    for (let code = 0; code < 65536; code++) {
      if (code === CloseCode.noStatusReceived) continue;
      const body = encodeCloseBody(code, 'why');
      if (maySendCloseCode(code)) assert.deepEqual(decodeCloseBody(body, 0), { code, reason: 'why' });
      else assertViolation(body, 'close-code', `status code ${code}`);
    }
  });

  it('is not a single byte', () => assertViolation(Buffer.of(3), 'close-length', 'a body of 1 byte'));

  it('has a reason that is UTF-8, checked after the code', () => {
    assertViolation(Buffer.from('03e8c3', 'hex'), 'close-reason-utf8', '1 bytes that are not UTF-8');
    assertViolation(Buffer.from('03edc3', 'hex'), 'close-code', 'status code 1005');
  });

  it('keeps a byte order mark in the reason', () => {
    assert.equal(decodeCloseBody(encodeCloseBody(1000, '\ufeffx'), 0).reason, '\ufeffx');
  });
});
