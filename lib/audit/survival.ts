/** Whether the server under audit is still there: control handshakes between the probes. */
import type { AuditReport, Death, ProbeResult } from './probe.js';
import { NotObservable, ProbeRun, type RunOptions } from './probe-run.js';
import type { LimitRefusal } from './refusal.js';

/** Milliseconds between looks at a server that is gone. */
const pause = 200;

/** Whether what a probe saw could be the end of the server: a control handshake shows whether it was. */
export function needsControl({ verdict, evidence }: ProbeResult): boolean {
  return verdict !== 'pass' || evidence.some(({ kind }) => kind === 'end');
}

/** Whether the server answers one of some correct handshakes, since any may be reset by chance, be it with a refusal: one that limits its clients is alive. */
export async function isAnswering(options: RunOptions, attempts = 3): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    if ((await controlHandshake(options)) !== 'gone') return true;
  }
  return false;
}

/** Waits for a server that was restarted. @param time milliseconds */
export async function recovers(options: RunOptions, time: number): Promise<boolean> {
  const end = performance.now() + time;
  for (;;) {
    if ((await controlHandshake(options)) !== 'gone') return true;
    if (performance.now() + pause >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Puts a correct handshake, and nothing else. */
export async function controlHandshake(options: RunOptions): Promise<'answered' | 'gone' | LimitRefusal> {
  const run = new ProbeRun(options);
  try {
    const { outcome } = await run.handshake();
    return outcome.kind === 'response' || outcome.kind === 'malformed' ? 'answered' : 'gone';
  } catch (error) {
    if (!(error instanceof NotObservable)) throw error;
    return error.refusal ?? 'gone';
  } finally {
    run.end();
  }
}

/** One line of a report. */
export function describeDeath({ probes, isProved, recovered }: Death): string {
  const during = `it died during one of ${probes.join(', ')}${recovered ? ', of none of which it died alone' : ''}`;
  const how = isProved ? `it died of ${probes.join()}` : during;
  return `the server stopped answering: ${how}${recovered ? '' : ', and did not come back'}`;
}

/** The results with those first of which the server died. */
export function deadliestFirst({ deaths, results }: Pick<AuditReport, 'deaths' | 'results'>): ProbeResult[] {
  const killers = new Set(deaths.flatMap(({ probes, isProved }) => (isProved ? probes : [])));
  return [...results.filter(({ id }) => killers.has(id)), ...results.filter(({ id }) => !killers.has(id))];
}
