import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pause } from '../../lib/trace/pause.js';

describe('a pause', () => {
  it('keeps the thread until it is over', () => {
    const before = performance.now();
    pause();
    assert.ok(performance.now() - before >= 4);
  });
});
