/** A report, and what it was compared with. */
import type { Comparison } from '../comparison.js';
import type { AuditReport } from '../probe.js';
import type { WayComparison } from '../way.js';

export interface ComparedReport extends AuditReport {
  readonly comparison?: Comparison;
  readonly way?: WayComparison;
}
