import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Histogram } from '../../../lib/cli/bench/histogram.js';

function near(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) <= expected * 0.003, `expected ${expected} ± 0.3 %, got ${value}`);
}

function filled(...values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('a histogram of latencies', () => {
  it('has exact ends and mean, and quantiles within 0.3 %, from a microsecond to an hour', () => {
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

  it('is within 0.3 % of an exact sort, to p99.99', () => {
    const values = Array.from({ length: 50_000 }, (_, index) => Math.exp(((index * 7919) % 50_000) / 5000));
    const histogram = filled(...values);
    const ascending = [...values].sort((a, b) => a - b);
    for (const share of [0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999]) {
      const exact = ascending[Math.ceil(share * values.length - 1e-6) - 1]!;
      const got = histogram.quantile(share);
      assert.ok(Math.abs(got - exact) <= exact * 0.003, `${share}: expected ${exact} ± 0.3 %, got ${got}`);
    }
    assert.equal(histogram.quantile(1), ascending.at(-1));
  });

  it('is, put together from parts, what a single one would have been', () => {
    const parts = [filled(1, 2, 300), new Histogram(), filled(0.002, 40)];
    const whole = new Histogram();
    for (const part of parts) whole.add(structuredClone(part.toData()));
    assert.deepEqual(whole.toData(), filled(1, 2, 300, 0.002, 40).toData());
  });

  it('is empty after clear', () => {
    const histogram = filled(1, 2);
    histogram.clear();
    assert.deepEqual(histogram.toData(), new Histogram().toData());
    histogram.record(5);
    assert.deepEqual(histogram.toData(), filled(5).toData());
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
