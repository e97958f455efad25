/** A report for programs: the whole `AuditReport` with its counts, as JSON. */
import { printableJson } from '../../protocol/printable.js';
import { type AuditReport, countVerdicts } from '../probe.js';

export function renderJson(report: AuditReport): string {
  const { results, ...about } = report;
  return `${printableJson({ ...about, counts: countVerdicts(results), results }, 2)}\n`;
}
