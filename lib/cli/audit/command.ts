/** `ohos-websocket audit`: puts the probes to a server and reports. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { planConnect } from '../../api/options.js';
import { AuditError, audit, defaultTimes } from '../../audit/audit.js';
import { type AuditReport, countVerdicts, type ProbeResult } from '../../audit/probe.js';
import type { Probe } from '../../audit/probe-run.js';
import { probes, selectProbes } from '../../audit/probes/all.js';
import { renderHtml } from '../../audit/reports/html.js';
import { renderJson } from '../../audit/reports/json.js';
import { renderJunit } from '../../audit/reports/junit.js';
import { renderTable } from '../../audit/reports/table.js';
import { startEchoServer } from '../../echo/echo-server.js';
import { withoutCredentials } from '../../protocol/secrets.js';
import type { ConnectPlan } from '../../transport/connect-plan.js';
import { connectionHelp, connectionOptions, planConnection, readNumber } from '../connection-options.js';
import { auditDialer } from './dialer.js';

export const help = `Usage: ohos-websocket audit [URL] [options]

Puts ${probes.length} questions to a WebSocket server, one for each rule of RFC 6455 that can be seen from outside, and
reports what it answered. Without a URL it audits the embedded echo server.

Options:
  --only IDS          only these probes: ids or their beginnings (handshake, close-code), comma-separated, repeatable
  --skip IDS          all but these
  --list              print the probes instead of asking them
  --json              print the report as JSON instead of a table
  --junit FILE        also write JUnit XML
  --html FILE         also write a self-contained page, with the frames of every finding
  --concurrency N     probes at once (default: 8)
  --timeout SECONDS   for each probe (default: 5)
  --total SECONDS     for all of them (default: 300)
  --help              print this

${connectionHelp
  .split('\n')
  .filter((line) => !/--(?:ping|timeout|compress) /.test(line))
  .join('\n')}

Exit status: 0 when no MUST is broken, 1 when one is, 2 for a usage error or when there is no connection.

Examples:
  ohos-websocket audit
  ohos-websocket audit ws://localhost:8080/echo --html audit.html
  ohos-websocket audit wss://example.com/ws -H 'Authorization: Bearer …' --only handshake,frame --json`;

/** The longest time that a Node timer can take, in seconds. */
const maxTime = 2_000_000;

/** Width of the progress bar. */
const barSize = 30;

/** A probe has no heartbeat and offers what it asks about, so those options have nothing to say here. */
const { ping: _ping, compress: _compress, ...connection } = connectionOptions;

const flags = {
  ...connection,
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  list: { type: 'boolean' },
  json: { type: 'boolean' },
  junit: { type: 'string' },
  html: { type: 'string' },
  concurrency: { type: 'string' },
  total: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags, allowPositionals: true });
}

/** Where a command writes to: the process's own streams, unless a spec looks at what it writes. */
export interface Streams {
  readonly stdout: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
}

/** @returns the exit status, see `help` */
export async function run(args: readonly string[], streams: Streams = process): Promise<number> {
  const { stdout, stderr } = streams;
  let values: Values;
  let url: string | undefined;
  let chosen: readonly Probe[];
  let numbers: { concurrency: number; timeout: number; total: number };
  let plan: ConnectPlan | undefined;
  try {
    const parsed = parse(args);
    values = parsed.values;
    if (parsed.positionals.length > 1) throw new RangeError(`expected one URL, got ${parsed.positionals.length}`);
    url = parsed.positionals[0];
    chosen = selectProbes(patterns(values.only), patterns(values.skip));
    if (chosen.length === 0) throw new RangeError('no probe is left to ask');
    numbers = {
      concurrency: readNumber('--concurrency', values.concurrency ?? '8', 1, 1000, true),
      timeout: readNumber('--timeout', values.timeout ?? String(defaultTimes.probe / 1000), 0.001, maxTime),
      total: readNumber('--total', values.total ?? '300', 0.001, maxTime),
    };
    // Each probe has its own time, which bounds its connections as well.
    if (url !== undefined) plan = planConnection(url, { ...values, timeout: undefined });
  } catch (error) {
    stderr.write(`audit: ${(error as Error).message}\nTry: ohos-websocket audit --help\n`);
    return 2;
  }
  if (values.help || values.list) {
    stdout.write(values.help ? `${help}\n` : list(chosen));
    return 0;
  }

  const embedded = plan === undefined ? await startEchoServer() : undefined;
  const { dial, target, fields, subprotocols } = plan ?? planConnect(embedded!.url, { proxy: 'no-proxy' });
  const progress = new ProgressBar(stderr);
  try {
    const report = await audit({
      url: embedded === undefined ? withoutCredentials(url!) : `${embedded.url} (the embedded echo server)`,
      target: { ...target, fields, subprotocols },
      dial: auditDialer(dial),
      probes: chosen,
      times: { ...defaultTimes, probe: numbers.timeout * 1000 },
      concurrency: numbers.concurrency,
      totalTime: numbers.total * 1000,
      onProgress: (done, total, result) => progress.show(done, total, result),
    });
    progress.clear();
    await write(report, values, stdout);
    return countVerdicts(report.results).fail > 0 ? 1 : 0;
  } catch (error) {
    progress.clear();
    if (!(error instanceof AuditError) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    stderr.write(`audit: ${(error as Error).message}\n`);
    return 2;
  } finally {
    await embedded?.close();
  }
}

function list(chosen: readonly Probe[]): string {
  const width = Math.max(...chosen.map(({ id }) => id.length));
  return chosen
    .map(({ id, level, rule, reference }) => `${id.padEnd(width)}  ${level.padEnd(6)}  ${rule} (${reference})\n`)
    .join('');
}

async function write(report: AuditReport, values: Values, stdout: Streams['stdout']): Promise<void> {
  const colour = stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const columns = stdout.isTTY ? stdout.columns : 160;
  stdout.write(values.json ? renderJson(report) : renderTable(report, { colour, columns }));
  if (values.junit !== undefined) await writeFile(values.junit, renderJunit(report));
  if (values.html !== undefined) await writeFile(values.html, renderHtml(report));
}

function patterns(values: readonly string[] = []): string[] {
  return values.flatMap((value) => value.split(',').map((pattern) => pattern.trim()));
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
    this.#stream.write(`\r\x1b[K${`${bar} ${done}/${total}${failed} ${id}`.slice(0, this.#stream.columns - 1)}`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
