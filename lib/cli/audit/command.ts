/** `ohos-websocket audit`: puts the probes to a server, or to clients, and reports. */
import { writeFile } from 'node:fs/promises';
import { planConnect } from '../../api/options.js';
import { type AuditOptions, audit, defaultTimes } from '../../audit/audit.js';
import { clientProbes } from '../../audit/client/client-probes.js';
import { type AuditedRun, isWorse, renderVerdicts } from '../../audit/comparison.js';
import { AuditError } from '../../audit/explore.js';
import { type AuditReport, countVerdicts, describeLack, isComplete, type ProbeResult } from '../../audit/probe.js';
import type { Probe } from '../../audit/probe-run.js';
import { probes, selectProbes } from '../../audit/probes/all.js';
import type { ComparedReport } from '../../audit/reports/compared-report.js';
import { renderHtml } from '../../audit/reports/html.js';
import { renderJson } from '../../audit/reports/json.js';
import { renderJunit } from '../../audit/reports/junit.js';
import { renderSarif } from '../../audit/reports/sarif.js';
import { renderTable, renderVerdictChanges, type TableOptions } from '../../audit/reports/table.js';
import { measureWay } from '../../audit/way.js';
import { startEchoServer } from '../../echo/echo-server.js';
import { printableJson } from '../../protocol/printable.js';
import { blotUrl, withoutCredentials } from '../../protocol/secrets.js';
import { packageVersion } from '../../trace/package-version.js';
import type { ConnectPlan } from '../../transport/connect-plan.js';
import {
  complain,
  defineCommand,
  flagOption,
  numberOption,
  type OptionValues,
  type Streams,
  textOption,
  textOptions,
  UsageError,
} from '../command.js';
import { type ConnectionValues, connectionOptions, planConnection, withScheme } from '../connection-options.js';
import { drawLine, wipeLine } from '../terminal.js';
import { auditClients, clientOptions } from './client-options.js';
import {
  auditBothWays,
  comparedFiles,
  comparedWith,
  comparingOptions,
  earlierRun,
  judgeComparison,
  type WayRun,
  wayThrough,
} from './comparing.js';
import { auditDialer } from './dialer.js';

/** The longest time that a Node timer can take, in seconds. */
const maxTime = 2_000_000;

/** Width of the progress bar. */
const barSize = 30;

/** A probe has no heartbeat and offers what it asks about, so those options have nothing to say here. */
const { ping: _ping, compress: _compress, timeout: _timeout, ...connection } = connectionOptions;

const ownOptions = {
  only: {
    ...textOptions(
      'IDS',
      'only these probes: ids or their beginnings (handshake, close-code), comma-separated, repeatable',
    ),
    read: readPatterns,
  },
  skip: { ...textOptions('IDS', 'all but these'), read: readPatterns },
  list: flagOption('print the probes instead of asking them'),
  json: flagOption('print the report as JSON instead of a table'),
  junit: textOption('FILE', 'also write JUnit XML'),
  sarif: textOption('FILE', 'also write SARIF 2.1.0, which code hosts show'),
  html: textOption('FILE', 'also write a self-contained page, with the frames of every finding'),
  concurrency: numberOption('N', 'probes at once, fewer when the server takes fewer', {
    least: 1,
    most: 1000,
    integer: true,
    otherwise: 8,
  }),
  timeout: numberOption('SECONDS', 'for each probe', {
    least: 0.001,
    most: maxTime,
    otherwise: defaultTimes.probe / 1000,
  }),
  recover: numberOption('SECONDS', 'to wait for a server that a probe ended, or that limits its clients', {
    least: 0,
    most: maxTime,
    otherwise: 10,
  }),
  total: numberOption('SECONDS', 'for all of them', { least: 0.001, most: maxTime, otherwise: 300 }),
  ...comparingOptions,
  ...clientOptions,
};

const name = 'audit';

