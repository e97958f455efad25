/** A report for CI servers: JUnit's XML, a test suite per section. A warning passes, with its text in `system-out`. */
import { printable } from '../../protocol/printable.js';
import {
  type AuditReport,
  countVerdicts,
  describeLack,
  type Evidence,
  isComplete,
  type ProbeResult,
} from '../probe.js';
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
  const problems = problemsOfRun(report);
  if (problems.length > 0) suites.unshift(runSuite(problems, report));
  const attributes = `name="ohos-websocket audit ${escapeMarkup(report.url)}" ${totals(report.results, report.duration, problems.length)}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${suites.join('')}</testsuites>\n`;
}

interface RunProblem {
  readonly name: 'survival' | 'completeness';
  readonly type: 'death' | 'incomplete';
  readonly messages: readonly string[];
}

/** What is wrong with the run itself: the server died, or hardly anything could be asked. */
function problemsOfRun({ deaths, results }: AuditReport): RunProblem[] {
  return [
    ...(deaths.length === 0 ? [] : [{ name: 'survival', type: 'death', messages: deaths.map(describeDeath) } as const]),
    ...(isComplete(results)
      ? []
      : [{ name: 'completeness', type: 'incomplete', messages: [describeLack(results)] } as const]),
  ];
}

/** Errors of tests of their own. */
function runSuite(problems: readonly RunProblem[], { startedAt }: AuditReport): string {
  const cases = problems.map(({ name, type, messages }) => {
    const errors = messages.map((message) => `      <error message="${escapeMarkup(message)}" type="${type}"/>\n`);
    return `    <testcase classname="run" name="${name}" time="0.000">\n${errors.join('')}    </testcase>\n`;
  });
  return `  <testsuite name="run" ${totals([], 0, problems.length)} timestamp="${startedAt}">\n${cases.join('')}  </testsuite>\n`;
}

function suite(section: string, report: AuditReport, results: readonly ProbeResult[]): string {
  const time = results.reduce((sum, { duration }) => sum + duration, 0);
  const attributes = `name="${section}" ${totals(results, time)} timestamp="${report.startedAt}"`;
  return `  <testsuite ${attributes}>\n${results.map(testCase).join('')}  </testsuite>\n`;
}

/** @param errors tests of the run itself, each with an error */
function totals(results: readonly ProbeResult[], time: number, errors = 0): string {
  const counts = countVerdicts(results);
  const unseen = counts['not observable'];
  const tests = results.length + errors;
  return `tests="${tests}" failures="${counts.fail}" skipped="${unseen}" errors="${errors}" time="${seconds(time)}"`;
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

function details({ subject = 'server', level, rule, reference, sends, expects, got, evidence }: ProbeResult): string {
  const facts = `${level} (${reference}): the ${subject} ${rule}\nsent: ${sends}\nexpected: ${expects}\ngot: ${got}`;
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
