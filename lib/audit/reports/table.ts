/** A report for a terminal: a line for each probe, in sections, and what failed in full below. */
import { styleText } from 'node:util';
import { printable } from '../../protocol/printable.js';
import { type Comparison, summarizeComparison, type Trend } from '../comparison.js';
import { type AuditReport, countVerdicts, type ProbeResult, type Verdict } from '../probe.js';
import { deadliestFirst, describeDeath } from '../survival.js';
import { describeWay } from '../way.js';
import type { ComparedReport } from './compared-report.js';
import { evidenceLine } from './junit.js';

/** How each verdict looks; words as well as colours, so that neither is needed to read the other. */
const marks: Record<Verdict, { readonly word: string; readonly colour: 'green' | 'red' | 'yellow' | 'gray' }> = {
  pass: { word: 'pass', colour: 'green' },
  fail: { word: 'FAIL', colour: 'red' },
  warning: { word: 'warn', colour: 'yellow' },
  'not observable': { word: 'n/o', colour: 'gray' },
};

/** How many lines of evidence a failure shows; a storm of pings has thousands. */
const maxEvidence = 12;

/** Whether there are colours is decided by the caller, not by what the runtime finds out about stdout. */
const always = { validateStream: false };

export interface TableOptions {
  readonly colour: boolean;
  /** Width of the terminal; longer lines are cut. */
  readonly columns: number;
}

export function renderTable(report: ComparedReport, { colour, columns }: TableOptions): string {
  const paint = (verdict: Verdict, text: string): string =>
    colour ? styleText(marks[verdict].colour, text, always) : text;
  const bold = (text: string): string => (colour ? styleText('bold', text, always) : text);
  const width = Math.max(...report.results.map(({ id }) => id.length), 2);
  const lines = [bold(title(report)), ''];
  for (const death of report.deaths) lines.push(paint('fail', `FAIL ${describeDeath(death)}`), '');
  for (const section of new Set(report.results.map((result) => result.section))) {
    for (const result of report.results.filter((one) => one.section === section)) {
      const { id, level, verdict, got } = result;
      const start = `  ${id.padEnd(width)}  ${level.padEnd(6)}  `;
      const room = columns - start.length - 6;
      lines.push(`${paint(verdict, marks[verdict].word.padEnd(4))}${start}${cut(printable(got), Math.max(room, 20))}`);
    }
    lines.push('');
  }
  const findings = deadliestFirst(report).filter(({ verdict }) => verdict === 'fail' || verdict === 'warning');
  for (const verdict of ['fail', 'warning'] as const) {
    for (const result of findings.filter((one) => one.verdict === verdict)) {
      lines.push(...explain(result, (text) => paint(verdict, text)), '');
    }
  }
  lines.push(bold(summary(report)));
  const { way, comparison } = report;
  if (way !== undefined)
    lines.push(
      '',
      bold(printable(`The way through ${way.via}:`)),
      ...describeWay(way).map((line) => `  ${printable(line)}`),
    );
  const start = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  return comparison === undefined ? start : `${start}\n${renderVerdictChanges(comparison, { colour, columns })}`;
}

const trends: Record<Trend, Verdict> = { worse: 'fail', better: 'pass', otherwise: 'warning' };

/** What changed, a line for each probe, and the counts. */
export function renderVerdictChanges(comparison: Comparison, { colour, columns }: TableOptions): string {
  const { label, before, changes, gone, deaths } = comparison;
  const paint = (trend: Trend, text: string): string =>
    colour ? styleText(marks[trends[trend]].colour, text, always) : text;
  const about = [before.startedAt, before.server, before.version && `audit ${before.version}`]
    .filter(Boolean)
    .join(', ');
  const width = Math.max(...changes.map(({ id }) => id.length), 2);
  const shown = (verdict: Verdict | undefined): string => (verdict === undefined ? 'new' : marks[verdict].word);
  const lines = changes.map(({ id, trend, before: earlier, after, got }) => {
    const line = `${id.padEnd(width)}  ${`${shown(earlier)} → ${shown(after)}`.padEnd(11)}  `;
    return `${paint(trend, trend.padEnd(9))}  ${line}${cut(printable(got), Math.max(columns - line.length - 11, 20))}`;
  });
  return [
    printable(`Compared with ${label}: ${before.url} (${about})`),
    ...deaths.map((id) => paint('worse', `worse      it dies of ${id}`)),
    ...lines,
    ...gone.map((id) => `gone       ${id}`),
    summarizeComparison(comparison),
    '',
  ].join('\n');
}

/** What was measured, printable: it names the URL and the server. */
function title({ url, capabilities, duration }: AuditReport): string {
  const { text, binary, server } = capabilities;
  const does = text === binary ? `text and binary: ${text}` : `text: ${text}, binary: ${binary}`;
  return printable(`${url}${server === undefined ? '' : ` (${server})`}, ${does}, ${(duration / 1000).toFixed(1)} s`);
}

function explain(result: ProbeResult, paint: (text: string) => string): string[] {
  const { id, subject = 'server', verdict, level, reference, rule, sends, expects, got, evidence } = result;
  const shown = evidence.slice(0, maxEvidence).map((one) => `    ${evidenceLine(one)}`);
  if (evidence.length > maxEvidence) shown.push(`    … and ${evidence.length - maxEvidence} more`);
  return [
    paint(`${verdict === 'fail' ? 'FAIL' : 'warn'} ${id}`) + ` (${level}, ${reference})`,
    `  a ${subject}   ${rule}`,
    `  sent       ${sends}`,
    `  expected   ${expects}`,
    `  got        ${printable(got)}`,
    ...shown,
  ];
}

/** `164 probes: 160 passed, 1 failed, 2 warnings, 1 not observable`. */
export function summary({ results }: AuditReport): string {
  const counts = countVerdicts(results);
  const parts = [
    `${counts.pass} passed`,
    `${counts.fail} failed`,
    `${counts.warning} warning${counts.warning === 1 ? '' : 's'}`,
  ];
  return `${results.length} probes: ${parts.join(', ')}, ${counts['not observable']} not observable`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