export const auditCommand = defineCommand({
  name,
  usage: '[options] [URL]',
  about: `Puts ${probes.length} questions to a WebSocket server, one for each rule of RFC 6455 and RFC 7692 that can be seen from
outside, and reports what it answered. Without a URL it audits the embedded echo server. With --client it listens, and puts
${clientProbes.length} questions to the clients that connect.`,
  options: { ...ownOptions, ...connection },
  exit: {
    0: 'no MUST is broken; with --compare or --via: nothing got worse',
    1: 'a MUST is broken, or the server stopped answering; with --compare or --via: something got worse',
    2: 'wrong usage, no connection, no client, or less than half of the probes could be asked',
  },
  examples: [
    'ohos-websocket audit',
    'ohos-websocket audit ws://localhost:8080/echo --html audit.html',
    "ohos-websocket audit --client --run 'node client.mjs'",
    'ohos-websocket audit ws://localhost:8080/ --verdicts kept.json && ohos-websocket audit ws://localhost:8080/ --compare kept.json',
    'ohos-websocket audit ws://localhost:8080/ --via http://proxy.example:3128',
    "ohos-websocket audit wss://example.com/ws -H 'Authorization: Bearer …' --only handshake,frame --json",
  ],
  run: async (values, positionals, streams) => {
    if (positionals.length > 1) throw new UsageError(`expected one URL, got ${positionals.length}`);
    const [typed] = positionals;
    if (values.client && typed !== undefined) throw new UsageError('expected no URL with --client');
    const chosen = choose(values);
    const { compare, via, client } = values;
    if (via !== undefined && (compare !== undefined || client))
      throw new UsageError(`expected --via without ${client ? '--client' : '--compare'}`);
    const earlier = await earlierRun(compare);
    if (earlier !== undefined && typed !== undefined && isFile(typed))
      return compareFiles(earlier, typed, values, streams);
    const url = typed === undefined ? undefined : withScheme(typed, streams);
    const plan = url === undefined ? undefined : planned(url, values);
    if (via !== undefined) wayThrough(url ?? 'ws://localhost/', via, values);
    if (values.list) {
      streams.stdout.write(list(chosen));
      return 0;
    }
    const progress = new ProgressBar(streams.stderr);
    const onProgress: Progress = (done, total, result) => progress.show(done, total, result);
    try {
      const asked = { values, probes: chosen, onProgress };
      const known = new Set((client ? clientProbes : probes).map(({ id }) => id));
      const run = client ? await auditClients({ ...asked, streams }) : await auditServer(url, plan, asked, known);
      const report = { version: packageVersion(), ...comparedWith(run, earlier, compare ?? '', known) };
      progress.clear();
      await write(report, values, streams.stdout);
      return judge(report, streams);
    } catch (error) {
      progress.clear();
      if (!(error instanceof AuditError) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
      complain(streams, name, (error as Error).message);
      return 2;
    }
  },
});

type Progress = NonNullable<AuditOptions['onProgress']>;

interface Asked {
  readonly values: Values;
  readonly probes: readonly Probe[];
  readonly onProgress: Progress;
}

/** Each probe has its own time, which bounds its connections as well. */
function planned(url: string, values: Omit<ConnectionValues, 'ping' | 'timeout' | 'compress'>): ConnectPlan {
  return planConnection(url, { ...values, ping: 0, timeout: maxTime, compress: false });
}

/** Without a URL: the embedded echo server. */
async function auditServer(
  given: string | undefined,
  plan: ConnectPlan | undefined,
  asked: Asked,
  known: ReadonlySet<string>,
): Promise<ComparedReport> {
  const { via } = asked.values;
  const embedded = plan === undefined ? await startEchoServer({ perMessageDeflate: true }) : undefined;
  const url = given ?? embedded!.url;
  const name = embedded === undefined ? blotUrl(url) : `${url} (the embedded echo server)`;
  const direct = plan ?? planConnect(url, { proxy: 'no-proxy' });
  try {
    if (via === undefined) return await auditOne(name, direct, asked);
    return await auditBothWays(via, known, (way) => {
      if (way === 'direct')
        return auditWay(
          name,
          asked.values.proxy === undefined ? planned(url, { ...asked.values, 'no-proxy': true }) : direct,
          asked,
        );
      const through = wayThrough(url, via, asked.values);
      return auditWay(`${name} through ${withoutCredentials(via)}`, planned(through.url, through.values), asked);
    });
  } finally {
    await embedded?.close();
  }
}

async function auditWay(name: string, plan: ConnectPlan, asked: Asked): Promise<WayRun> {
  const report = await auditOne(name, plan, asked);
  const { capabilities } = report;
  return { report, measure: await measureWay({ ...targetOf(plan), times: defaultTimes, capabilities }) };
}

function auditOne(url: string, plan: ConnectPlan, { values, probes: chosen, onProgress }: Asked): Promise<AuditReport> {
  return audit({
    ...targetOf(plan),
    url,
    probes: chosen,
    times: { ...defaultTimes, probe: values.timeout * 1000 },
    concurrency: values.concurrency,
    totalTime: values.total * 1000,
    recoverTime: values.recover * 1000,
    onProgress,
  });
}

/** `b.json`, and not a URL: that has a colon before any slash, as only drives of Windows have in a path. */
function isFile(typed: string): boolean {
  return /\.json$/i.test(typed) && !/^(?!.:)[^/\\]*:/.test(typed);
}

/** `--compare A.json B.json`: nothing is asked. */
async function compareFiles(before: AuditedRun, file: string, values: Values, streams: Streams): Promise<number> {
  const after = (await earlierRun(file, 'the second file'))!;
  const known = new Set([...probes, ...clientProbes].map(({ id }) => id));
  const comparison = comparedFiles(before, after, values.compare!, known);
  const { stdout } = streams;
  stdout.write(
    values.json
      ? `${printableJson({ ...after, verdicts: undefined, comparison }, 2)}\n`
      : renderVerdictChanges(comparison, shape(stdout)),
  );
  return isWorse(comparison) ? 1 : 0;
}

/** @returns the exit status; what was hardly asked is not clean */
function judge(report: ComparedReport, streams: Streams): number {
  const { deaths, results } = report;
  const { fail } = countVerdicts(results);
  const compared = judgeComparison(report);
  if (compared === 1 || (compared === undefined && (fail > 0 || deaths.length > 0))) return 1;
  if (isComplete(results)) return 0;
  complain(streams, name, `${describeLack(results)}: that says nothing about the rest`);
  return 2;
}

type Values = OptionValues<typeof ownOptions & typeof connection>;

function readPatterns(given: readonly string[]): string[] {
  return given.flatMap((value) => value.split(',').map((pattern) => pattern.trim()));
}

function choose({ only, skip, client }: Values): readonly Probe[] {
  let chosen: readonly Probe[];
  try {
    chosen = selectProbes(only, skip, client ? clientProbes : probes);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (chosen.length === 0) throw new UsageError('no probe is left to ask');
  return chosen;
}

function targetOf({ dial, target, fields, subprotocols }: ConnectPlan): Pick<AuditOptions, 'target' | 'dial'> {
  return { target: { ...target, fields, subprotocols }, dial: auditDialer(dial) };
}

function list(chosen: readonly Probe[]): string {
  const width = Math.max(...chosen.map(({ id }) => id.length));
  return chosen
    .map(({ id, level, rule, reference }) => `${id.padEnd(width)}  ${level.padEnd(6)}  ${rule} (${reference})\n`)
    .join('');
}

function shape({ isTTY, columns }: Streams['stdout']): TableOptions {
  return { colour: isTTY && process.env['NO_COLOR'] === undefined, columns: isTTY ? columns : 160 };
}

async function write(report: ComparedReport, values: Values, stdout: Streams['stdout']): Promise<void> {
  stdout.write(values.json ? renderJson(report) : renderTable(report, shape(stdout)));
  if (values.verdicts !== undefined) await writeFile(values.verdicts, renderVerdicts(report));
  if (values.junit !== undefined) await writeFile(values.junit, renderJunit(report));
  if (values.sarif !== undefined) await writeFile(values.sarif, renderSarif(report, packageVersion()));
  if (values.html !== undefined) await writeFile(values.html, renderHtml(report));
}

/** A line on stderr, on a terminal only. */
class ProgressBar {
  readonly #stream: Streams['stderr'];
  #failed = 0;

  constructor(stream: Streams['stderr']) {
    this.#stream = stream;
  }

  show(done: number, total: number, { verdict, id }: ProbeResult): void {
    if (!this.#stream.isTTY) return;
    if (verdict === 'fail') this.#failed++;
    const filled = Math.round((done / total) * barSize);
    const bar = '█'.repeat(filled) + '░'.repeat(barSize - filled);
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`;
    drawLine(this.#stream, `${bar} ${done}/${total}${failed} ${id}`);
  }

  clear(): void {
    wipeLine(this.#stream);
  }
}
