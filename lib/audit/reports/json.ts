/** A report for programs: the whole `AuditReport`, whether it is complete, and its counts, as JSON. */
import { printableJson } from '../../protocol/printable.js';
import { type AuditReport, countVerdicts, isComplete } from '../probe.js';

export function renderJson(report: AuditReport): string {
  const { results, ...about } = report;
  return `${printableJson({ ...about, complete: isComplete(results), counts: countVerdicts(results), results }, 2)}\n`;
}
