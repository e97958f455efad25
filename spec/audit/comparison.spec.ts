import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Comparison,
  ComparisonError,
  compareRuns,
  isWorse,
  readRun,
  renderVerdicts,
  runOf,
  summarizeComparison,
} from '../../lib/audit/comparison.js';
import type { AuditReport, ProbeResult, Verdict } from '../../lib/audit/probe.js';
import { renderJson } from '../../lib/audit/reports/json.js';

type Verdicts = Readonly<Record<string, Verdict>>;

function report(verdicts: Verdicts, ...killers: string[]): AuditReport {
  return {
    url: 'ws://a.test/',
    startedAt: '2026-01-02T03:04:05.678Z',
    version: '1.2.3',
    duration: 1,
    capabilities: { text: 'echo', binary: 'echo', server: 'test/1' },
    deaths: killers.map((id) => ({ probes: [id], isProved: true, recovered: true })),
    results: Object.entries(verdicts).map(([id, verdict]) => ({ id, verdict, got: `got ${id}` }) as ProbeResult),
  };
}

const known = new Set(['ping-a', 'ping-b', 'ping-c']);
const compare = (before: Verdicts, after: Verdicts): Comparison =>
  compareRuns(runOf(report(before)), report(after), known, 'kept.json');

describe('two runs', () => {
  it('are the same when every verdict is', () => {
    const comparison = compare({ 'ping-a': 'fail', 'ping-b': 'pass' }, { 'ping-b': 'pass', 'ping-a': 'fail' });
    assert.deepEqual([comparison.changes, comparison.same, isWorse(comparison)], [[], 2, false]);
    assert.equal(summarizeComparison(comparison), '0 worse, 0 better, 2 the same');
  });

  it('got worse by a rule that is broken now, whether it was kept or not seen', () => {
    const trends = (['pass', 'fail', 'warning', 'not observable'] as const).map((before) =>
      (['pass', 'fail', 'warning', 'not observable'] as const).map(
        (after) => compare({ 'ping-a': before }, { 'ping-a': after }).changes[0]?.trend,
      ),
    );
    assert.deepEqual(trends, [
      [undefined, 'worse', 'worse', 'otherwise'],
      ['better', undefined, 'better', 'otherwise'],
      ['better', 'worse', undefined, 'otherwise'],
      ['better', 'worse', 'worse', undefined],
    ]);
  });

  it('show what got worse first, what is new, what is gone, and what was not asked', () => {
    const before = { 'ping-a': 'fail', 'ping-b': 'pass', 'ping-old': 'pass' } as const;
    const comparison = compare(before, { 'ping-a': 'pass', 'ping-c': 'fail', 'ping-d': 'pass' });
    assert.deepEqual(comparison.changes, [
      { id: 'ping-c', trend: 'worse', before: undefined, after: 'fail', got: 'got ping-c' },
      { id: 'ping-a', trend: 'better', before: 'fail', after: 'pass', got: 'got ping-a' },
      { id: 'ping-d', trend: 'otherwise', before: undefined, after: 'pass', got: 'got ping-d' },
    ]);
    assert.deepEqual([comparison.gone, comparison.left], [['ping-old'], 1]);
    const summary = '1 worse, 1 better, 1 otherwise, 0 the same, 2 of them new, 1 gone, 1 not asked this time';
    assert.equal(summarizeComparison(comparison), summary);
  });

  it('got worse when the server dies of what it did not die of', () => {
    const verdicts = { 'ping-a': 'fail' } as const;
    const deaths = (before: AuditReport): readonly string[] =>
      compareRuns(runOf(before), report(verdicts, 'ping-a'), known, 'x').deaths;
    assert.deepEqual(deaths(report(verdicts)), ['ping-a']);
    assert.deepEqual(deaths(report(verdicts, 'ping-a')), []);
  });
});

describe('a kept run', () => {
  const run = report({ 'ping-a': 'fail', 'ping-b': 'not observable', 'ping-c': 'warning' }, 'ping-a');

  it('is read from a whole report, and from the verdicts alone', () => {
    for (const text of [renderJson(run), renderVerdicts(run)])
      assert.deepEqual(sorted(readRun(text)), sorted(runOf(run)));
  });

  const sorted = ({ verdicts, ...rest }: ReturnType<typeof runOf>) => ({ ...rest, verdicts: [...verdicts].sort() });

  it('is small', () => {
    assert.ok(renderVerdicts(run).length < 400, renderVerdicts(run));
  });

  it('is not taken from anything else', () => {
    const texts: [text: string, why: RegExp][] = [
      ['', /not JSON/],
      ['[]', /not an object/],
      ['{}', /neither results nor verdicts/],
      ['{"verdicts":{"ping-a":"good"}}', /"good" is not a verdict/],
      ['{"verdicts":[]}', /verdicts is not an object/],
      ['{"verdicts":{"<b>":"pass"}}', /"<b>" is not the id of a probe/],
      ['{"verdicts":{},"killers":"a"}', /no list of probes/],
      ['{"results":[{"id":"ping-a","verdict":"ok"}]}', /"ok" is not a verdict/],
      ['{"results":[7]}', /a result is not an object/],
      ['{"results":[],"deaths":[{}]}', /no list of probes/],
    ];
    for (const [text, why] of texts)
      assert.throws(
        () => readRun(text),
        (error) => error instanceof ComparisonError && why.test(error.message),
        text,
      );
  });

  it('says nothing that could drive a terminal', () => {
    const { url, server } = readRun('{"url":"\\u001b[2J","server":"\\u009b","results":[]}');
    assert.deepEqual([url, server], ['\\u001b[2J', '\\u009b']);
  });
});
