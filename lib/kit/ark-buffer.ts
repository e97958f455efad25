/** The platform's `buffer`, on Node's own: `buffer.from('text').buffer` is memory of exactly that text. */
import { Blob, Buffer, transcode } from 'node:buffer';
import type { Bytes } from './bytes.js';
import { type NotHere, withPlaceholders } from './placeholder.js';

/** Node's `Buffer`; spelled out, so that a program without Node's types compiles. */
export type ArkBuffer = Bytes & {
  toString(encoding?: string, start?: number, end?: number): string;
  /** `readInt32BE`, `writeUInt8`, … */
  readonly [method: string]: NotHere;
};

export interface BufferModule {
  readonly Buffer: NotHere;
  readonly Blob: NotHere;
  from(source: string | ArrayBuffer | Uint8Array | readonly number[], ...more: (number | string)[]): ArkBuffer;
  alloc(size: number, fill?: string | number | Uint8Array, encoding?: string): ArkBuffer;
  allocUninitialized(size: number): ArkBuffer;
  allocUninitializedFromPool(size: number): ArkBuffer;
  byteLength(data: string | ArrayBuffer | Uint8Array, encoding?: string): number;
  compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1;
  concat(list: readonly Uint8Array[], totalLength?: number): ArkBuffer;
  isBuffer(value: unknown): boolean;
  isEncoding(encoding: string): boolean;
  transcode(source: Uint8Array, fromEncoding: string, toEncoding: string): ArkBuffer;
}

/**
 * Node cuts small buffers from a pool of 8 KiB: a program of the platform that sends `buffer.from('hi').buffer` would
 * send all of it, with whatever else is in there.
 */
function unpooled(made: Buffer): Buffer {
  if (made.buffer.byteLength === made.byteLength) return made;
  const own = Buffer.alloc(made.byteLength);
  own.set(made);
  return own;
}

/** As Node's, unpooled; an `ArrayBuffer` is shared with the caller, as on the platform. */
function from(source: unknown, ...more: unknown[]): Buffer {
  const shares = source instanceof ArrayBuffer || source instanceof SharedArrayBuffer;
  const made = (Buffer.from as (...args: unknown[]) => Buffer)(source, ...more);
  return shares ? made : unpooled(made);
}

/** The members of Node's `Buffer` that the platform has as well, under the platform's names. */
const members = {
  Buffer,
  Blob,
  from,
  alloc: Buffer.alloc,
  allocUninitialized: Buffer.allocUnsafeSlow,
  allocUninitializedFromPool: Buffer.allocUnsafeSlow,
  byteLength: Buffer.byteLength,
  compare: Buffer.compare,
  concat: (list: readonly Uint8Array[], totalLength?: number): Buffer => unpooled(Buffer.concat(list, totalLength)),
  isBuffer: Buffer.isBuffer,
  isEncoding: Buffer.isEncoding,
  transcode: (
    source: Uint8Array,
    ...encodings: Parameters<typeof transcode> extends [unknown, ...infer E] ? E : never
  ) => unpooled(transcode(source, ...encodings)),
};

export const buffer: BufferModule = withPlaceholders('buffer', '@ohos.buffer', members as unknown as BufferModule);
export declare namespace buffer {
  export type { ArkBuffer as Buffer };
}
