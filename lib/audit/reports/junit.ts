/** A report for CI servers: JUnit's XML, a test suite per section. A warning passes, with its text in `system-out`. */
import { printable } from '../../protocol/printable.js';
import { type AuditReport, countVerdicts, type Evidence, type ProbeResult } from '../probe.js';
import { describeDeath } from '../survival.js';
import { escapeMarkup } from './markup.js';

export function renderJunit(report: AuditReport): string {
  const sections = [...new Set(report.results.map(({ section }) => section))];
  const suites = sections.map((section) =>
    suite(
      section,
      report,
      report.results.filter((result) => result.section === section),
    ),
  );
  if (report.deaths.length > 0) suites.unshift(survival(report));
  const attributes = `name="ohos-websocket audit ${escapeMarkup(report.url)}" ${totals(report.results, report.duration)}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${suites.join('')}</testsuites>\n`;
}

/** The deaths of the server, as errors of a test of their own. */
function survival({ deaths, startedAt }: AuditReport): string {
  const errors = deaths.map((death) => `      <error message="${escapeMarkup(describeDeath(death))}" type="death"/>\n`);
  return (
    `  <testsuite name="survival" tests="1" failures="0" skipped="0" errors="1" time="0.000" timestamp="${startedAt}">\n` +
    `    <testcase classname="survival" name="survival" time="0.000">\n${errors.join('')}    </testcase>\n  </testsuite>\n`
  );
}

function suite(section: string, report: AuditReport, results: readonly ProbeResult[]): string {
  const time = results.reduce((sum, { duration }) => sum + duration, 0);
  const attributes = `name="${section}" ${totals(results, time)} timestamp="${report.startedAt}"`;
  return `  <testsuite ${attributes}>\n${results.map(testCase).join('')}  </testsuite>\n`;
}

function totals(results: readonly ProbeResult[], time: number): string {
  const counts = countVerdicts(results);
  const unseen = counts['not observable'];
  return `tests="${results.length}" failures="${counts.fail}" skipped="${unseen}" errors="0" time="${seconds(time)}"`;
}

function testCase(result: ProbeResult): string {
  const { id, section, duration, verdict, got } = result;
  const open = `    <testcase classname="${section}" name="${id}" time="${seconds(duration)}"`;
  switch (verdict) {
    case 'pass':
      return `${open}/>\n`;
    case 'not observable':
      return `${open}>\n      <skipped message="${escapeMarkup(got)}"/>\n    </testcase>\n`;
    case 'warning':
      return `${open}>\n      <system-out>${escapeMarkup(`warning: ${details(result)}`)}</system-out>\n    </testcase>\n`;
    default:
      return (
        `${open}>\n      <failure message="${escapeMarkup(got)}" type="${result.level}">` +
        `${escapeMarkup(details(result))}</failure>\n    </testcase>\n`
      );
  }
}

function details({ level, rule, reference, sends, expects, got, evidence }: ProbeResult): string {
  const facts = `${level} (${reference}): the server ${rule}\nsent: ${sends}\nexpected: ${expects}\ngot: ${got}`;
  return `${facts}\n${evidence.map(evidenceLine).join('\n')}`;
}

/** `   12 ms  > Text "hello"`; the marks are those of a trace. */
export function evidenceLine({ time, connection, direction, summary }: Evidence): string {
  const mark = direction === 'sent' ? '>' : direction === 'received' ? '<' : '·';
  return `${time.toFixed(1).padStart(8)} ms  #${connection} ${mark} ${printable(summary)}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
