import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buffer } from '../../lib/kit/ark-buffer.js';

describe('buffer', () => {
  it('gives memory of exactly its size, since programs send it', () => {
    const made = {
      text: buffer.from('hi'),
      base64: buffer.from('aGk=', 'base64'),
      bytes: buffer.from([104, 105]),
      copy: buffer.from(new Uint8Array([104, 105])),
      concat: buffer.concat([buffer.from('h'), buffer.from('i')]),
      transcoded: buffer.transcode(buffer.from('h\0i\0'), 'utf16le', 'utf8'),
    };
    for (const [how, one] of Object.entries(made)) {
      assert.equal(one.toString(), 'hi', how);
      assert.equal(one.buffer.byteLength, 2, how);
    }
    for (const one of [buffer.alloc(2), buffer.allocUninitialized(2), buffer.allocUninitializedFromPool(2)]) {
      assert.equal(one.buffer.byteLength, 2);
    }
  });

  it('shares an ArrayBuffer, which is the program’s', () => {
    const memory = new ArrayBuffer(8);
    const part = buffer.from(memory, 2, 4);
    assert.deepEqual([part.buffer === memory, part.byteOffset, part.byteLength], [true, 2, 4]);
  });

  it('has what else Node has under the platform’s names', () => {
    assert.equal(buffer.byteLength('ü'), 2);
    assert.equal(buffer.compare(buffer.from('a'), buffer.from('b')), -1);
    assert.equal(buffer.isBuffer(buffer.from('')), true);
    assert.equal(buffer.isEncoding('utf-8'), true);
    assert.equal(new buffer.Blob(['x']).size, 1);
    assert.throws(() => (buffer as unknown as { kMaxLength(): void }).kMaxLength(), { code: 801 });
  });
});
