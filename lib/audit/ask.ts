/** Puts one question, and says how far its answer can be trusted. */
import { printable } from '../protocol/printable.js';
import type { OverheardFault } from './overheard.js';
import type { Evidence, Finding, ProbeResult, Question } from './probe.js';
import { NotObservable, type Probe, ProbeRun, type RunOptions } from './probe-run.js';
import { lostConnection, neverConnected } from './raw-connection.js';
import type { LimitRefusal } from './refusal.js';

/** Milliseconds that no server takes for an opening handshake, where neither it nor the audit waits for a processor. */
const slowHandshake = 100;

export interface Answer {
  readonly result: ProbeResult;
  /** The server turned the probe away: its result says nothing about the rule. */
  readonly refusal: LimitRefusal | undefined;
  /** Its time was over: on a busy machine what was waited for may have been on its way. */
  readonly isLate: boolean;
  /** Other rules that the server broke meanwhile. */
  readonly overheard: readonly OverheardFault[];
}

export async function ask(probe: Probe, options: RunOptions, run = new ProbeRun(options)): Promise<Answer> {
  let finding: Finding;
  let refusal: LimitRefusal | undefined;
  try {
    finding = await probe.ask(run);
  } catch (error) {
    if (!(error instanceof NotObservable)) throw error;
    finding = { verdict: 'not observable', got: error.message };
    refusal = error.refusal;
  } finally {
    run.end();
  }
  const { verdict } = finding;
  const got = printable(run.log.blot(finding.got));
  const duration = Math.round(run.elapsed);
  const result = { ...described(probe), verdict, got, evidence: run.log.steps, duration };
  const isOver = verdict !== 'pass' && performance.now() >= run.deadline;
  return { result, refusal, isLate: isOver && isSlow(result.evidence), overheard: run.overheard };
}

/** Whether even the opening handshake took long, or was not answered: then silence may be a busy machine's. */
function isSlow(evidence: readonly Evidence[]): boolean {
  const request = evidence.find(({ kind, direction }) => kind === 'head' && direction === 'sent');
  const response = evidence.find(({ kind, direction }) => kind === 'head' && direction === 'received');
  return request === undefined || response === undefined || response.time - request.time >= slowHandshake;
}

/** The result of a probe that was not put to the server. */
export function unasked(probe: Probe, why: string): ProbeResult {
  return { ...described(probe), verdict: 'not observable', got: `not asked: ${why}`, evidence: [], duration: 0 };
}

function described({ ask: _ask, ...question }: Probe): Question {
  return question;
}

/**
 * The results with what was overheard: the rule's own probe fails; where it was not chosen, the one that heard it.
 * @param overheard for each rule, the first fault and the result of the probe that heard it
 */
export function withOverheard(
  results: readonly ProbeResult[],
  overheard: ReadonlyMap<string, { readonly got: string; readonly by: ProbeResult }>,
): ProbeResult[] {
  const all = [...results];
  for (const [rule, { got, by }] of overheard) {
    const own = all.findIndex(({ id }) => id === rule);
    const index = own >= 0 ? own : all.findIndex(({ id }) => id === by.id);
    const result = all[index]!;
    if (result.verdict === 'fail') continue;
    all[index] =
      own >= 0 && rule !== by.id
        ? { ...result, verdict: 'fail', got: `${got}, in the traffic of ${by.id}`, evidence: by.evidence }
        : { ...result, verdict: 'fail', got: `${result.got}; but ${got} as well` };
  }
  return all;
}

/** Whether an opening handshake of the probe's was not answered with 101: by a rule of the server's, a limit, or not at all. */
export function wasTurnedAway({ evidence }: Pick<ProbeResult, 'evidence'>): boolean {
  const waiting = new Set<number>();
  for (const { connection, direction, kind, summary } of evidence) {
    if (kind === 'head' && direction === 'sent') waiting.add(connection);
    if (kind === 'head' && direction === 'received' && /^HTTP\/\S+ 101\b/.test(summary)) waiting.delete(connection);
    if (kind === 'end' && summary.startsWith(neverConnected)) return true;
  }
  return waiting.size > 0;
}

/**
 * Whether chance, or a limit, can have made this verdict: a connection ended that no answer of the server's had ended
 * before, or a handshake was turned away.
 */
export function isDoubtful(result: ProbeResult): boolean {
  const { verdict, evidence } = result;
  if (verdict !== 'pass' && wasTurnedAway(result)) return true;
  const ended = new Set<number>();
  for (const { connection, direction, kind, summary } of evidence) {
    const isLast = kind === 'frame' ? summary.startsWith('Close') : kind === 'head' && !/^\S+ 101\b/.test(summary);
    if (direction === 'received' && isLast) ended.add(connection);
    if (kind !== 'end' || ended.has(connection)) continue;
    if (verdict !== 'pass' || summary.startsWith(lostConnection)) return true;
  }
  return false;
}
