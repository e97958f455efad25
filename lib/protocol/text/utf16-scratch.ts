/** Where the UTF-16 of a text lies while it is encoded or decoded. */
import { Buffer } from 'node:buffer';

/** A typed array of code units and the same memory as bytes, for Node's `utf16le`. */
export interface CodeUnits {
  readonly units: Uint16Array;
  readonly bytes: Buffer;
}

/** How many units there is room for: 64 KiB. */
export const unitsSize = 32768;

let shared: CodeUnits | undefined;

/** The one scratch that all connections share, made on first use, and free again when a call ends. */
export function codeUnits(): CodeUnits {
  if (shared === undefined) {
    const units = new Uint16Array(unitsSize);
    shared = { units, bytes: Buffer.from(units.buffer) };
  }
  return shared;
}
