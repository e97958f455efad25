import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareLoads } from '../../../lib/cli/bench/compare.js';
import { renderLoadPage } from '../../../lib/cli/bench/load-page.js';
import { sampleOutcome } from './outcomes.js';

describe('the page of a load', () => {
  it('is self-contained, and shows what a server said as text', () => {
    const errors = { mismatch: { count: 1, example: 'an answer was "<script>alert(1)</script>"' } };
    const outcome = sampleOutcome({}, { errors });
    const page = renderLoadPage({ title: 'ws://h/?a=<b>', loads: [{ name: 'ws://h/?a=<b>', outcome }] });
    assert.doesNotMatch(page, /<script|https?:|<link|<img|url\(|NaN|undefined|Infinity/);
    for (const title of ['Latency distribution', 'Throughput over time', 'Latency over time']) {
      assert.ok(page.includes(`<figcaption>${title}</figcaption>`), title);
    }
    assert.match(page, /an answer was &quot;&lt;script/);
  });

  it('has a page also when nothing came back', () => {
    const nothing = { count: 0, sum: 0, min: 0, max: 0, buckets: [] };
    const outcome = sampleOutcome({}, { latency: nothing, service: nothing, delay: nothing, received: 0 });
    const page = renderLoadPage({ title: 'x', loads: [{ name: 'x', outcome }] });
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  });

  it('has a comparison of two servers', () => {
    const rounds = Array.from({ length: 5 }, () => sampleOutcome());
    const figures = compareLoads({ a: rounds, b: rounds });
    const loads = ['A', 'B'].map((name) => ({ name, outcome: rounds[0]! }));
    const page = renderLoadPage({ title: 'two', loads, figures });
    assert.match(page, /<h2 id="comparison">Comparison<\/h2>/);
    assert.match(page, /no difference \(p = 1\.000\)/);
  });
});
