/** A frame in one line of evidence. */
import { type Buffer, isUtf8 } from 'node:buffer';
import { type FrameHeader, lengthBits } from '../protocol/framing/header.js';
import { Opcode, opcodeName } from '../protocol/framing/opcode.js';
import { printable, quote, shorten } from '../protocol/printable.js';

/** Characters of a text that are shown. */
export const maxShown = 200;

/** `Text "hello"`, `Close 1002 "bad frame"`, `Ping, 4 bytes, unmasked`. */
export function describeFrame(header: Readonly<FrameHeader>, payload: Buffer): { summary: string; text?: string } {
  const { opcode, fin, rsv, length } = header;
  const name = opcodeName(opcode);
  const parts = [name.charAt(0).toUpperCase() + name.slice(1)];
  let readable = payload;
  if (opcode === Opcode.close && payload.length >= 2) {
    parts[0] += ` ${payload.readUInt16BE()}`;
    readable = payload.subarray(2);
  }
  // Enough to see; and no character is cut, for what is not UTF-8 is not shown as text.
  const text =
    readable.length > 0 && isUtf8(readable) ? shorten(readable.toString('utf8', 0, 4 * maxShown), maxShown) : '';
  const isText = text !== '' && !/[\x00-\x1f\x7f]/.test(text);
  if (isText && readable.length <= 60) parts[0] += ` ${quote(text)}`;
  else parts.push(`${length} byte${length === 1 ? '' : 's'}`);
  if (!fin) parts.push('FIN 0');
  for (const [bit, label] of [
    [4, 'RSV1'],
    [2, 'RSV2'],
    [1, 'RSV3'],
  ] as const)
    if ((rsv & bit) !== 0) parts.push(label);
  if (header.lengthBits !== lengthBits(length)) parts.push(`length in ${header.lengthBits} bits`);
  parts.push(header.masked ? 'masked' : 'unmasked');
  return { summary: parts.join(', '), ...(isText ? { text: printable(text) } : {}) };
}
