import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { it } from 'node:test';
import { SplitHeader } from '../../lib/relay/split-header.js';
import { frame } from '../peer/frames.js';

it('headers are read whatever the chunking, and what was cut off is there', () => {
  const headers = [
    frame(1, '', { length: 5 }),
    frame(2, '', { length: 300, key: Buffer.of(1, 2, 3, 4) }),
    frame(8),
    frame(2, '', { length: 70_000, key: Buffer.of(9, 8, 7, 6) }),
  ];
  const bytes = Buffer.concat(headers);
  for (let cut = 1; cut <= bytes.length; cut++) {
    const split = new SplitHeader();
    const lengths: number[] = [];
    let from = 0;
    for (let start = 0; start < bytes.length; start += cut) {
      const end = Math.min(bytes.length, start + cut);
      for (let at = start; at < end; ) {
        const waited = split.waiting;
        at = split.take(bytes, at, end);
        if (!split.isWhole) {
          assert.deepEqual(split.carried, bytes.subarray(from, at));
          continue;
        }
        assert.deepEqual(split.carried, waited === 0 ? Buffer.alloc(0) : bytes.subarray(from, at), `${cut}`);
        lengths.push(split.header.length);
        from = at;
      }
    }
    assert.deepEqual(lengths, [5, 300, 0, 70_000]);
  }
});
