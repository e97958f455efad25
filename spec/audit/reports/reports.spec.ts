import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditReport, ProbeResult } from '../../../lib/audit/probe.js';
import { renderHtml } from '../../../lib/audit/reports/html.js';
import { renderJson } from '../../../lib/audit/reports/json.js';
import { renderJunit } from '../../../lib/audit/reports/junit.js';
import { renderSarif } from '../../../lib/audit/reports/sarif.js';
import { renderTable } from '../../../lib/audit/reports/table.js';
import { problemsOfSarif } from './sarif-schema.js';

const question = {
  reference: 'RFC 6455 §5.1',
  rule: 'closes <it>',
  sends: 'a "frame"',
  expects: 'the end & no more',
} as const;

function result(id: string, verdict: ProbeResult['verdict'], more: Partial<ProbeResult> = {}): ProbeResult {
  const section = id.slice(0, id.indexOf('-')) as ProbeResult['section'];
  return {
    ...question,
    id,
    section,
    level: 'MUST',
    verdict,
    got: `got <${verdict}>`,
    evidence: [],
    duration: 12,
    ...more,
  };
}

const report: AuditReport = {
  url: 'ws://host.test/?a=1&b="<2>"',
  startedAt: '2026-01-02T03:04:05.678Z',
  duration: 1234,
  deaths: [],
  capabilities: { text: 'echo', binary: 'accepted', server: 'test/1 <x>' },
  results: [
    result('frame-one', 'pass'),
    result('frame-two', 'fail', {
      evidence: [
        { time: 0.5, connection: 1, direction: 'event', kind: 'connected', summary: 'connected' },
        {
          time: 1,
          connection: 1,
          direction: 'sent',
          kind: 'head',
          summary: 'GET / HTTP/1.1',
          text: 'GET / HTTP/1.1\nX: <script>',
          size: 40,
        },
        {
          time: 2,
          connection: 1,
          direction: 'received',
          kind: 'frame',
          summary: 'Text "<b>\u0001"',
          hex: '81 01',
          size: 2,
        },
      ],
    }),
    result('close-one', 'warning', { level: 'SHOULD' }),
    result('close-two', 'not observable'),
  ],
};

const unasked: AuditReport = { ...report, results: [result('frame-one', 'not observable')] };

