import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { SlidingWindow } from '../../../lib/protocol/deflate/sliding-window.js';
import { seeded } from '../random.js';

describe('a sliding window', () => {
  it('holds the end of the text, whatever the pieces that it came in and the ways they were added', () => {
    const next = seeded(3);
    for (const capacity of [256, 512, 4096, 32_768]) {
      const window = new SlidingWindow(capacity);
      let text = Buffer.alloc(0);
      for (let round = 0; round < 200; round++) {
        const piece = Buffer.from(Array.from({ length: next() % (round % 10 === 0 ? 40_000 : 900) }, () => next()));
        if (next() % 2 === 0) window.push(piece);
        else {
          window.reserve(window.size + piece.length, window.position, window.size);
          const end = window.write(piece);
          assert.deepEqual(window.copy(window.position, end), piece);
          window.advance(end);
        }
        text = Buffer.concat([text, piece]).subarray(-capacity);
        assert.equal(window.size, text.length);
        assert.deepEqual(window.last(capacity), text);
        assert.deepEqual(window.last(100), text.subarray(-100));
      }
    }
  });

  it('holds no memory until there is text, little for little text, and no more than its capacity or 8 KiB', () => {
    for (const [capacity, most] of [
      [256, 8192],
      [8192, 8192],
      [32_768, 32_768],
    ] as const) {
      const window = new SlidingWindow(capacity);
      assert.equal(window.ring.length, 0);
      window.push(Buffer.alloc(200));
      assert.equal(window.ring.length, 4096);
      for (let round = 0; round < 100; round++) window.push(Buffer.alloc(1000));
      window.push(Buffer.alloc(100_000));
      window.reserve(window.size + 20_000, window.position, window.size);
      window.advance(window.write(Buffer.alloc(20_000)));
      assert.ok(window.ring.length <= most, `${window.ring.length}`);
    }
  });

  it('that forgets its text has none to copy', () => {
    const window = new SlidingWindow(512);
    window.push(Buffer.from('secret'));
    window.forget();
    assert.equal(window.last(512).length, 0);
    window.push(Buffer.from('ab'));
    assert.equal(window.last(512).toString(), 'ab');
  });
});
