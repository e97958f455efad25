import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { describeBrokenFrame } from '../../lib/trace/broken-frame.js';

describe('the frame that broke a rule', () => {
  it('is shown with what its header says, and its bytes', () => {
    const masked = Buffer.from([0xd3, 0x82, 1, 2, 3, 4, 0x69, 0x6b]);
    assert.equal(
      describeBrokenFrame(masked),
      'frame FIN RSV1 RSV3 masked RESERVED 0X3 [2 bytes] d3 82 01 02 03 04 69 6b',
    );
  });

  it('is shown as far as it came', () => {
    assert.equal(describeBrokenFrame(Buffer.from([0x09])), 'frame PING [the header is not complete] 09');
    assert.equal(
      describeBrokenFrame(Buffer.from([0x81, 0xfe, 0x01])),
      'frame FIN masked TEXT [the header is not complete] 81 fe 01',
    );
  });
});
