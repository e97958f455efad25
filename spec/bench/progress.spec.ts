import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bar } from '../../bench/progress.js';

describe('bar', () => {
  it('fills from left to right', () => {
    assert.equal(bar(0, 10), `${'░'.repeat(24)} 0%`);
    assert.equal(bar(5, 10), `${'█'.repeat(12)}${'░'.repeat(12)} 50%`);
  });

  it('stays full when more is done than was planned, and with nothing planned', () => {
    assert.equal(bar(25, 10), `${'█'.repeat(24)} 100%`);
    assert.equal(bar(0, 0), `${'░'.repeat(24)} 0%`);
  });
});
