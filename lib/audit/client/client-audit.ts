/** Puts the probes to a client: one after the other, a connection or two for each. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Opcode } from '../../protocol/framing/opcode.js';
import { printable, shorten } from '../../protocol/printable.js';
import { ask, unasked } from '../ask.js';
import { AuditError } from '../explore.js';
import type { AuditReport, Capabilities, Death, Handling, ProbeResult } from '../probe.js';
import { NotObservable, type Probe, type ProbeTimes } from '../probe-run.js';
import type { Dialer } from '../raw-connection.js';
import { ClientRun } from './client-run.js';

/** Where clients come from. */
export interface ClientSource {
  /** Resolves once a client is there to be asked; rejects with an `Error` when none comes. */
  ready(): Promise<void>;
  /** Takes that client, or waits for the next one. */
  readonly accept: Dialer;
  /** How the client died that was asked, if it did: by a signal. */
  death?(): Promise<string | undefined>;
  /** Sends everybody away who has not been asked yet. */
  clear(): void;
}

export interface ClientAuditOptions {
  /** Where clients connect to, for the report. */
  readonly url: string;
  readonly clients: ClientSource;
  readonly probes: readonly Probe[];
  readonly times?: ProbeTimes;
  /** What the client does with messages, when that is known. Default: it is found out, which takes two connections. */
  readonly capabilities?: Capabilities;
  /** Milliseconds for all of it; probes that have not begun by then are not observable. Default 5 minutes. */
  readonly totalTime?: number;
  readonly onProgress?: (done: number, total: number, result: ProbeResult) => void;
}

export const defaultClientTimes: ProbeTimes = { probe: 5000, grace: 200, linger: 300 };
/** What a client that echoes may take for it. */
const echoTime = 1000;
/** Probes in a row to which no client came: then none is waited for any more. */
const maxAbsent = 3;

/** Nothing of ours is in a client's request that had to be kept secret. */
const target = { hostField: '', resource: '', secure: false, fields: [], subprotocols: [] };

/** @throws {AuditError} */
export async function auditClient(options: ClientAuditOptions): Promise<AuditReport> {
  const { url, clients, probes, times = defaultClientTimes, totalTime = 300_000, onProgress } = options;
  const startedAt = new Date();
  const start = performance.now();
  const capabilities = options.capabilities ?? (await explore(clients, times));
  const results: ProbeResult[] = [];
  const deaths: Death[] = [];
  let last: string | undefined;
  let absent = 0;
  for (const probe of probes) {
    const why = absent >= maxAbsent ? 'no client came any more' : 'the time for the audit was over';
    const isOver = absent >= maxAbsent || performance.now() - start > totalTime;
    const result = isOver ? unasked(probe, why) : await put(probe, clients, times, capabilities, deaths);
    if (!isOver) absent = result.evidence.length === 0 ? absent + 1 : 0;
    if (result.evidence.length > 0) last = probe.id;
    results.push(result);
    onProgress?.(results.length, probes.length, result);
  }
  // Whoever came for every question until then, and comes no more, has not gone for nothing.
  if (absent >= maxAbsent && last !== undefined)
    deaths.push({ subject: 'client', probes: [last], isProved: false, recovered: false });
  return {
    url,
    startedAt: startedAt.toISOString(),
    duration: Math.round(performance.now() - start),
    capabilities,
    deaths,
    results,
  };
}

/** The time of a probe begins when its client is there. */
async function put(
  probe: Probe,
  clients: ClientSource,
  times: ProbeTimes,
  capabilities: Capabilities,
  deaths: Death[],
): Promise<ProbeResult> {
  try {
    await clients.ready();
  } catch (error) {
    return unasked(probe, `no client came: ${printable((error as Error).message)}`);
  }
  const options = { target, dial: clients.accept, times, capabilities };
  try {
    const { result } = await ask(probe, options, new ClientRun(options));
    const how = await clients.death?.();
    if (how === undefined) return result;
    deaths.push({ subject: 'client', probes: [probe.id], isProved: true, recovered: true, how });
    return { ...result, verdict: 'fail', got: `the client died, ${how}; before that: ${result.got}` };
  } finally {
    clients.clear();
  }
}

/** Whether a client opens a connection at all, what it calls itself, and what it does with messages. */
async function explore(clients: ClientSource, times: ProbeTimes): Promise<Capabilities> {
  const found = { text: 'closed', binary: 'closed' } as Record<'text' | 'binary', Handling>;
  let server: string | undefined;
  for (const kind of ['text', 'binary'] as const) {
    try {
      await clients.ready();
    } catch (error) {
      throw new AuditError(`no client came: ${printable((error as Error).message)}`);
    }
    const run = new ClientRun({ target, dial: clients.accept, times: { ...times, grace: echoTime } });
    try {
      const connection = await run.open();
      const [name] = run.head!.values('user-agent');
      server = name === undefined ? undefined : printable(shorten(name, 60));
      const payload = Buffer.from(`ohos-websocket audit ${randomBytes(4).toString('hex')}`);
      const { frames, carriedOn } = await run.watch(connection, [{ opcode: Opcode[kind], payload }]);
      const isEcho = frames.some((frame) => frame.opcode === Opcode[kind] && frame.payload.equals(payload));
      found[kind] = isEcho ? 'echo' : carriedOn ? 'accepted' : 'closed';
    } catch (error) {
      if (!(error instanceof NotObservable)) throw error;
      throw new AuditError(`no opening handshake: ${printable(error.message)}`);
    } finally {
      run.end();
      clients.clear();
    }
  }
  return { ...found, server };
}
