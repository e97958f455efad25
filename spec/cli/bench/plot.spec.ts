import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linearAxis, logarithmicAxis, renderFigures, renderPlot } from '../../../lib/cli/bench/plot.js';

describe('an axis', () => {
  it('has round marks from 0 to at least the highest value', () => {
    for (const highest of [0.0007, 1, 7, 12, 99, 100, 4321, 1e6]) {
      const { top, marks } = linearAxis(highest, String);
      assert.ok(top >= highest && top <= highest * 1.7, `${highest}: ${top}`);
      assert.ok(marks.length >= 4 && marks.length <= 6, `${highest}: ${marks.length}`);
      assert.deepEqual([marks[0]!.at, marks.at(-1)!.at], [0, 1]);
    }
    assert.equal(linearAxis(0, String).top, 1);
  });

  it('of powers of ten has a place for every value', () => {
    const { place, marks } = logarithmicAxis(0.05, 200, String);
    assert.deepEqual(
      marks.map(({ label }) => label),
      ['0.01', '0.1', '1', '10', '100', '1000'],
    );
    assert.ok(place(0.05) > 0 && place(200) < 1);
    assert.ok(Math.abs(place(10) - 0.6) < 1e-9);
    assert.deepEqual(
      marks.map(({ at }) => Number(at.toFixed(3))),
      [0, 0.2, 0.4, 0.6, 0.8, 1],
    );
    assert.ok(Number.isFinite(logarithmicAxis(1, 1, String).place(1)));
  });
});

describe('a plot', () => {
  const plot = {
    title: 'Speed',
    summary: 'It <rises>.',
    lines: [{ name: 'a&b', color: 'one', points: [[0, 0], [0.5, 1], undefined, [1, 0.5]] as const }],
    x: [{ at: 0, label: '0 s' }],
    y: [{ at: 1, label: '10' }],
    xTitle: 'time',
    shaded: [[0, 0.25]] as const,
    table: { head: ['at', 'speed'], rows: [['0 s', '<1>']] },
  };

  it('has a gap where there is no value, and a dot for a lone one', () => {
    assert.match(renderPlot(plot), /d="M0\.0 300\.0h0L500\.0 0\.0M1000\.0 150\.0h0"/);
  });

  it('has words for readers who do not see it, and its figures in a table', () => {
    const markup = renderPlot(plot);
    assert.match(markup, /<svg role="img" aria-label="It &lt;rises&gt;\."/);
    assert.match(markup, /<th scope="row">0 s<\/th><td>&lt;1&gt;<\/td>/);
    assert.match(markup, /a&amp;b/);
    assert.doesNotMatch(renderFigures(['<'], [['>']]), /<(?!\/?(div|table|thead|tbody|tr|th)\b)/);
  });
});
