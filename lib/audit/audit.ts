/** Runs the probes against a server: first what it does with messages, then question by question, several at once. */
import { explore } from './explore.js';
import { Pace } from './pace.js';
import type { AuditReport, ProbeResult } from './probe.js';
import type { AuditTarget, Probe, ProbeTimes } from './probe-run.js';
import { Questioning } from './questioning.js';
import type { Dialer } from './raw-connection.js';
import { Witness } from './witness.js';

export interface AuditOptions {
  /** For the report; without credentials. */
  readonly url: string;
  readonly target: AuditTarget;
  readonly dial: Dialer;
  readonly probes: readonly Probe[];
  readonly times?: ProbeTimes;
  /** How many probes at once, as long as the server takes as many clients. Default 8. */
  readonly concurrency?: number;
  /** Milliseconds for all of it; probes that have not begun by then are not observable. Default 5 minutes. */
  readonly totalTime?: number;
  /** Milliseconds to wait for a server that died to be back, or for one that limits its clients. Default 10 s. */
  readonly recoverTime?: number;
  readonly onProgress?: (done: number, total: number, result: ProbeResult) => void;
}

export const defaultTimes: ProbeTimes = { probe: 5000, grace: 500, linger: 2000 };

/** @throws {AuditError} */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const { target, dial, times = defaultTimes, probes, onProgress = () => {} } = options;
  const { concurrency = 8, totalTime = 300_000, recoverTime = 10_000 } = options;
  const startedAt = new Date();
  const start = performance.now();
  const bounds = { concurrency, end: start + totalTime, recoverTime };
  const pace = new Pace(1, recoverTime, bounds.end);
  const capabilities = await explore({ target, dial, times }, pace);
  const run = { target, dial, times, capabilities };
  // A witness takes a place: not where there are few.
  const witness = new Witness(run);
  if (pace.isLimited) witness.retire();
  else await witness.open();
  const { results, deaths } = await new Questioning(probes, run, bounds, onProgress, witness).finish();
  witness.close();
  return {
    url: options.url,
    startedAt: startedAt.toISOString(),
    duration: Math.round(performance.now() - start),
    capabilities,
    deaths,
    results,
  };
}
