import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import {
  CloseCode,
  decodeCloseBody,
  encodeCloseBody,
  isReservedCloseCode,
  maxReasonSize,
  maySendCloseCode,
} from '../../lib/protocol/close-code.js';
import type { RuleId } from '../../lib/protocol/rules.js';
import { Violation } from '../../lib/protocol/rules.js';

/** The status codes of §7.4 as ranges: first, last, whether they may be in a frame. */
const table: readonly (readonly [number, number, boolean])[] = [
  [0, 999, false],
  [1000, 1003, true],
  [1004, 1006, false],
  [1007, 1014, true],
  [1015, 2999, false],
  [3000, 4999, true],
  [5000, 65535, false],
];

function assertViolation(body: Buffer, rule: RuleId, got: string): void {
  assert.throws(
    () => decodeCloseBody(body, 7),
    (error) => error instanceof Violation && error.rule.id === rule && error.offset === 7 && error.got === got,
  );
}

describe('status codes (RFC 6455 §7.4)', () => {
  for (const [first, last, may] of table) {
    it(`${first} to ${last} ${may ? 'may' : 'must not'} be in a Close frame, sent or received`, () => {
      for (let code = first; code <= last; code++) {
        assert.equal(maySendCloseCode(code), may, `${code}`);
        const body = encodeCloseBody(code, 'why');
        if (code === 1005) continue;
        if (may) assert.deepEqual(decodeCloseBody(body, 0), { code, reason: 'why' });
        else assertViolation(body, 'close-code', `status code ${code}`);
      }
    });
  }

  it('are whole numbers', () => {
    for (const code of [1000.5, NaN, Infinity, -1000]) assert.equal(maySendCloseCode(code), false);
  });

  it('1004, 1005, 1006 and 1015 are the reserved ones', () => {
    const all = Array.from({ length: 65536 }, (_, code) => code);
    assert.deepEqual(all.filter(isReservedCloseCode), [1004, 1005, 1006, 1015]);
  });
});

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

  it('is not a single byte', () => assertViolation(Buffer.of(3), 'close-length', 'a body of 1 byte'));

  it('has a reason that is UTF-8, checked after the code', () => {
    assertViolation(Buffer.from('03e8c3', 'hex'), 'close-reason-utf8', '1 bytes that are not UTF-8');
    assertViolation(Buffer.from('03edc3', 'hex'), 'close-code', 'status code 1005');
  });

  it('keeps a byte order mark in the reason', () => {
    assert.equal(decodeCloseBody(encodeCloseBody(1000, '\ufeffx'), 0).reason, '\ufeffx');
  });
});