describe('the table', () => {
  it('has a line for each probe, then the failures in full, then the counts', () => {
    const text = renderTable(report, { colour: false, columns: 80 });
    const lines = text.split('\n');
    assert.equal(lines[0], 'ws://host.test/?a=1&b="<2>" (test/1 <x>), text: echo, binary: accepted, 1.2 s');
    assert.deepEqual(lines.slice(2, 7), [
      'pass  frame-one  MUST    got <pass>',
      'FAIL  frame-two  MUST    got <fail>',
      '',
      'warn  close-one  SHOULD  got <warning>',
      'n/o   close-two  MUST    got <not observable>',
    ]);
    assert.ok(
      lines.indexOf('FAIL frame-two (MUST, RFC 6455 §5.1)') < lines.indexOf('warn close-one (SHOULD, RFC 6455 §5.1)'),
    );
    assert.match(text, /2\.0 ms {2}#1 < Text "<b>/);
    assert.ok(text.endsWith('\n4 probes: 1 passed, 1 failed, 1 warning, 1 not observable\n'));
  });

  it('cuts what came to the width of the terminal', () => {
    const long = { ...report, results: [result('frame-one', 'pass', { got: 'x'.repeat(300) })] };
    const line = renderTable(long, { colour: false, columns: 70 }).split('\n')[2]!;
    assert.ok(line.length <= 70 && line.endsWith('…'), line);
  });

  it('has colours only when asked', () => {
    assert.ok(renderTable(report, { colour: true, columns: 80 }).includes('\x1b['));
    assert.ok(!renderTable(report, { colour: false, columns: 80 }).includes('\x1b['));
  });
});

describe('JSON', () => {
  it('is the report with its counts', () => {
    const { counts, complete, ...rest } = JSON.parse(renderJson(report)) as AuditReport & {
      counts: unknown;
      complete: boolean;
    };
    assert.deepEqual([rest, complete], [report, true]);
    assert.deepEqual(counts, { pass: 1, fail: 1, warning: 1, 'not observable': 1 });
  });
});

describe('JUnit', () => {
  const xml = renderJunit(report);

  it('counts per section, with warnings as passes', () => {
    assert.match(
      xml,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites [^>]*tests="4" failures="1" skipped="1" .* time="1\.234">/,
    );
    assert.match(xml, /<testsuite name="frame" tests="2" failures="1" skipped="0"/);
    assert.match(xml, /<testsuite name="close" tests="2" failures="0" skipped="1"/);
    assert.match(xml, /<testcase classname="frame" name="frame-one" time="0\.012"\/>/);
    assert.match(xml, /<skipped message="got &lt;not observable&gt;"\/>/);
    assert.match(xml, /name="close-one"[^>]*>\s*<system-out>warning: /);
  });

  it('has the end of the server, and a run that asked hardly anything, as errors', () => {
    const dead = renderJunit({ ...unasked, deaths: [{ probes: ['frame-two'], isProved: true, recovered: false }] });
    assert.match(dead, /<testsuites [^>]*tests="3" failures="0" skipped="1" errors="2"/);
    assert.match(dead, /<testsuite name="run" tests="2" [^>]*errors="2"/);
    assert.match(dead, /name="survival"[^>]*>\s*<error message="the server stopped answering: it died of frame-two/);
    assert.match(dead, /name="completeness"[^>]*>\s*<error message="none of 1 probes could be asked" type=/);
    assert.ok(!xml.includes('name="run"'));
  });

  it('is well-formed whatever a server sent: every element is closed, and no character is forbidden', () => {
    const open: string[] = [];
    for (const [, slash, name, selfClosed] of xml
      .replace(/^<\?.*\?>/, '')
      .matchAll(/<(\/?)([a-z-]+)(?:\s+[a-z]+="[^"<]*")*\s*(\/?)>/g)) {
      if (slash === '/') assert.equal(open.pop(), name);
      else if (selfClosed === '') open.push(name!);
    }
    assert.deepEqual(open, []);
    assert.equal(xml.match(/</g)!.length, xml.match(/<\/?[a-z?][^<>]*>/g)!.length);
    assert.doesNotMatch(xml, /[\x00-\x08]/);
  });
});

describe('SARIF', () => {
  const death = { probes: ['frame-two'], isProved: true, recovered: true };

  it('is valid, with a rule for each probe and a result for each finding, deaths first', () => {
    const log = JSON.parse(renderSarif({ ...report, deaths: [death] }, '1.2.3'));
    assert.deepEqual(problemsOfSarif(log), []);
    const [{ tool, results, invocations }] = log.runs;
    assert.deepEqual([tool.driver.version, tool.driver.rules.length], ['1.2.3', 5]);
    assert.deepEqual(
      results.map(({ ruleId, level }: { ruleId: string; level: string }) => [ruleId, level]),
      [
        ['survival', 'error'],
        ['frame-two', 'error'],
        ['close-one', 'warning'],
      ],
    );
    assert.equal(tool.driver.rules[1].helpUri, 'https://www.rfc-editor.org/rfc/rfc6455#section-5.1');
    assert.deepEqual(invocations[0].executionSuccessful, true);
    assert.match(invocations[0].toolExecutionNotifications[0].message.text, /stopped answering/);
  });

  it('says that a run asked hardly anything, and is held to the standard', () => {
    const log = JSON.parse(renderSarif(unasked, '1.2.3'));
    assert.deepEqual(problemsOfSarif(log), []);
    assert.equal(log.runs[0].invocations[0].executionSuccessful, false);
    assert.notDeepEqual(problemsOfSarif({ version: '2.1.0', runs: [{ results: [{}] }] }), []);
  });
});

describe('the page', () => {
  const html = renderHtml(report);

  it('shows the findings with their frames, failures first, and every probe', () => {
    assert.ok(html.indexOf('id="finding-frame-two"') < html.indexOf('id="finding-close-one"'));
    assert.ok(html.includes('<code class="hex">81 01</code>'));
    for (const { id } of report.results) assert.ok(html.includes(`<code>${id}</code>`), id);
    assert.ok(!html.includes('id="finding-frame-one"'));
  });

  it('escapes what comes from outside', () => {
    assert.ok(!html.includes('<script'));
    assert.ok(!html.includes('<2>') && html.includes('b=&quot;&lt;2&gt;&quot;'));
    assert.ok(!html.includes('"<b>'));
    assert.doesNotMatch(html, /[\x00-\x08]/);
  });

  it('shows what could turn a line around, or hide, as an escape', () => {
    const page = renderHtml({ ...report, results: [result('frame-one', 'fail', { got: 'a\u202eb\u200bc\u2066' })] });
    assert.ok(page.includes('a\\u202eb\\u200bc\\u2066'));
    assert.doesNotMatch(page, /[\u202a-\u202e\u2066-\u2069\u200b]/);
  });

  it('is green only for a run that asked, of a server that is still there', () => {
    assert.match(renderHtml(unasked), /class="verdict warning">Not complete: none of 1 probes could be asked</);
    const dead = { ...report, results: [result('frame-one', 'pass')] };
    const death = { probes: ['frame-one'], isProved: false, recovered: true };
    assert.match(renderHtml({ ...dead, deaths: [death] }), /class="verdict fail">The server stopped answering</);
  });

  it('is self-contained: nothing is fetched', () => {
    assert.doesNotMatch(html, /<(?:link|script|img|iframe)|@import|url\(|https?:/);
  });

  it('says so when there is no finding', () => {
    assert.match(
      renderHtml({ ...report, results: [result('frame-one', 'pass')] }),
      /No MUST is broken[^]*every rule that could be observed is kept/,
    );
  });
});
