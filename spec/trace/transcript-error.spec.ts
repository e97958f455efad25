import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TranscriptError } from '../../lib/trace/transcript-error.js';

describe('an error of a transcript', () => {
  it('has the line, what was expected and what came', () => {
    const error = new TranscriptError(7, 'a number', 'nothing');
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.line, error.message],
      ['TranscriptError', 7, 'line 7: expected a number, got nothing'],
    );
  });
});
