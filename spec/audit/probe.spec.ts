import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countVerdicts, type ProbeResult, type Verdict } from '../../lib/audit/probe.js';

describe('verdicts', () => {
  it('are counted, each kind, also when there is none', () => {
    const results = ['pass', 'fail', 'pass', 'not observable'].map((verdict) => ({ verdict: verdict as Verdict }));
    const counts = { pass: 2, fail: 1, warning: 0, 'not observable': 1 };
    assert.deepEqual(countVerdicts(results as ProbeResult[]), counts);
    assert.deepEqual(countVerdicts([]), { pass: 0, fail: 0, warning: 0, 'not observable': 0 });
  });
});
