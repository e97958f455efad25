/** Every rule that the header of one frame breaks, and the header as it would be without them. */
import { type FrameHeader, lengthBits } from '../protocol/framing/header.js';
import { checkFirstByte, checkLength, checkSecondByte } from '../protocol/framing/header-rules.js';
import { isControlOpcode, Opcode } from '../protocol/framing/opcode.js';
import { type RuleId, Violation } from '../protocol/rules.js';

/** What a sender's headers are held against. */
export interface HeaderExpectations {
  readonly expectMasked: boolean;
  /** Reserved bits that an extension gave a meaning (RSV1: 4). */
  readonly allowedRsv: number;
}

/** How a header stops breaking a rule, so that the next one shows. */
const repairs: Readonly<Partial<Record<RuleId, (header: FrameHeader, expected: HeaderExpectations) => void>>> = {
  'frame-rsv': (header, { allowedRsv }) => {
    header.rsv &= allowedRsv;
  },
  'frame-opcode': (header) => {
    header.opcode = isControlOpcode(header.opcode) ? Opcode.ping : Opcode.binary;
  },
  'control-fragmented': (header) => {
    header.fin = true;
  },
  'deflate-rsv1-control': (header) => {
    header.rsv = 0;
  },
  'frame-masked': (header) => {
    header.masked = false;
  },
  'frame-unmasked': (header) => {
    header.masked = true;
  },
  'control-length': (header) => {
    header.lengthBits = 7;
  },
  'frame-length-63-bit': (header) => {
    header.lengthBits = 7;
  },
  'frame-minimal-length': (header) => {
    header.lengthBits = lengthBits(header.length);
  },
};

/**
 * Finds them.
 *
 * @param repaired gets the header without its faults
 * @param broke is called for each rule, in the order of the header's bytes
 */
export function findHeaderFaults(
  header: Readonly<FrameHeader>,
  repaired: FrameHeader,
  offset: number,
  expected: HeaderExpectations,
  broke: (violation: Violation) => void,
): void {
  Object.assign(repaired, header);
  for (;;) {
    try {
      checkFirstByte(repaired, expected.allowedRsv, offset);
      checkSecondByte(repaired, expected.expectMasked, offset);
      checkLength(repaired, offset);
      return;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      broke(error);
      repairs[error.rule.id]!(repaired, expected);
    }
  }
}
