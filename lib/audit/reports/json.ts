/** A report for programs: the whole `AuditReport` with its counts, as JSON. */
import { type AuditReport, countVerdicts } from '../probe.js';

export function renderJson(report: AuditReport): string {
  const { results, ...about } = report;
  return `${JSON.stringify({ ...about, counts: countVerdicts(results), results }, null, 2)}\n`;
}
