import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameCost, runTextCost, unlimited } from '../../../lib/protocol/framing/budget.js';

describe('a budget', () => {
  it("without an end is not spent, and is nobody else's", () => {
    const budget = unlimited();
    budget.left -= 1e300;
    assert.ok(budget.left > 0);
    assert.notEqual(unlimited(), budget);
  });

  it('is charged less for a text in a run than for a frame', () => {
    assert.ok(runTextCost > 0 && runTextCost < frameCost);
  });
});
