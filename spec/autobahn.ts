/**
 * Drives the fuzzing server of the Autobahn test suite as its echo client, and prints a summary:
 *
 *     docker run --rm -p 9001:9001 -v "$PWD/autobahn:/reports" crossbario/autobahn-testsuite wstest -m fuzzingserver
 *     node dist/spec/autobahn.js --url ws://127.0.0.1:9001 --report autobahn/clients
 *
 * The server counts its cases at `/getCaseCount`, tells the id of one at `/getCaseInfo?case=N`, plays it at
 * `/runCase?case=N&agent=NAME`, tells its verdict at `/getCaseStatus?case=N&agent=NAME`, and writes the report when `/updateReports?agent=NAME` is asked for.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { webSocket } from '../lib/index.js';

export interface AutobahnOptions {
  readonly url: string;
  readonly agent: string;
  /** Which cases, from 1; default all. */
  readonly cases?: readonly number[];
  /**
   * The folder into which the server writes its report, where this process can read it (the container's volume): only
   * the report has the verdict on how a case was closed.
   */
  readonly report?: string;
  readonly print: (line: string) => void;
  /** Told how far it is, before each case. */
  readonly progress?: (line: string) => void;
}

/** Verdict -> how many cases got it. */
export type Verdicts = ReadonlyMap<string, number>;

/** What the suite calls good: INFORMATIONAL and UNIMPLEMENTED judge nothing. */
const judgesWell = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED'];
const good = new Set([...judgesWell, ...judgesWell.map((verdict) => `closing ${verdict}`)]);

/** Large messages and slow ones are part of the suite; compression is cases 12 and 13. */
const testee = {
  proxy: 'no-proxy',
  perMessageDeflate: { threshold: 0 },
  maxMessageSize: 256 * 2 ** 20,
} satisfies webSocket.WebSocketClientOptions;

/** Resolves when the connection is gone, however it ended: the server judges, not we. */
function converse(url: string, reply: (ws: webSocket.WebSocket, message: string | ArrayBuffer) => void): Promise<void> {
  const ws = webSocket.createWebSocket();
  return new Promise((resolve, reject) => {
    ws.on('message', (_error, message) => reply(ws, message));
    ws.on('error', () => {});
    ws.on('close', () => resolve());
    ws.connect(url, testee, (error) => {
      if (error !== undefined) reject(error);
    });
  });
}

/** The one message that a server has to say. */
async function told(url: string): Promise<string> {
  let answer = '';
  await converse(url, (_ws, message) => (answer = String(message)));
  return answer;
}

const echo = (ws: webSocket.WebSocket, message: string | ArrayBuffer): void => ws.send(message, () => {});

/** What `index.json` of the report says of one case. */
interface Reported {
  readonly behaviorClose: string;
}

/** The verdicts on closing, by the suite's id of the case. */
function closings(folder: string, agent: string): ReadonlyMap<string, string> {
  const report = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Record<
    string,
    Record<string, Reported>
  >;
  const cases = report[agent];
  if (cases === undefined) throw new Error(`expected the agent ${agent} in ${folder}/index.json`);
  return new Map(Object.entries(cases).map(([id, { behaviorClose }]) => [id, behaviorClose]));
}

export async function runSuite({ url, agent, cases, report, print, progress }: AutobahnOptions): Promise<Verdicts> {
  const at = (path: string, query: Record<string, string> = {}): string => {
    const to = new URL(path, url);
    to.search = new URLSearchParams({ ...query, agent }).toString();
    return to.href;
  };
  const count = Number(await told(at('/getCaseCount')));
  if (!Number.isInteger(count)) throw new Error(`expected the number of cases from ${url}/getCaseCount`);
  print(`${count} cases at ${url}`);
  const verdicts = new Map<string, number>();
  const judge = (id: string, verdict: string): void => {
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    if (!good.has(verdict)) print(`case ${id}: ${verdict}`);
  };
  const played: string[] = [];
  for (const number of cases ?? Array.from({ length: count }, (_, index) => index + 1)) {
    const query = { case: String(number) };
    const { id } = JSON.parse(await told(at('/getCaseInfo', query))) as { id: string };
    progress?.(`case ${id}, ${number} of ${count}`);
    await converse(at('/runCase', query), echo).catch((error: Error) => print(`case ${id}: ${error.message}`));
    const { behavior } = JSON.parse(await told(at('/getCaseStatus', query))) as { behavior: string };
    judge(id, behavior);
    played.push(id);
  }
  await told(at('/updateReports'));
  if (report !== undefined) {
    const closed = closings(report, agent);
    for (const id of played) judge(id, `closing ${closed.get(id) ?? 'not reported'}`);
  }
  return verdicts;
}

/** @returns the exit status: 0 when every verdict is good */
export function summarize(verdicts: Verdicts, print: (line: string) => void): number {
  const of = (kind: string, which: (verdict: string) => boolean): boolean => {
    const rows = [...verdicts].filter(([verdict]) => which(verdict));
    const total = rows.reduce((sum, [, count]) => sum + count, 0);
    if (total === 0) return true;
    for (const [verdict, count] of rows) print(`${String(count).padStart(5)} ${verdict}`);
    const bad = rows.filter(([verdict]) => !good.has(verdict)).reduce((sum, [, count]) => sum + count, 0);
    print(bad === 0 ? `all ${total} ${kind} are good` : `${bad} of ${total} ${kind} are not good`);
    return bad === 0;
  };
  const isClosing = (verdict: string): boolean => verdict.startsWith('closing ');
  const [cases, closed] = [of('cases', (verdict) => !isClosing(verdict)), of('closings', isClosing)];
  return cases && closed ? 0 : 1;
}

/** On a terminal one line that changes; in a log every fiftieth. */
function progressTo(stream: NodeJS.WriteStream): (line: string) => void {
  let count = 0;
  return (line) => {
    if (stream.isTTY) stream.write(`\r\x1b[K${line}`);
    else if (++count % 50 === 0) stream.write(`${line}\n`);
  };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'ws://127.0.0.1:9001' },
      agent: { type: 'string', default: 'ohos-websocket' },
      cases: { type: 'string' },
      report: { type: 'string' },
    },
  });
  const wipe = process.stderr.isTTY ? '\r\x1b[K' : '';
  const print = (line: string): void => {
    if (wipe !== '') process.stderr.write(wipe);
    console.log(line);
  };
  const verdicts = await runSuite({
    url: values.url!,
    agent: values.agent!,
    ...(values.cases !== undefined && { cases: values.cases.split(',').map(Number) }),
    ...(values.report !== undefined && { report: values.report }),
    print,
    progress: progressTo(process.stderr),
  });
  return summarize(verdicts, print);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
