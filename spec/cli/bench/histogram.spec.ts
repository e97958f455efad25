import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Histogram } from '../../../lib/cli/bench/histogram.js';

function near(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) <= expected * 0.03, `expected ${expected} ± 3 %, got ${value}`);
}

function filled(...values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('a histogram of latencies', () => {
  it('has exact ends and mean, and quantiles within 3 %, from a microsecond to an hour', () => {
    for (const scale of [0.001, 0.1, 1, 1000, 3600]) {
      const histogram = filled(...Array.from({ length: 1000 }, (_, index) => (index + 1) * scale));
      assert.equal(histogram.count, 1000);
      assert.equal(histogram.min, scale);
      assert.equal(histogram.max, 1000 * scale);
      near(histogram.mean, 500.5 * scale);
      near(histogram.quantile(0.5), 500 * scale);
      near(histogram.quantile(0.99), 990 * scale);
      near(histogram.quantile(0), scale);
    }
  });

  it('is never outside of what it was given', () => {
    const histogram = filled(5, 5, 5);
    for (const share of [0, 0.5, 0.999, 1]) assert.equal(histogram.quantile(share), 5);
    assert.equal(filled(0).quantile(1), 0);
    assert.equal(filled(1e9).quantile(1), 1e9);
  });

  it('is all zero without any', () => {
    const { count, min, max, mean } = new Histogram();
    assert.deepEqual({ count, min, max, mean }, { count: 0, min: 0, max: 0, mean: 0 });
    assert.equal(new Histogram().quantile(0.5), 0);
    assert.deepEqual(new Histogram().bars(10), []);
  });

  it('draws bars that hold every value once, up to p99 and then the rest', () => {
    const histogram = filled(...Array.from({ length: 1000 }, (_, index) => index + 1), 100_000);
    const bars = histogram.bars(10);
    assert.equal(bars.length, 11);
    assert.equal(
      bars.reduce((sum, { count }) => sum + count, 0),
      1001,
    );
    assert.equal(bars[0]!.from, 1);
    assert.equal(bars.at(-1)!.to, 100_000);
    near(bars.at(-2)!.to, 990);
    bars.slice(1).forEach(({ from }, index) => assert.equal(from, bars[index]!.to));
  });

  it('draws one bar when all are the same', () => {
    assert.deepEqual(filled(5, 5).bars(10), [{ from: 5, to: 5, count: 2 }]);
  });
});
