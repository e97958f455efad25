import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FrameHeader, frameHeader } from '../../../lib/protocol/framing/header.js';
import { checkFirstByte, checkLength, checkSecondByte } from '../../../lib/protocol/framing/header-rules.js';
import { Violation } from '../../../lib/protocol/rules.js';

const header = (parts: Partial<FrameHeader>): FrameHeader => ({ ...frameHeader(), fin: true, opcode: 1, ...parts });

function broken(check: () => void): string {
  try {
    check();
    return 'none';
  } catch (error) {
    assert.ok(error instanceof Violation);
    assert.equal(error.offset, 7);
    return error.rule.id;
  }
}

describe('the rules on one header', () => {
  it('the first byte', () => {
    const first = (parts: Partial<FrameHeader>, allowed = 0): string =>
      broken(() => checkFirstByte(header(parts), allowed, 7));
    assert.equal(first({}), 'none');
    assert.equal(first({ rsv: 4 }), 'frame-rsv');
    assert.equal(first({ rsv: 4 }, 4), 'none');
    assert.equal(first({ rsv: 5 }, 4), 'frame-rsv');
    assert.equal(first({ opcode: 3 }), 'frame-opcode');
    assert.equal(first({ opcode: 9, fin: false }), 'control-fragmented');
    assert.equal(first({ opcode: 9, rsv: 4 }, 4), 'deflate-rsv1-control');
  });

  it('the second byte', () => {
    const second = (parts: Partial<FrameHeader>, masked: boolean): string =>
      broken(() => checkSecondByte(header(parts), masked, 7));
    assert.equal(second({ masked: true }, true), 'none');
    assert.equal(second({ masked: true }, false), 'frame-masked');
    assert.equal(second({}, true), 'frame-unmasked');
    assert.equal(second({ opcode: 8, lengthBits: 16 }, false), 'control-length');
  });

  it('the length', () => {
    const length = (parts: Partial<FrameHeader>): string => broken(() => checkLength(header(parts), 7));
    assert.equal(length({ length: 126, lengthBits: 16 }), 'none');
    assert.equal(length({ length: 125, lengthBits: 16 }), 'frame-minimal-length');
    assert.equal(length({ length: 65535, lengthBits: 64 }), 'frame-minimal-length');
    assert.equal(length({ length: 2 ** 63, lengthBits: 64 }), 'frame-length-63-bit');
  });
});
