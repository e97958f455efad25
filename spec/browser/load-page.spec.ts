import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareLoads } from '../../lib/cli/bench/compare.js';
import { renderLoadPage } from '../../lib/cli/bench/load-page.js';
import { sampleOutcome } from '../cli/bench/outcomes.js';
import { chromium, look, looks } from './chromium.js';
import { type Reading, reading } from './reading.js';

const url = `wss://${'host.'.repeat(12)}test:8443/${'path/'.repeat(20)}`;
const errors = { 'status 503': { count: 12_345, example: `the server answered ${'word'.repeat(40)}` } };
const outcome = sampleOutcome({ processes: 1 }, { errors, busy: 0.99 });
const rounds = Array.from({ length: 5 }, () => outcome);
const pages = {
  'of one server': renderLoadPage({ title: url, loads: [{ name: url, outcome }] }),
  'of two servers': renderLoadPage({
    title: `${url} and ${url}`,
    loads: ['A', 'B'].map((name) => ({ name: `${name}: ${url}`, outcome })),
    figures: compareLoads({ a: rounds, b: rounds }),
  }),
};

const skip = chromium === undefined && 'there is no Chromium';

describe('the page of a load, in a browser', { skip }, () => {
  const unfold = `document.querySelectorAll('details').forEach((one) => { one.open = true; })`;
  for (const [name, page] of Object.entries(pages)) {
    for (const { width, dark } of looks) {
      it(`${name} reads well at ${width} px in ${dark ? 'dark' : 'light'}`, async () => {
        const seen = await look<Reading>(page, { width, dark }, `(${unfold}, ${reading})`);
        assert.deepEqual([seen.sideways, seen.faint], [0, []]);
      });
    }
  }

  it('has plots with a name for readers who do not see them, whose labels do not overlap', async () => {
    for (const width of [390, 1280]) {
      const expression = `[...document.querySelectorAll('.plot')].map((plot) => {
        const boxes = (part) => [...plot.querySelectorAll(part)]
          .map((one) => one.getBoundingClientRect()).filter(({ width }) => width > 0);
        const overlaps = (list) => list.some((a, i) => list.some((b, j) => i < j &&
          a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
        const svg = plot.querySelector('svg');
        return {
          name: svg.getAttribute('aria-label'),
          role: svg.getAttribute('role'),
          height: svg.getBoundingClientRect().height,
          overlap: overlaps([...boxes('.y span')]) || overlaps([...boxes('.x span')]),
          strokes: [...plot.querySelectorAll('path.line')].map((line) => window.getComputedStyle(line).stroke),
        };
      })`;
      type PlotSeen = { name: string; role: string; height: number; overlap: boolean; strokes: string[] };
      const seen = await look<PlotSeen[]>(pages['of two servers'], { width, dark: false }, expression);
      assert.equal(seen.length, 3);
      for (const { name, role, height, overlap, strokes } of seen) {
        assert.match(name, /\d.*\.$/);
        assert.deepEqual([role, height, overlap], ['img', 240, false], name);
        assert.equal(new Set(strokes).size, strokes.length, 'every line has a colour of its own');
      }
    }
  });
});
