import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { bytesOf, isByteArray, sizeOf, sliceOf } from '../../../lib/protocol/framing/payload.js';

interface Resize {
  resize(size: number): void;
}

/** A `Uint8Array` all of whose properties say something else. */
function forged(...bytes: number[]): Uint8Array {
  const payload = new Uint8Array(bytes);
  const other = new Uint8Array(64).fill(0x5a);
  for (const name of ['length', 'byteLength', 'byteOffset', 'buffer', 'subarray', 'slice', Symbol.toStringTag]) {
    Object.defineProperty(payload, name, { value: name === 'buffer' ? other.buffer : () => other });
  }
  Object.defineProperty(payload, 'constructor', { value: { [Symbol.species]: () => other } });
  return payload;
}

describe('the memory behind a payload', () => {
  it('is what the engine knows, whatever the properties say', () => {
    const payload = forged(1, 2, 3, 4);
    assert.equal(sizeOf(payload), 4);
    assert.equal(isByteArray(payload), true);
    assert.deepEqual([...bytesOf(payload)], [1, 2, 3, 4]);
    assert.deepEqual([...sliceOf(payload, 1, 3)], [2, 3]);
  });

  it('is all of it for every kind of view, also of another realm', () => {
    const { buffer } = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const view of [
      new DataView(buffer, 1, 4),
      new Uint8ClampedArray(buffer, 1, 4),
      new Uint16Array(buffer.slice(1, 5)),
      new Float32Array(buffer.slice(1, 5)),
      runInNewContext('new Uint8Array([1, 2, 3, 4])') as Uint8Array,
    ]) {
      assert.deepEqual([...bytesOf(view)], [1, 2, 3, 4]);
    }
  });

  it('does not take another array for one of bytes because of its prototype', () => {
    const floats = Object.setPrototypeOf(new Float64Array(2), Uint8Array.prototype) as Uint8Array;
    assert.equal(isByteArray(floats), false);
    assert.equal(bytesOf(floats).length, 16);
  });

  it('is refused when the buffer is detached, or too small by now', () => {
    const detached = new Uint8Array(4);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    // The declarations of ES2023 do not know buffers that change their size.
    const Resizable = ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer & Resize;
    const shrunk = new Resizable(8, { maxByteLength: 8 });
    const outside = [new Uint8Array(shrunk, 4, 4), new DataView(shrunk, 4, 4)];
    shrunk.resize(2);
    for (const view of [detached, ...outside]) assert.throws(() => bytesOf(view), TypeError);
  });
});
