import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type FrameHeader, frameHeader } from '../../lib/protocol/framing/header.js';
import { findHeaderFaults } from '../../lib/relay/header-faults.js';

function faults(parts: Partial<FrameHeader>, expectMasked = false): { ids: string[]; repaired: FrameHeader } {
  const repaired = frameHeader();
  const ids: string[] = [];
  const header = { ...frameHeader(), ...parts };
  findHeaderFaults(header, repaired, 3, { expectMasked, allowedRsv: 4 }, ({ rule, offset }) => {
    assert.equal(offset, 3);
    ids.push(rule.id);
  });
  return { ids, repaired };
}

it('all rules that one header breaks are found, and it is repaired for those who read on', () => {
  const { ids, repaired } = faults({ rsv: 7, opcode: 0xb, length: 200, lengthBits: 16 }, true);
  assert.deepEqual(ids, [
    'frame-rsv',
    'frame-opcode',
    'control-fragmented',
    'deflate-rsv1-control',
    'frame-unmasked',
    'control-length',
  ]);
  assert.deepEqual(repaired, { ...frameHeader(), fin: true, opcode: 9, masked: true, length: 200 });
  assert.deepEqual(faults({ fin: true, opcode: 1, masked: true, length: 5, lengthBits: 64 }).ids, [
    'frame-masked',
    'frame-minimal-length',
  ]);
  assert.deepEqual(faults({ fin: true, opcode: 5, length: 2 ** 63, lengthBits: 64 }).ids, [
    'frame-opcode',
    'frame-length-63-bit',
  ]);
  assert.deepEqual(faults({ fin: true, opcode: 2, rsv: 4 }).ids, []);
});
