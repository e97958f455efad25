/** `ohos-websocket audit`: puts the probes to a server and reports. */
import { writeFile } from 'node:fs/promises';
import { parseArgs, styleText } from 'node:util';
import { AuditError, audit, defaultTimes } from '../audit/audit.js';
import { type AuditReport, type Probe, type ProbeResult, countVerdicts } from '../audit/probe.js';
import { probes, selectProbes } from '../audit/probes.js';
import { renderHtml } from '../audit/report-html.js';
import { renderJson } from '../audit/report-json.js';
import { renderJunit } from '../audit/report-junit.js';
import { renderTable } from '../audit/report-table.js';
import { type ConnectPlan, planConnect } from '../options.js';
import { auditDialer } from './audit-dialer.js';
import { startEchoServer } from './echo-server.js';

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
  -H 'NAME: VALUE'    a field of every request; repeatable
  --protocol NAMES    subprotocols to offer, comma-separated
  --origin ORIGIN     the Origin field
  --proxy URL         http://[user:password@]host:port; default: from the environment
  --no-proxy          connect directly
  --ca PATH           PEM file or directory with the CAs to trust
  --cert FILE, --key FILE, --passphrase TEXT
                      client certificate
  --insecure          do not verify the server's certificate
  --help              print this

Exit status: 0 when no MUST is broken, 1 when one is, 2 for a usage error or when there is no connection.

Examples:
  ohos-websocket audit
  ohos-websocket audit ws://localhost:8080/echo --html audit.html
  ohos-websocket audit wss://example.com/ws -H 'Authorization: Bearer …' --only handshake,frame --json
`;

const flags = {
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  list: { type: 'boolean' },
  json: { type: 'boolean' },
  junit: { type: 'string' },
  html: { type: 'string' },
  concurrency: { type: 'string' },
  timeout: { type: 'string' },
  total: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  protocol: { type: 'string' },
  origin: { type: 'string' },
  proxy: { type: 'string' },
  'no-proxy': { type: 'boolean' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  passphrase: { type: 'string' },
  insecure: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags, allowPositionals: true });
}

/** @returns the exit status, see `help` */
export async function run(args: readonly string[]): Promise<number> {
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
      concurrency: positive(values.concurrency, 'concurrency', 8, true),
      timeout: positive(values.timeout, 'timeout', defaultTimes.probe / 1000),
      total: positive(values.total, 'total', 300),
    };
    if (url !== undefined) plan = toPlan(url, values);
  } catch (error) {
    return usage(error as Error);
  }
  if (values.help) return print(help);
  if (values.list) return print(list(chosen));

  const embedded = plan === undefined ? await startEchoServer() : undefined;
  const { dial, target, fields, subprotocols } = plan ?? planConnect(embedded!.url, { proxy: 'no-proxy' });
  const progress = new ProgressBar();
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
    await write(report, values);
    return countVerdicts(report.results).fail > 0 ? 1 : 0;
  } catch (error) {
    progress.clear();
    if (!(error instanceof AuditError) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    process.stderr.write(`audit: ${(error as Error).message}\n`);
    return 2;
  } finally {
    await embedded?.close();
  }
}

function usage(error: Error): number {
  process.stderr.write(`audit: ${error.message}\nTry: ohos-websocket audit --help\n`);
  return 2;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function list(chosen: readonly Probe[]): string {
  const width = Math.max(...chosen.map(({ id }) => id.length));
  return chosen.map(({ id, level, rule, reference }) => `${id.padEnd(width)}  ${level.padEnd(6)}  ${rule} (${reference})\n`).join('');
}

async function write(report: AuditReport, values: Values): Promise<void> {
  const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const columns = process.stdout.isTTY ? process.stdout.columns : 160;
  process.stdout.write(values.json ? renderJson(report) : renderTable(report, { colour, columns }));
  if (values.junit !== undefined) await writeFile(values.junit, renderJunit(report));
  if (values.html !== undefined) await writeFile(values.html, renderHtml(report));
}

function patterns(values: readonly string[] = []): string[] {
  return values.flatMap((value) => value.split(',').map((pattern) => pattern.trim()));
}

function positive(text: string | undefined, name: string, otherwise: number, integer = false): number {
  const value = Number(text ?? otherwise);
  if (value > 0 && value <= 2_000_000 && (!integer || Number.isInteger(value))) return value;
  throw new RangeError(`--${name} must be ${integer ? 'an integer' : 'a number'} above 0, got ${JSON.stringify(text)}`);
}

function toPlan(url: string, values: Values): ConnectPlan {
  const header: Record<string, string[]> = {};
  for (const line of values.header ?? []) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new RangeError('-H must be "NAME: VALUE"');
    (header[line.slice(0, colon).trim()] ??= []).push(line.slice(colon + 1).trim());
  }
  if (values.origin !== undefined) header['Origin'] = [values.origin];
  const { protocol, ca, cert, key, passphrase } = values;
  return planConnect(url, {
    header,
    ...(protocol === undefined ? {} : { protocol }),
    ...(ca === undefined ? {} : { caPath: ca }),
    ...(cert === undefined && key === undefined
      ? {}
      : { clientCert: { certPath: cert ?? '', keyPath: key ?? '', ...(passphrase === undefined ? {} : { keyPassword: passphrase }) } }),
    skipServerCertVerification: values.insecure ?? false,
    proxy: values['no-proxy'] ? 'no-proxy' : values.proxy === undefined ? 'system' : toProxy(values.proxy),
  });
}

function toProxy(text: string): object {
  const { hostname, port, username, password } = new URL(text.includes('://') ? text : `http://${text}`);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    ...(username === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
  };
}

function withoutCredentials(url: string): string {
  return url.replace(/^(wss?:\/\/)[^/?]*@/i, '$1');
}

/** A line on stderr, on a terminal only. */
class ProgressBar {
  readonly #shown = process.stderr.isTTY;
  #failed = 0;

  show(done: number, total: number, { verdict, id }: ProbeResult): void {
    if (!this.#shown) return;
    if (verdict === 'fail') this.#failed++;
    const size = 30;
    const filled = Math.round((done / total) * size);
    const bar = '█'.repeat(filled) + '░'.repeat(size - filled);
    const failed = this.#failed === 0 ? '' : ` ${process.env['NO_COLOR'] === undefined ? styleText('red', `${this.#failed} failed`) : `${this.#failed} failed`}`;
    process.stderr.write(`\r\x1b[K${bar} ${done}/${total}${failed} ${id}`.slice(0, process.stderr.columns + 20));
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
  }
}
