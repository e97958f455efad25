import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isControlOpcode, isReservedOpcode, Opcode, opcodeName } from '../../../lib/protocol/framing/opcode.js';

describe('opcodes (RFC 6455 §5.2)', () => {
  const all = Array.from({ length: 16 }, (_, opcode) => opcode);

  it('have the numbers of §11.8', () => {
    assert.deepEqual(Opcode, { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });
  });

  it('are reserved from 3 to 7 and from B to F', () => {
    assert.deepEqual(all.filter(isReservedOpcode), [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]);
  });

  it('are those of control frames from 8 on', () => {
    assert.deepEqual(all.filter(isControlOpcode), [8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('have names', () => {
    assert.deepEqual(Object.values(Opcode).map(opcodeName), [
      'continuation',
      'text',
      'binary',
      'close',
      'ping',
      'pong',
    ]);
    assert.equal(opcodeName(3), 'reserved 0x3');
    assert.equal(opcodeName(15), 'reserved 0xf');
  });
});
