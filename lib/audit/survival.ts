/** Whether the server under audit is still there: control handshakes between the probes. */

import { wasTurnedAway } from './ask.js';
import type { AuditReport, Death, ProbeResult } from './probe.js';
import { NotObservable, ProbeRun, type RunOptions } from './probe-run.js';
import { type LimitRefusal, turnedAway } from './refusal.js';

/** Milliseconds between looks at a server that is gone. */
const pause = 200;

/** Whether what a probe saw could be the end of the server: a control handshake shows whether it was. */
export function needsControl(result: ProbeResult): boolean {
  return result.verdict !== 'pass' || wasTurnedAway(result) || result.evidence.some(({ kind }) => kind === 'end');
}

/**
 * Whether the server answers one of some correct handshakes, since any may be reset by chance, be it with a refusal
 * that says so: one that limits its clients is alive. Any other status may be a proxy's before a server that is gone.
 */
export async function isAnswering(options: RunOptions, attempts = 3): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    if (isSound(await controlHandshake(options))) return true;
  }
  return false;
}

/** Waits for a server that was restarted. @param time milliseconds */
export async function recovers(options: RunOptions, time: number): Promise<boolean> {
  const end = performance.now() + time;
  for (;;) {
    if (isSound(await controlHandshake(options))) return true;
    if (performance.now() + pause >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** What became of a correct handshake. */
export type Control = 'answered' | 'gone' | LimitRefusal;

function isSound(control: Control): boolean {
  return control === 'answered' || (control !== 'gone' && control.isSaid);
}

/** Puts a correct handshake, and nothing else. */
export async function controlHandshake(options: RunOptions): Promise<Control> {
  const run = new ProbeRun(options);
  try {
    const { outcome } = await run.handshake();
    if (outcome.kind === 'malformed') return { status: outcome.got, retryAfter: undefined, isSaid: false };
    if (outcome.kind !== 'response') return 'gone';
    const { status, head } = outcome;
    return status.status === 101 ? 'answered' : turnedAway(status, head, Date.now());
  } catch (error) {
    if (!(error instanceof NotObservable)) throw error;
    return error.refusal ?? 'gone';
  } finally {
    run.end();
  }
}

/** One line of a report. */
export function describeDeath({ probes, isProved, recovered, subject, how = 'it ended' }: Death): string {
  if (subject === 'client')
    return isProved ? `the client died of ${probes.join()}: ${how}` : `no client came any more after ${probes.join()}`;
  const during = `it died during one of ${probes.join(', ')}${recovered ? ', of none of which it died alone' : ''}`;
  const what = isProved ? `it died of ${probes.join()}` : during;
  return `the server stopped answering: ${what}${recovered ? '' : ', and did not come back'}`;
}

/** The results with those first of which the server died. */
export function deadliestFirst({ deaths, results }: Pick<AuditReport, 'deaths' | 'results'>): ProbeResult[] {
  const killers = new Set(deaths.flatMap(({ probes, isProved }) => (isProved ? probes : [])));
  return [...results.filter(({ id }) => killers.has(id)), ...results.filter(({ id }) => !killers.has(id))];
}
