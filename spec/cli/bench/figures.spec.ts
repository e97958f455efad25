import assert from 'node:assert/strict';
import { it } from 'node:test';
import { countText, grouped, mebibytes, milliseconds, quantileText, rounded } from '../../../lib/cli/bench/figures.js';

it('figures are written so that they can be compared at a glance', () => {
  assert.deepEqual([0, 12, 1234, 1234567].map(grouped), ['0', '12', '1 234', '1 234 567']);
  assert.deepEqual([1.25, 99.94, 100.4].map(countText), ['1.3', '99.9', '100']);
  assert.deepEqual([0.0123, 1.2, 123.4, 12345].map(milliseconds), ['0.012 ms', '1.20 ms', '123 ms', '12 345 ms']);
  assert.deepEqual([2 ** 19, 2 ** 24].map(mebibytes), ['0.50', '16']);
  assert.deepEqual(['p50', 'p99', 'p999', 'p9999', 'max'].map(quantileText), ['p50', 'p99', 'p99.9', 'p99.99', 'max']);
  assert.equal(rounded(1.23456789), 1.23457);
});
