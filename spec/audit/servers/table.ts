/** The table of audited servers in `lib/audit/README.md`, made of the verdicts that are kept beside this file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditedRun, readRun } from '../../../lib/audit/comparison.js';
import type { Verdict } from '../../../lib/audit/probe.js';
import { root } from '../../packed/package.js';

/** What is kept of an audit. */
export interface KeptRun extends AuditedRun {
  /** As the table has it. */
  readonly name: string;
  readonly software: string;
}

export const places = { kept: join(root, 'spec/audit/servers'), readme: join(root, 'lib/audit/README.md') };
const marks = ['<!-- servers: made by make audit-servers -->', '<!-- end of servers -->'] as const;

export const keptFile = (id: string): string => join(places.kept, `${id}.json`);

export function readKept(id: string): KeptRun | undefined {
  const file = keptFile(id);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const { name, software } = JSON.parse(text) as KeptRun;
  return { ...readRun(text), name, software };
}

export function tableOf(runs: readonly KeptRun[]): string {
  const rows = runs.map((run) => {
    const count = (verdict: Verdict): number => [...run.verdicts.values()].filter((one) => one === verdict).length;
    const counts = (['pass', 'fail', 'warning', 'not observable'] as const).map(count);
    return `| ${run.name} | ${run.software} | ${counts.join(' | ')} |`;
  });
  const head = '| Server | Version | Passed | Failed | Warnings | Not observable |\n|---|---|---:|---:|---:|---:|';
  return `${head}\n${rows.join('\n')}`;
}

export function withTable(readme: string, table: string): string {
  const [start, end] = marks.map((mark) => readme.indexOf(mark)) as [number, number];
  if (start < 0 || end < start) throw new Error(`there is no place for the table: ${marks.join(' … ')}`);
  return `${readme.slice(0, start)}${marks[0]}\n${table}\n${readme.slice(end)}`;
}

/** The table that the page has. */
export function tableIn(readme: string): string {
  const [start, end] = marks.map((mark) => readme.indexOf(mark)) as [number, number];
  return readme.slice(start + marks[0].length + 1, end - 1);
}
