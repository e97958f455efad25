/**
 * Drives the fuzzing server of the Autobahn test suite as its echo client, and prints a summary:
 *
 *     docker run --rm -p 9001:9001 -v "$PWD/autobahn:/mnt" crossbario/autobahn-testsuite \
 *       wstest -m fuzzingserver -s /mnt/fuzzingserver.json
 *     node dist/spec/autobahn.js --url ws://127.0.0.1:9001
 *
 * The server counts its cases at `/getCaseCount`, plays one at `/runCase?case=N&agent=NAME`, tells its verdict at
 * `/getCaseStatus?case=N&agent=NAME`, and writes the report when `/updateReports?agent=NAME` is asked for.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { webSocket } from '../lib/index.js';

export interface AutobahnOptions {
  readonly url: string;
  readonly agent: string;
  /** Which cases, from 1; default all. */
  readonly cases?: readonly number[];
  readonly print: (line: string) => void;
}

/** Verdict -> how many cases got it. */
export type Verdicts = ReadonlyMap<string, number>;

/** What the suite calls good: INFORMATIONAL and UNIMPLEMENTED judge nothing. */
const good = new Set(['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED']);

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

export async function runSuite({ url, agent, cases, print }: AutobahnOptions): Promise<Verdicts> {
  const at = (path: string, query: Record<string, string> = {}): string => {
    const to = new URL(path, url);
    to.search = new URLSearchParams({ ...query, agent }).toString();
    return to.href;
  };
  const count = Number(await told(at('/getCaseCount')));
  if (!Number.isInteger(count)) throw new Error(`expected the number of cases from ${url}/getCaseCount`);
  print(`${count} cases at ${url}`);
  const verdicts = new Map<string, number>();
  for (const number of cases ?? Array.from({ length: count }, (_, index) => index + 1)) {
    const query = { case: String(number) };
    await converse(at('/runCase', query), echo).catch((error: Error) => print(`case ${number}: ${error.message}`));
    const { behavior } = JSON.parse(await told(at('/getCaseStatus', query))) as { behavior: string };
    verdicts.set(behavior, (verdicts.get(behavior) ?? 0) + 1);
    if (!good.has(behavior)) print(`case ${number}: ${behavior}`);
  }
  await told(at('/updateReports'));
  return verdicts;
}

/** @returns the exit status: 0 when every verdict is good */
export function summarize(verdicts: Verdicts, print: (line: string) => void): number {
  const total = [...verdicts.values()].reduce((sum, count) => sum + count, 0);
  for (const [verdict, count] of verdicts) print(`${String(count).padStart(5)} ${verdict}`);
  const bad = [...verdicts].filter(([verdict]) => !good.has(verdict)).reduce((sum, [, count]) => sum + count, 0);
  print(bad === 0 ? `all ${total} cases are good` : `${bad} of ${total} cases are not`);
  return bad === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'ws://127.0.0.1:9001' },
      agent: { type: 'string', default: 'ohos-websocket' },
      cases: { type: 'string' },
    },
  });
  const cases = values.cases?.split(',').map(Number);
  const options = { url: values.url!, agent: values.agent!, print: console.log };
  return summarize(await runSuite(cases === undefined ? options : { ...options, cases }), console.log);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
