/** One whole frame as bytes, whatever its header says: for those who send few, or wrong ones. `framer.ts` is for the others. */
import { Buffer } from 'node:buffer';
import { encodeHeader, type FrameHeader, maxHeaderSize } from './header.js';
import { mask } from './mask.js';

/** @param payload is masked when the header says so, and stays as it is; its length need not be that of the header */
export function frameBytes(header: Readonly<FrameHeader>, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafeSlow(maxHeaderSize + payload.length);
  const at = encodeHeader(header, bytes, 0);
  const end = at + payload.length;
  bytes.set(payload, at);
  if (header.masked) mask(bytes, new Int32Array(bytes.buffer, 0, end >>> 2), at, end, header.maskingKey);
  return bytes.subarray(0, end);
}
