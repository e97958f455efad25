import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { littleEndian } from '../../../lib/protocol/text/engine.js';
import { codeUnits, unitsSize } from '../../../lib/protocol/text/utf16-scratch.js';

describe('the scratch for code units', () => {
  it('is the same memory seen as units and as bytes, in the order of utf16le where that is said', () => {
    const { units, bytes } = codeUnits();
    assert.equal(units.length, unitsSize);
    bytes.write('a中', 'utf16le');
    assert.equal(littleEndian, units[0] === 0x61 && units[1] === 0x4e2d);
  });

  it('is shared', () => {
    assert.equal(codeUnits(), codeUnits());
  });
});
