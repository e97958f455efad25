/** `ohos-websocket audit --compare` and `--via`: what changed since an earlier run, or on the way through a proxy. */
import { readFile } from 'node:fs/promises';
import { type AuditedRun, ComparisonError, compareRuns, isWorse, readRun, runOf } from '../../audit/comparison.js';
import { AuditError } from '../../audit/explore.js';
import type { AuditReport } from '../../audit/probe.js';
import type { ComparedReport } from '../../audit/reports/compared-report.js';
import { compareWays, type WayMeasure } from '../../audit/way.js';
import { withoutCredentials } from '../../protocol/secrets.js';
import { textOption, UsageError } from '../command.js';
import { type ConnectionValues, connectionOptions } from '../connection-options.js';

export const comparingOptions = {
  compare: textOption('FILE', 'what changed since that report of --json or --verdicts; the exit status is about it'),
  via: textOption(
    'PROXY',
    'audit directly and through it, and compare: http://host:port, or the URL of a reverse proxy, ws://host:port/',
  ),
  verdicts: textOption('FILE', 'also write the verdicts alone, small enough to keep for --compare'),
};

export interface ComparingValues {
  readonly compare: string | undefined;
  readonly via: string | undefined;
}

/** The earlier run of `--compare`. @throws {UsageError} it cannot be read, or is none */
export async function earlierRun(file: string | undefined, option = '--compare'): Promise<AuditedRun | undefined> {
  if (file === undefined) return undefined;
  try {
    return readRun(await readFile(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined && !(error instanceof ComparisonError)) throw error;
    const why = code === undefined ? (error as Error).message : code;
    throw new UsageError(`${option} must be a report of audit --json or --verdicts: ${why}`);
  }
}

/** The report beside an earlier run. */
export function comparedWith(
  report: AuditReport,
  earlier: AuditedRun | undefined,
  label: string,
  known: ReadonlySet<string>,
): ComparedReport {
  return earlier === undefined ? report : { ...report, comparison: compareRuns(earlier, report, known, label) };
}

/** Two files as if the second one were a run. */
export function comparedFiles(before: AuditedRun, after: AuditedRun, label: string, known: ReadonlySet<string>) {
  const results = [...after.verdicts].map(([id, verdict]) => ({ id, verdict, got: '' }));
  const deaths = after.killers.map((id) => ({ probes: [id], isProved: true, recovered: true }));
  return compareRuns(before, { results, deaths }, known, label);
}

/** What the two ways of `--via` need to be put together. */
export interface WayRun {
  readonly report: AuditReport;
  readonly measure: WayMeasure;
}

/** The same probes on both ways. @throws {AuditError} no connection on one of them */
export async function auditBothWays(
  via: string,
  known: ReadonlySet<string>,
  go: (way: 'direct' | 'through') => Promise<WayRun>,
): Promise<ComparedReport> {
  const direct = await go('direct');
  let through: WayRun;
  const label = withoutCredentials(via);
  try {
    through = await go('through');
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    throw new AuditError(`directly there is a connection, through ${label} there is none: ${error.message}`);
  }
  return {
    ...through.report,
    way: compareWays(label, direct.measure, through.measure),
    comparison: compareRuns(runOf(direct.report), through.report, known, 'the way without it'),
  };
}

/** Where to connect to, and with which options, on the way through. @throws {UsageError} it is no proxy */
export function wayThrough<Values extends Pick<ConnectionValues, 'proxy' | 'no-proxy'>>(
  url: string,
  via: string,
  values: Values,
): { readonly url: string; readonly values: Values } {
  if (/^wss?:/i.test(via)) return { url: via, values: { ...values, proxy: undefined, 'no-proxy': true } };
  try {
    const proxy = connectionOptions.proxy.read([via], '--via');
    return { url, values: { ...values, proxy, 'no-proxy': false } };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}; or the ws:// URL of a reverse proxy`);
  }
}

/** The exit status that a comparison makes. */
export function judgeComparison({ comparison }: ComparedReport): 0 | 1 | undefined {
  return comparison === undefined ? undefined : isWorse(comparison) ? 1 : 0;
}
