/** Runs the probes against a server: first what it does with messages, then question by question, several at once. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Opcode } from '../protocol/framing/opcode.js';
import { printable, shorten } from '../protocol/printable.js';
import type { AuditReport, Capabilities, Finding, Handling, ProbeResult, Question } from './probe.js';
import { type AuditTarget, describeStatus, NotObservable, type Probe, ProbeRun, type ProbeTimes } from './probe-run.js';
import type { Dialer, RawConnection } from './raw-connection.js';

export interface AuditOptions {
  /** For the report; without credentials. */
  readonly url: string;
  readonly target: AuditTarget;
  readonly dial: Dialer;
  readonly probes: readonly Probe[];
  readonly times?: ProbeTimes;
  /** How many probes at once. Default 8. */
  readonly concurrency?: number;
  /** Milliseconds for all of it; probes that have not begun by then are not observable. Default 5 minutes. */
  readonly totalTime?: number;
  readonly onProgress?: (done: number, total: number, result: ProbeResult) => void;
}

export const defaultTimes: ProbeTimes = { probe: 5000, grace: 500, linger: 2000 };

/** There is nothing to audit: no connection, or a correct opening handshake is refused. */
export class AuditError extends Error {}

/** @throws {AuditError} */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const { url, target, dial, probes, times = defaultTimes, concurrency = 8, totalTime = 300_000, onProgress } = options;
  const startedAt = new Date();
  const start = performance.now();
  const capabilities = await explore(options, times);
  const results = new Array<ProbeResult>(probes.length);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < probes.length; index = next++) {
      const late = performance.now() - start > totalTime;
      const result = late
        ? unasked(probes[index]!)
        : await runProbe(probes[index]!, { target, dial, times, capabilities });
      results[index] = result;
      onProgress?.(++done, probes.length, result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return {
    url,
    startedAt: startedAt.toISOString(),
    duration: Math.round(performance.now() - start),
    capabilities,
    results,
  };
}

/** Puts one question. Without `capabilities` the server is taken for one that echoes. */
export async function runProbe(probe: Probe, options: ConstructorParameters<typeof ProbeRun>[0]): Promise<ProbeResult> {
  const run = new ProbeRun(options);
  let finding: Finding;
  try {
    finding = await probe.ask(run);
  } catch (error) {
    if (!(error instanceof NotObservable)) throw error;
    finding = { verdict: 'not observable', got: error.message };
  } finally {
    run.end();
  }
  const { verdict } = finding;
  const got = printable(run.log.blot(finding.got));
  return { ...described(probe), verdict, got, evidence: run.log.steps, duration: Math.round(run.elapsed) };
}

function unasked(probe: Probe): ProbeResult {
  return {
    ...described(probe),
    verdict: 'not observable',
    got: 'not asked: the time for the audit was over',
    evidence: [],
    duration: 0,
  };
}

function described({ ask: _ask, ...question }: Probe): Question {
  return question;
}

/** Finds out whether a correct client gets a connection, and what the server does with its messages. */
async function explore(options: AuditOptions, times: ProbeTimes): Promise<Capabilities> {
  const run = new ProbeRun({ target: options.target, dial: options.dial, times });
  try {
    const { outcome } = await run.handshake();
    if (outcome.kind !== 'response') throw new AuditError(`no opening handshake: ${outcome.got}`);
    const { status, head } = outcome;
    if (status.status !== 101) {
      throw new AuditError(`a correct opening handshake was answered with ${describeStatus(status)}, expected 101`);
    }
    const listener = await run.open();
    const content = Buffer.from(`ohos-websocket audit ${randomBytes(4).toString('hex')}`);
    const handled = await Promise.all([
      handling(options, times, 'text', content),
      handling(options, times, 'binary', content),
    ]);
    // A server that tells everybody what one client says is no echo: its probes would hear each other.
    const broadcasts = await hears(run, listener, content);
    const [text, binary] = handled.map((one) => (one === 'echo' && broadcasts ? 'accepted' : one)) as [
      Handling,
      Handling,
    ];
    const [server] = head.values('server');
    return { text, binary, server: server === undefined ? undefined : printable(run.log.blot(shorten(server, 60))) };
  } catch (error) {
    if (error instanceof NotObservable) throw new AuditError(run.log.blot(error.message));
    throw error;
  } finally {
    run.end();
  }
}

/** Whether the content of other connections has come to this one. */
async function hears(run: ProbeRun, listener: RawConnection, content: Buffer): Promise<boolean> {
  await listener.sendFrames({ opcode: Opcode.ping, payload: 'anything?' });
  const heard = await run.await(listener, ({ opcode, payload }) => opcode === Opcode.pong || payload.equals(content));
  return typeof heard !== 'string' && heard.opcode !== Opcode.pong;
}

async function handling(
  options: AuditOptions,
  times: ProbeTimes,
  kind: 'text' | 'binary',
  content: Buffer,
): Promise<Handling> {
  const run = new ProbeRun({
    target: options.target,
    dial: options.dial,
    times: { ...times, grace: Math.max(times.grace, 2000) },
  });
  try {
    const connection = await run.open();
    const echo = run.awaitMessage(connection, Opcode[kind], content);
    await connection.sendFrames({ opcode: Opcode[kind], payload: content });
    const timer = setTimeout(
      () => void connection.sendFrames({ opcode: Opcode.close, payload: Buffer.from([0x03, 0xe8]) }),
      run.times.grace,
    );
    const result = await echo;
    clearTimeout(timer);
    if (result === 'came') return 'echo';
    // Our own Close frame ends the wait: a server that answers it had taken the message.
    return run.elapsed >= run.times.grace ? 'accepted' : 'closed';
  } finally {
    run.end();
  }
}
