import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MaskingKeys } from '../../../lib/protocol/framing/mask.js';
import { RecordingKeys } from '../../../lib/protocol/recording/recording-keys.js';
import { seededFill } from '../random.js';

describe('recording keys', () => {
  it('are those of the other pool, each reported once, in order', () => {
    const drawn: number[] = [];
    const keys = new RecordingKeys(new MaskingKeys(seededFill(1)), (key) => drawn.push(key));
    const plain = new MaskingKeys(seededFill(1));
    const expected = [plain.next(), plain.next(), plain.next()];
    assert.deepEqual([keys.next(), keys.next(), keys.next()], expected);
    assert.deepEqual(drawn, expected);
  });
});
