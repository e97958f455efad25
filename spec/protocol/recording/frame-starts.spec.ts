import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { FrameStarts } from '../../../lib/protocol/recording/frame-starts.js';

/** The bytes of the frame that starts at an offset, seen in the last of the chunks; the head ended before them. */
function seen(chunks: readonly string[], offset: number): string | undefined {
  const starts = new FrameStarts();
  let found: string | undefined;
  for (const [index, chunk] of chunks.entries()) {
    starts.during(Buffer.from(chunk), () => {
      if (index === 0) starts.ended(2);
      const bytes = starts.at(offset);
      found = bytes && Buffer.from(bytes).toString();
    });
  }
  return found;
}

describe('the start of the frame that is coming in', () => {
  it('is there whatever the chunking', () => {
    assert.equal(seen(['--frame'], 2), 'frame');
    assert.equal(seen(['--fr', 'a', 'me'], 2), 'frame');
    assert.equal(seen(['--', 'frame'], 2), 'frame');
  });

  it('has at most 32 bytes', () => {
    assert.equal(seen([`--${'x'.repeat(50)}`], 2), 'x'.repeat(32));
    assert.equal(seen([`--${'x'.repeat(30)}`, 'y'.repeat(30)], 2), `${'x'.repeat(30)}yy`);
  });

  it('is not there for another frame', () => {
    assert.equal(seen(['--frame'], 4), undefined);
  });
});
