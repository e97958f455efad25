import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countVerdicts, isComplete, type ProbeResult, type Verdict } from '../../lib/audit/probe.js';

describe('verdicts', () => {
  it('are counted, each kind, also when there is none', () => {
    const results = ['pass', 'fail', 'pass', 'not observable'].map((verdict) => ({ verdict: verdict as Verdict }));
    const counts = { pass: 2, fail: 1, warning: 0, 'not observable': 1 };
    assert.deepEqual(countVerdicts(results as ProbeResult[]), counts);
    assert.deepEqual(countVerdicts([]), { pass: 0, fail: 0, warning: 0, 'not observable': 0 });
  });

  it('say nothing about a server when nothing, or less than half, could be asked', () => {
    const of = (...verdicts: Verdict[]) => verdicts.map((verdict) => ({ verdict })) as ProbeResult[];
    assert.equal(isComplete([]), false);
    assert.equal(isComplete(of('not observable')), false);
    assert.equal(isComplete(of('pass', 'not observable', 'not observable')), false);
    assert.equal(isComplete(of('warning', 'not observable')), true);
    assert.equal(isComplete(of('fail', 'pass')), true);
  });
});
