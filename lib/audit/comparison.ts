/** What changed between two runs, of one server or of two: verdicts probe by probe. */
import { printable, printableJson, quote, shorten } from '../protocol/printable.js';
import type { AuditReport, ProbeResult, Verdict } from './probe.js';

/** A run, as far as it can be compared. */
export interface AuditedRun {
  readonly url: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Of the audit. */
  readonly version: string | undefined;
  /** What the server, or client, calls itself. */
  readonly server: string | undefined;
  /** The ids of the probes of which the server died. */
  readonly killers: readonly string[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** `worse`: a rule is broken that was kept, or not seen; `otherwise`: it cannot be seen any more. */
export type Trend = 'worse' | 'better' | 'otherwise';

/** A probe with two verdicts, or with one that is new. */
export interface VerdictChange {
  readonly id: string;
  readonly trend: Trend;
  readonly before: Verdict | undefined;
  readonly after: Verdict;
  /** What came this time. */
  readonly got: string;
}

export interface Comparison {
  /** What is compared with: a file, or the way without a proxy. */
  readonly label: string;
  readonly before: Omit<AuditedRun, 'verdicts'>;
  readonly changes: readonly VerdictChange[];
  /** Probes of the earlier run that do not exist any more. */
  readonly gone: readonly string[];
  /** Probes of the earlier run that were not chosen this time. */
  readonly left: number;
  readonly same: number;
  /** Of these the server dies now, and did not before. */
  readonly deaths: readonly string[];
}

/** A file that holds no run. */
export class ComparisonError extends Error {}

const verdictNames: readonly Verdict[] = ['pass', 'fail', 'warning', 'not observable'];
/** How bad a verdict is. */
const badness: Readonly<Record<Verdict, number>> = { pass: 0, 'not observable': 0, warning: 1, fail: 2 };

export function runOf({ url, startedAt, version, capabilities, deaths, results }: AuditReport): AuditedRun {
  return {
    url,
    startedAt,
    version,
    server: capabilities.server,
    killers: deaths.flatMap(({ probes }) => probes),
    verdicts: new Map(results.map(({ id, verdict }) => [id, verdict])),
  };
}

/** @param known the ids of all probes, chosen or not */
export function compareRuns(
  before: AuditedRun,
  report: Pick<AuditReport, 'deaths'> & { readonly results: readonly Pick<ProbeResult, 'id' | 'verdict' | 'got'>[] },
  known: ReadonlySet<string>,
  label: string,
): Comparison {
  const changes: VerdictChange[] = [];
  const asked = new Set(report.results.map(({ id }) => id));
  let same = 0;
  for (const { id, verdict, got } of report.results) {
    const earlier = before.verdicts.get(id);
    if (earlier === verdict) same++;
    else changes.push({ id, trend: trendOf(earlier, verdict), before: earlier, after: verdict, got });
  }
  const missing = [...before.verdicts.keys()].filter((id) => !asked.has(id));
  const { verdicts: _, ...facts } = before;
  return {
    label,
    before: facts,
    changes: (['worse', 'better', 'otherwise'] as const).flatMap((trend) =>
      changes.filter((change) => change.trend === trend),
    ),
    gone: missing.filter((id) => !known.has(id)),
    left: missing.filter((id) => known.has(id)).length,
    same,
    deaths: report.deaths.flatMap(({ probes }) => probes).filter((id) => !before.killers.includes(id)),
  };
}

function trendOf(before: Verdict | undefined, after: Verdict): Trend {
  const difference = badness[after] - badness[before ?? 'pass'];
  if (difference > 0) return 'worse';
  if (after === 'not observable' || before === undefined) return 'otherwise';
  return 'better';
}

/** Whether a rule is broken that was not, or the server died that did not. */
export function isWorse({ changes, deaths }: Comparison): boolean {
  return deaths.length > 0 || changes.some(({ trend }) => trend === 'worse');
}

/** `3 worse, 1 better, 2 otherwise, 290 the same`. */
export function summarizeComparison({ changes, same, gone, left }: Comparison): string {
  const count = (trend: Trend): number => changes.filter((change) => change.trend === trend).length;
  const parts = [`${count('worse')} worse`, `${count('better')} better`];
  if (count('otherwise') > 0) parts.push(`${count('otherwise')} otherwise`);
  parts.push(`${same} the same`);
  const fresh = changes.filter(({ before }) => before === undefined).length;
  if (fresh > 0) parts.push(`${fresh} of them new`);
  if (gone.length > 0) parts.push(`${gone.length} gone`);
  if (left > 0) parts.push(`${left} not asked this time`);
  return parts.join(', ');
}

// ------------------------------------------------------------------ files

/** The verdicts of a run and nothing else: small enough to be kept beside the code. */
export function renderVerdicts(report: AuditReport): string {
  const { verdicts, ...about } = runOf(report);
  return `${printableJson({ ...about, verdicts: Object.fromEntries(verdicts) }, 2)}\n`;
}

/**
 * A run that was written as a whole report or as verdicts.
 *
 * @throws {ComparisonError} the text is neither
 */
export function readRun(text: string): AuditedRun {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ComparisonError('it is not JSON');
  }
  const run = record(value, 'it');
  const verdicts =
    'verdicts' in run ? listedVerdicts(record(run['verdicts'], 'verdicts')) : resultVerdicts(run['results']);
  const capabilities = 'capabilities' in run ? record(run['capabilities'], 'capabilities') : {};
  return {
    url: textOf(run['url']) ?? '(no URL)',
    startedAt: textOf(run['startedAt']) ?? '(no date)',
    version: textOf(run['version']),
    server: textOf(run['server'] ?? capabilities['server']),
    killers: 'killers' in run ? ids(run['killers']) : deathsOf(run['deaths']),
    verdicts,
  };
}

function listedVerdicts(verdicts: Readonly<Record<string, unknown>>): Map<string, Verdict> {
  return new Map(Object.entries(verdicts).map(([id, verdict]): [string, Verdict] => [idOf(id), verdictOf(verdict)]));
}

function resultVerdicts(results: unknown): Map<string, Verdict> {
  if (!Array.isArray(results)) throw new ComparisonError('it has neither results nor verdicts');
  return new Map(
    results.map((one: unknown): [string, Verdict] => {
      const { id, verdict } = record(one, 'a result');
      return [idOf(id), verdictOf(verdict)];
    }),
  );
}

function deathsOf(deaths: unknown): string[] {
  if (!Array.isArray(deaths)) return [];
  return deaths.flatMap((death: unknown) => ids(record(death, 'a death')['probes']));
}

function ids(list: unknown): string[] {
  if (!Array.isArray(list)) throw new ComparisonError('it has no list of probes where there should be one');
  return list.map(idOf);
}

function idOf(id: unknown): string {
  if (typeof id === 'string' && /^[a-z0-9.-]{1,100}$/.test(id)) return id;
  throw new ComparisonError(`${quote(String(id))} is not the id of a probe`);
}

function verdictOf(name: unknown): Verdict {
  const verdict = verdictNames.find((one) => one === name);
  if (verdict === undefined) throw new ComparisonError(`${quote(String(name))} is not a verdict`);
  return verdict;
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ComparisonError(`${what} is not an object`);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? printable(shorten(value, 200)) : undefined;
}
