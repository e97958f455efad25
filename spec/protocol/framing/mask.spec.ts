import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { MaskingKeys, mask } from '../../../lib/protocol/framing/mask.js';
import { seeded, seededFill } from '../random.js';

/** RFC 6455 §5.3 as it is written: j = i MOD 4. */
function naive(bytes: Uint8Array, start: number, end: number, key: Uint8Array, phase: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let at = start; at < end; at++) out[at] = bytes[at]! ^ key[(at - start + phase) % 4]!;
  return out;
}

describe('mask (RFC 6455 §5.3)', () => {
  it('masks the example of §5.7', () => {
    const bytes = Buffer.allocUnsafeSlow(5);
    bytes.write('Hello');
    mask(bytes, new Int32Array(bytes.buffer, 0, 1), 0, 5, 0x3d21fa37);
    assert.equal(bytes.toString('hex'), '7f9f4d5158');
  });

  it('does what the standard says for every start, size and phase, and leaves the bytes around as they were', () => {
    const fill = seededFill(5);
    const memory = new Uint8Array(96);
    const keyBytes = new Uint8Array(4);
    for (let start = 0; start < 9; start++) {
      for (let size = 0; size < 80; size++) {
        for (let phase = 0; phase < 5; phase++) {
          fill(memory);
          fill(keyBytes);
          const expected = naive(memory, start, start + size, keyBytes, phase);
          const key = Buffer.from(keyBytes).readInt32LE();
          mask(memory, new Int32Array(memory.buffer), start, start + size, key, phase);
          assert.deepEqual(memory, expected, `start ${start}, size ${size}, phase ${phase}`);
        }
      }
    }
  });

  it('undoes itself, and may be done in pieces', () => {
    const next = seeded(6);
    const bytes = Buffer.allocUnsafeSlow(1000);
    seededFill(7)(bytes);
    const before = Buffer.from(bytes);
    const words = new Int32Array(bytes.buffer);
    mask(bytes, words, 0, 1000, -559038737);
    assert.notDeepEqual(bytes, before);
    for (let at = 0; at < 1000; ) {
      const to = Math.min(1000, at + (next() % 37));
      mask(bytes, words, at, to, -559038737, at);
      at = to;
    }
    assert.deepEqual(bytes, before);
  });

  it('treats keys with the highest bit set like any other, given signed or unsigned', () => {
    for (const key of [0xff0000ff | 0, 0xff0000ff, -1, 0xffffffff]) {
      const memory = new Uint8Array(8);
      mask(memory, new Int32Array(memory.buffer), 1, 8, key);
      const first = key === -1 || key === 0xffffffff ? 'ffffffffffffff' : 'ff0000ffff0000';
      assert.equal(Buffer.from(memory).toString('hex'), `00${first}`);
    }
  });
});

describe('masking keys (RFC 6455 §5.3)', () => {
  it('come from the random source, each handed out once', () => {
    const given: number[] = [];
    const fill = seededFill(8);
    const keys = new MaskingKeys((bytes) => {
      fill(bytes);
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let at = 0; at < bytes.length; at += 4) given.push(view.readInt32LE(at));
    });
    const taken = Array.from({ length: 10_000 }, () => keys.next());
    assert.deepEqual(taken, given.slice(0, 10_000));
    assert.ok(new Set(taken).size > 9990, 'the source of this spec repeats itself hardly ever');
  });

  it('ask the random source for nothing before the first key is needed', () => {
    let calls = 0;
    const keys = new MaskingKeys(() => calls++);
    assert.equal(calls, 0);
    keys.next();
    assert.equal(calls, 1);
  });
});

describe('bytes out of the pool of keys', () => {
  it('are those that the keys would have been, whatever their number, and are not handed out again', () => {
    const one = new MaskingKeys(seededFill(9));
    const other = new MaskingKeys(seededFill(9));
    const bytes = new Uint8Array(7);
    one.fill(bytes);
    const keys = Buffer.alloc(8);
    keys.writeInt32LE(other.next(), 0);
    keys.writeInt32LE(other.next(), 4);
    assert.deepEqual([...bytes], [...keys.subarray(0, 7)]);
    assert.equal(one.next(), other.next());
  });

  it('come from the random source when the pool is used up', () => {
    let fills = 0;
    const keys = new MaskingKeys((pool) => {
      fills++;
      pool.fill(fills);
    });
    const seen = new Set<number>();
    const bytes = new Uint8Array(16);
    for (let i = 0; i < 1024; i++) {
      keys.fill(bytes);
      for (const byte of bytes) seen.add(byte);
    }
    assert.deepEqual([fills, ...seen], [2, 1, 2]);
  });
});
