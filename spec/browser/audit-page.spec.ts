import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditReport, ProbeResult } from '../../lib/audit/probe.js';
import { probes } from '../../lib/audit/probes/all.js';
import { renderHtml } from '../../lib/audit/reports/html.js';
import { chromium, look, looks } from './chromium.js';
import { type Reading, reading } from './reading.js';

/** All probes; every seventh fails, and shows long words of a hostile server. */
const results = probes.map(({ ask: _, ...question }, index): ProbeResult => {
  const verdict = (['fail', 'warning', 'not observable', 'pass', 'pass', 'pass', 'pass'] as const)[index % 7]!;
  const summary = `Text "${'word'.repeat(60)}\u202e"`;
  const step = { time: 1.5, connection: 1, kind: 'frame', summary, hex: '81 7e '.repeat(21), size: 240 } as const;
  const evidence = [
    { ...step, direction: 'sent' } as const,
    { ...step, direction: 'received' } as const,
    { time: 2, connection: 1, direction: 'event', kind: 'end', summary: 'the connection was reset' } as const,
  ];
  return { ...question, verdict, got: `${verdict}: ${'x'.repeat(150)}`, duration: 12, evidence };
});

const report: AuditReport = {
  url: `wss://${'host.'.repeat(12)}test:8443/${'path/'.repeat(20)}`,
  startedAt: '2026-01-02T03:04:05.678Z',
  duration: 1234,
  deaths: [{ probes: [results[0]!.id], isProved: true, recovered: true }],
  capabilities: { text: 'echo', binary: 'accepted', server: 'server/1' },
  results,
};

const skip = chromium === undefined && 'there is no Chromium';

describe('the page of an audit, in a browser', { skip }, () => {
  const page = renderHtml(report);
  const unfold = `document.querySelectorAll('details').forEach((one) => { one.open = true; })`;
  const backgrounds = new Set<string>();

  for (const { width, dark } of looks) {
    it(`reads well at ${width} px in ${dark ? 'dark' : 'light'}: no sideways scrolling, enough contrast`, async () => {
      const seen = await look<Reading>(page, { width, dark }, `(${unfold}, ${reading})`);
      assert.deepEqual([seen.sideways, seen.faint], [0, []]);
      backgrounds.add(`${dark} ${seen.background}`);
    });
  }

  it('follows the colour scheme', () => {
    assert.equal(backgrounds.size, 2);
  });

  it('has findings that fold, and unfold for a link to them', async () => {
    const expression = `(() => {
      const folded = [...document.querySelectorAll('details.finding')];
      const before = folded.filter(({ open }) => open).length;
      const inside = folded[0].querySelector('[id^=finding-]');
      return { count: folded.length, before, isInside: inside !== null, height: folded[0].offsetHeight };
    })()`;
    const seen = await look<{ count: number; before: number; isInside: boolean; height: number }>(
      page,
      { width: 1280, dark: false },
      expression,
    );
    const findings = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'warning').length;
    assert.deepEqual([seen.count, seen.before, seen.isInside], [findings, 0, true]);
    assert.ok(seen.height < 80, `${seen.height} px`);
  });

  it('shows the rows of the chosen verdict only', async () => {
    const expression = `['all', 'fail', 'warning', 'unseen', 'pass'].map((name) => {
      document.querySelector('#show-' + name).click();
      return [...document.querySelectorAll('.probes tbody tr')].filter((row) => row.checkVisibility()).length;
    })`;
    const shown = await look<number[]>(page, { width: 1280, dark: false }, expression);
    const count = (verdict: string): number => results.filter((one) => one.verdict === verdict).length;
    assert.deepEqual(shown, [results.length, count('fail'), count('warning'), count('not observable'), count('pass')]);
  });

  it('has no red for what did not happen', async () => {
    const fine = renderHtml({ ...report, deaths: [], results: [{ ...results[3]!, evidence: [] }] });
    const expression = `(() => {
      return [...document.querySelectorAll('.card')].map((card) => card.className);
    })()`;
    const classes = await look<string[]>(fine, { width: 1280, dark: false }, expression);
    assert.deepEqual(classes, ['card zero', 'card zero', 'card zero', 'card pass']);
  });
});
