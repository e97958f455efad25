/** Runs the probes against a server: first what it does with messages, then question by question, several at once. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Opcode } from '../protocol/framing/opcode.js';
import { printable, shorten } from '../protocol/printable.js';
import type { AuditReport, Capabilities, Death, Finding, Handling, ProbeResult, Question } from './probe.js';
import { type AuditTarget, describeStatus, NotObservable, type Probe, ProbeRun, type ProbeTimes } from './probe-run.js';
import type { Dialer, RawConnection } from './raw-connection.js';
import { isAnswering, needsControl, recovers } from './survival.js';

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
  /** Milliseconds to wait for a server that died to be back. Default 10 s. */
  readonly recoverTime?: number;
  readonly onProgress?: (done: number, total: number, result: ProbeResult) => void;
}

export const defaultTimes: ProbeTimes = { probe: 5000, grace: 500, linger: 2000 };

/** There is nothing to audit: no connection, or a correct opening handshake is refused. */
export class AuditError extends Error {}

/** @throws {AuditError} */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const startedAt = new Date();
  const start = performance.now();
  const capabilities = await explore(options, options.times ?? defaultTimes);
  const { results, deaths } = await new Questioning(options, capabilities, start).finish();
  return {
    url: options.url,
    startedAt: startedAt.toISOString(),
    duration: Math.round(performance.now() - start),
    capabilities,
    deaths,
    results,
  };
}

/** All probes, several at once; one by one where the server died, until it is known of what. */
class Questioning {
  readonly deaths: Death[] = [];
  readonly results: ProbeResult[];
  readonly #options: AuditOptions;
  readonly #run: ConstructorParameters<typeof ProbeRun>[0];
  readonly #end: number;
  /** The probes that are in flight, or whose control handshake is. */
  readonly #suspects = new Map<number, ProbeResult | undefined>();
  #next = 0;
  #done = 0;
  #isDead = false;

  constructor(options: AuditOptions, capabilities: Capabilities, start: number) {
    const { target, dial, times = defaultTimes, probes, totalTime = 300_000 } = options;
    this.#options = options;
    this.#run = { target, dial, times, capabilities };
    this.#end = start + totalTime;
    this.results = new Array<ProbeResult>(probes.length);
  }

  async finish(): Promise<this> {
    const { probes, concurrency = 8 } = this.#options;
    let isGone = false;
    while (this.#next < probes.length && !isGone) {
      this.#isDead = false;
      this.#suspects.clear();
      await Promise.all(Array.from({ length: concurrency }, () => this.#work()));
      if (this.#isDead) isGone = !(await this.#findKiller([...this.#suspects.keys()]));
    }
    for (const [index, probe] of probes.entries()) {
      if (this.results[index] === undefined) this.#report(index, unasked(probe, 'the server stopped answering'));
    }
    return this;
  }

  async #work(): Promise<void> {
    const { probes } = this.#options;
    while (this.#next < probes.length && !this.#isDead) {
      const index = this.#next++;
      if (performance.now() > this.#end) {
        this.#report(index, unasked(probes[index]!, 'the time for the audit was over'));
        continue;
      }
      this.#suspects.set(index, undefined);
      const result = await runProbe(probes[index]!, this.#run);
      this.#suspects.set(index, result);
      if (needsControl(result) && !this.#isDead && !(await isAnswering(this.#run))) this.#isDead = true;
      // What the others see from here on is the death, not what they asked about.
      if (this.#isDead) return;
      this.#suspects.delete(index);
      this.#report(index, result);
    }
  }

  /** Asks each suspect alone. @returns whether the server is there again */
  async #findKiller(suspects: readonly number[]): Promise<boolean> {
    const { probes } = this.#options;
    const id = (index: number): string => probes[index]!.id;
    const [only] = suspects;
    if (suspects.length === 1) return this.#condemn(only!, this.#suspects.get(only!)!);
    if (!(await this.#recovers())) {
      this.deaths.push({ probes: suspects.map(id), isProved: false, recovered: false });
      return false;
    }
    const before = this.deaths.length;
    for (const index of suspects) {
      const result = await runProbe(probes[index]!, this.#run);
      if (await isAnswering(this.#run)) this.#report(index, result);
      else if (!(await this.#condemn(index, result))) return false;
    }
    if (this.deaths.length === before) this.deaths.push({ probes: suspects.map(id), isProved: false, recovered: true });
    return true;
  }

  /** @returns whether the server is there again */
  async #condemn(index: number, result: ProbeResult): Promise<boolean> {
    const recovered = await this.#recovers();
    this.deaths.push({ probes: [result.id], isProved: true, recovered });
    const got = `the server stopped answering; before that: ${result.got}`;
    this.#report(index, { ...result, verdict: 'fail', got });
    return recovered;
  }

  #recovers(): Promise<boolean> {
    return recovers(this.#run, this.#options.recoverTime ?? 10_000);
  }

  #report(index: number, result: ProbeResult): void {
    this.results[index] = result;
    this.#options.onProgress?.(++this.#done, this.results.length, result);
  }
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

function unasked(probe: Probe, why: string): ProbeResult {
  return {
    ...described(probe),
    verdict: 'not observable',
    got: `not asked: ${why}`,
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
