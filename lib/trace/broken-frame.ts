/** The frame that broke a rule, for people: what its header says, as far as it came, and its first bytes. */
import { Buffer } from 'node:buffer';
import { decodeHeader, decodeHeaderStart, frameHeader } from '../protocol/framing/header.js';
import { opcodeName } from '../protocol/framing/opcode.js';

/** `frame FIN RSV1 TEXT [5 bytes] c1 05 68 65 …`. @param bytes the first ones of the frame, at least one */
export function describeBrokenFrame(bytes: Uint8Array): string {
  const header = frameHeader();
  const isWhole = decodeHeader(bytes, 0, bytes.length, header) > 0;
  const hasMask = isWhole || decodeHeaderStart(bytes, 0, bytes.length, header);
  const { fin, rsv, opcode, masked, length } = header;
  const bits = ['RSV1', 'RSV2', 'RSV3'].filter((_, bit) => (rsv & (4 >> bit)) !== 0);
  const mask = hasMask && masked ? ['masked'] : [];
  const flags = [...(fin ? ['FIN'] : []), ...bits, ...mask, opcodeName(opcode).toUpperCase()];
  const size = isWhole ? `${length} bytes` : 'the header is not complete';
  return `frame ${flags.join(' ')} [${size}] ${Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')}`;
}
