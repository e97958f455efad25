/** A report for programs: the whole report, whether it is complete, and its counts, as JSON. */
import { printableJson } from '../../protocol/printable.js';
import { countVerdicts, isComplete } from '../probe.js';
import type { ComparedReport } from './compared-report.js';

export function renderJson(report: ComparedReport): string {
  const { results, ...about } = report;
  return `${printableJson({ ...about, complete: isComplete(results), counts: countVerdicts(results), results }, 2)}\n`;
}
