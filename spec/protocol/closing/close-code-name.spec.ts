import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeCloseCode } from '../../../lib/protocol/closing/close-code-name.js';

describe('a close code', () => {
  it('is shown with its registered name, if it has one', () => {
    assert.equal(describeCloseCode(1002), '1002 (protocol error)');
    assert.equal(describeCloseCode(4001), '4001');
    assert.equal(describeCloseCode(65535), '65535');
  });
});
