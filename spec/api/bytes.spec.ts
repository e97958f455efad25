import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { toBytes } from '../../lib/api/bytes.js';

describe('toBytes', () => {
  it('gives the bytes of buffers and views, also of another realm, without a copy', () => {
    const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
    assert.deepEqual([...toBytes(buffer)!], [1, 2, 3, 4]);
    assert.equal(toBytes(buffer)!.buffer, buffer);
    assert.deepEqual([...toBytes(new Uint8Array(buffer, 1, 2))!], [2, 3]);
    assert.deepEqual([...toBytes(new DataView(buffer, 2))!], [3, 4]);
    assert.deepEqual([...toBytes(runInNewContext('new Uint8Array([5, 6])'))!], [5, 6]);
    assert.deepEqual([...toBytes(runInNewContext('new ArrayBuffer(2)'))!], [0, 0]);
    assert.equal(toBytes(new ArrayBuffer(0))!.length, 0);
  });

  it('gives nothing for what is neither', () => {
    const pretender: unknown = Object.create(ArrayBuffer.prototype);
    for (const other of [undefined, null, 1, 'text', {}, [1, 2], { byteLength: 1 }, pretender]) {
      assert.equal(toBytes(other), undefined);
    }
  });
});
