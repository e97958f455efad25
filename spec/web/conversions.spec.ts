import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { bufferSource, clampToUnsignedShort, isBlob, toUSVString } from '../../lib/web/conversions.js';

describe('the conversions of Web IDL', () => {
  it('clamp numbers to an unsigned short, and round halves to even', () => {
    const cases: readonly (readonly [unknown, number])[] = [
      [NaN, 0],
      [undefined, 0],
      [null, 0],
      [-1, 0],
      [65536, 65535],
      [Infinity, 65535],
      ['1000', 1000],
      [999.5, 1000],
      [1000.5, 1000],
      [1000.6, 1001],
      [true, 1],
    ];
    for (const [given, expected] of cases) assert.equal(clampToUnsignedShort(given), expected, String(given));
  });

  it('replace lone surrogates, and refuse symbols', () => {
    assert.equal(toUSVString('a\ud800b'), 'a\ufffdb');
    assert.equal(toUSVString({ toString: () => 'x' }), 'x');
    assert.throws(() => toUSVString(Symbol('x')), TypeError);
  });

  it('take the bytes of buffers and views, of any realm', () => {
    assert.deepEqual(bufferSource(Uint8Array.of(1, 2).buffer), Uint8Array.of(1, 2));
    assert.deepEqual(bufferSource(new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 2)), Uint8Array.of(2, 3));
    assert.equal(bufferSource(runInNewContext('new ArrayBuffer(3)'))?.length, 3);
    assert.equal(bufferSource(runInNewContext('new Float64Array(2)'))?.length, 16);
  });

  it('have a detached buffer be empty', () => {
    const bytes = Uint8Array.of(1);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    assert.equal(bufferSource(bytes.buffer)?.length, 0);
    assert.equal(bufferSource(bytes)?.length, 0);
  });

  it('refuse memory that other code may change meanwhile', () => {
    const shared = new SharedArrayBuffer(2);
    for (const data of [shared, new Uint8Array(shared)]) assert.throws(() => bufferSource(data), TypeError);
    const Resizable = ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer;
    const resizable = new Resizable(1, { maxByteLength: 2 });
    for (const data of [resizable, new Uint8Array(resizable)]) assert.throws(() => bufferSource(data), TypeError);
  });

  it('leave everything else to be text', () => {
    for (const other of ['x', 1, null, undefined, {}, [], new Blob([])]) assert.equal(bufferSource(other), undefined);
  });

  it('know a Blob and a File', () => {
    assert.equal(isBlob(new Blob([])), true);
    assert.equal(isBlob({ [Symbol.toStringTag]: 'File', arrayBuffer: () => {} }), true);
    for (const other of ['x', null, {}, new Uint8Array(1)]) assert.equal(isBlob(other), false);
  });
});
