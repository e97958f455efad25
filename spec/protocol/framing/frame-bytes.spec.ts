import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { it } from 'node:test';
import { frameBytes } from '../../../lib/protocol/framing/frame-bytes.js';
import { frameHeader } from '../../../lib/protocol/framing/header.js';
import { frame } from '../../peer/frames.js';

it('a frame of any size is as the header says, and the payload that was given stays as it is', () => {
  const key = Buffer.of(1, 2, 3, 255);
  for (const size of [0, 1, 2, 3, 4, 5, 125, 126, 65_535, 65_536]) {
    const payload = Buffer.alloc(size, 'payload');
    const before = Buffer.from(payload);
    const header = { ...frameHeader(), fin: true, opcode: 2, length: size };
    assert.deepEqual(frameBytes(header, payload), frame(2, payload));
    const masked = { ...header, masked: true, maskingKey: key.readInt32LE(), fin: false, rsv: 5 };
    assert.deepEqual(frameBytes(masked, payload), frame(2, payload, { key, fin: false, rsv: 5 }));
    assert.deepEqual(payload, before);
  }
});

it('a header may announce another length, in more bits than it takes', () => {
  const header = { ...frameHeader(), fin: true, opcode: 1, length: 9, lengthBits: 64 };
  assert.deepEqual(frameBytes(header, Buffer.from('abc')), frame(1, 'abc', { length: 9, lengthBits: 64 }));
});
