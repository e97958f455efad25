/** The rules on a single frame that its header can break (RFC 6455 §5.1, §5.2, §5.5), in the order in which its bytes arrive. */
import { Violation } from '../rules.js';
import { type FrameHeader, lengthBits } from './header.js';
import { isControlOpcode, isReservedOpcode, opcodeName } from './opcode.js';

/**
 * What the first byte can break.
 *
 * @param allowedRsv reserved bits that an extension gave a meaning (RSV1: 4)
 * @throws {Violation} `frame-rsv`, `frame-opcode`, `control-fragmented`, `deflate-rsv1-control`
 */
export function checkFirstByte(header: Readonly<FrameHeader>, allowedRsv: number, offset: number): void {
  const { rsv, opcode } = header;
  if ((rsv & ~allowedRsv) !== 0) {
    const bits = ['RSV1', 'RSV2', 'RSV3'].filter((_, bit) => (rsv & ~allowedRsv & (4 >> bit)) !== 0);
    throw new Violation('frame-rsv', `${bits.join(' and ')} set`, offset);
  }
  if (isReservedOpcode(opcode)) throw new Violation('frame-opcode', `opcode ${opcodeName(opcode)}`, offset);
  if (isControlOpcode(opcode) && !header.fin) {
    throw new Violation('control-fragmented', `a ${opcodeName(opcode)} frame without FIN`, offset);
  }
  if (rsv !== 0 && isControlOpcode(opcode)) {
    throw new Violation('deflate-rsv1-control', `a ${opcodeName(opcode)} frame with RSV1`, offset);
  }
}

/**
 * What the second byte can break.
 *
 * @param expectMasked whether the sender is a client
 * @throws {Violation} `frame-masked`, `frame-unmasked`, `control-length`
 */
export function checkSecondByte(header: Readonly<FrameHeader>, expectMasked: boolean, offset: number): void {
  if (header.masked !== expectMasked) {
    if (header.masked) throw new Violation('frame-masked', 'a masked frame', offset);
    throw new Violation('frame-unmasked', 'an unmasked frame', offset);
  }
  if (header.lengthBits > 7 && isControlOpcode(header.opcode)) {
    throw new Violation('control-length', `a ${opcodeName(header.opcode)} frame of more than 125 bytes`, offset);
  }
}

/**
 * What the length can break.
 *
 * @throws {Violation} `frame-length-63-bit`, `frame-minimal-length`
 */
export function checkLength(header: Readonly<FrameHeader>, offset: number): void {
  if (header.lengthBits === 7) return;
  // RFC 6455 §5.2: "the most significant bit MUST be 0"
  if (header.length >= 2 ** 63) throw new Violation('frame-length-63-bit', 'a length of 2^63 or more', offset);
  if (header.lengthBits > lengthBits(header.length)) {
    throw new Violation('frame-minimal-length', `${header.length} in ${header.lengthBits} bits`, offset);
  }
}
