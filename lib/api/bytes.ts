/** Binary messages as programs give them -> their bytes. */

import { bytesOf, isByteArray, sizeOf } from '../protocol/framing/payload.js';

const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!;

/** The bytes of a binary message, not copied; `undefined` for what is neither an `ArrayBuffer` nor a view of one. */
export function toBytes(data: unknown): Uint8Array | undefined {
  try {
    // An empty array may be detached, which bytesOf refuses.
    if (ArrayBuffer.isView(data)) return isByteArray(data) && sizeOf(data) > 0 ? data : bytesOf(data);
    // Throws without the internal slot: a buffer of another realm (node:vm) has it, a look-alike has not.
    byteLengthOf.call(data);
    return new Uint8Array(data as ArrayBuffer);
  } catch {
    return undefined; // a detached buffer, or none
  }
}
