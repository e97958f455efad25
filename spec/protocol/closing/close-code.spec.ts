import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isReservedCloseCode, maySendCloseCode } from '../../../lib/protocol/closing/close-code.js';

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

describe('status codes (RFC 6455 §7.4)', () => {
  for (const [first, last, may] of table) {
    it(`${first} to ${last} ${may ? 'may' : 'must not'} be in a Close frame, sent or received`, () => {
      for (let code = first; code <= last; code++) {
        assert.equal(maySendCloseCode(code), may, `${code}`);
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
