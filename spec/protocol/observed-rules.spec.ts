import assert from 'node:assert/strict';
import { it } from 'node:test';
import { observedRules } from '../../lib/protocol/observed-rules.js';
import { rules } from '../../lib/protocol/rules.js';

it('what an observer adds to the rules has ids of its own, a section and a demand', () => {
  for (const [id, rule] of Object.entries(observedRules)) {
    assert.equal(rule.id, id);
    assert.ok(!Object.hasOwn(rules, id), id);
    assert.match(rule.section, /^RFC \d+ §[\d.]+$/);
    assert.match(rule.demand, /^(?:the|no|Sec)\b/);
  }
});
