/** `ohos-websocket bench URL`: how fast a server is, seen from this client. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { printable } from '../../protocol/printable.js';
import { withoutCredentials } from '../../protocol/secrets.js';
import {
  connectionHelp,
  connectionOptions,
  inOptionNames,
  onlyUrl,
  planConnection,
  readNumber,
} from '../connection-options.js';
import { ConnectError } from '../link.js';
import { painter } from '../terminal.js';
import { echoes, type JobName, type JobOptions, jobNames, type Measurement, runJob } from './jobs.js';
import { liveLine, renderJson, renderMeasurement } from './report.js';

export const help = `Usage: ohos-websocket bench [options] URL

Measures your own WebSocket server, one job after the other, each on a connection of its own:
  connect   opening handshakes, one after the other, and how long each takes
  ping      one ping at a time, and how long each pong takes
  echo      messages that come back, --in-flight of them under way, and how long each takes
  send      messages as fast as the connection takes them, until a pong says that the server has read them all
  receive   messages that come back, 1 MiB of them under way
echo and receive need a server that sends back what it gets; bench finds out whether it does.

Options:
      --jobs NAMES            only these, comma-separated (default: all)
      --size BYTES            of a message (default: 125)
      --binary                binary messages instead of text
      --seconds N             for each job, at most 60 (default: 3)
      --in-flight N           messages that echo has under way, at most 65536 (default: 64)
      --json                  one JSON object on stdout: times in milliseconds

${connectionHelp}
  -h, --help                  print this

It loads the server as much as it can: use it on servers that are yours.

Exit status: 0; 1 when there is no connection, or a job measured nothing; 2 for wrong usage; 130 when interrupted, after
what was measured has been printed.

Examples:
  ohos-websocket bench ws://127.0.0.1:8080/
  ohos-websocket bench ws://127.0.0.1:8080/ --jobs echo --size 16 --in-flight 1
  ohos-websocket bench wss://staging.example.com/ws -H 'Authorization: Bearer …' --jobs connect,ping --json
`;

interface Settings extends JobOptions {
  readonly url: string;
  readonly jobs: readonly JobName[];
  readonly json: boolean;
  readonly stop: AbortController;
}

/** Milliseconds: a server that does not answer Close frames must not hold up the next job for long. */
const closeTimeout = 2000;
const maxSize = 64 * 2 ** 20;

/** @returns the exit status, see `help` */
export async function run(args: string[]): Promise<number> {
  let settings: Settings;
  try {
    settings = readSettings(args);
  } catch (error) {
    complain(inOptionNames((error as Error).message.replaceAll('\n', ' ')));
    process.stderr.write('Try: ohos-websocket bench --help\n');
    return 2;
  }
  const { stop } = settings;
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130); // asked twice: without waiting for the server
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    const complete = await measure(settings);
    return stop.signal.aborted ? 130 : complete ? 0 : 1;
  } catch (error) {
    clearLine();
    if (stop.signal.aborted) return 130;
    if (!(error instanceof ConnectError)) throw error;
    complain(error.message);
    return 1;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function readSettings(args: string[]): Settings {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...connectionOptions,
      jobs: { type: 'string', default: jobNames.join(',') },
      size: { type: 'string', default: '125' },
      binary: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '3' },
      'in-flight': { type: 'string', default: '64' },
      json: { type: 'boolean', default: false },
    },
  });
  const url = onlyUrl(positionals);
  const stop = new AbortController();
  const wanted = values.jobs.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !jobNames.includes(name as JobName));
  if (unknown !== undefined) {
    throw new Error(`--jobs must be of ${jobNames.join(', ')}, got ${JSON.stringify(unknown)}`);
  }
  return {
    url,
    plan: planConnection(url, values, { signal: stop.signal, closeTimeout, maxMessageSize: Infinity }),
    jobs: jobNames.filter((name) => wanted.includes(name)),
    size: readNumber('--size', values.size, 0, maxSize, true),
    binary: values.binary,
    seconds: readNumber('--seconds', values.seconds, 0.01, 60),
    inFlight: readNumber('--in-flight', values['in-flight'], 1, 65536, true),
    json: values.json,
    stop,
    signal: stop.signal,
  };
}

/** @returns whether every job measured something */
async function measure(settings: Settings): Promise<boolean> {
  const { url, jobs, json, size, binary, inFlight, seconds, signal } = settings;
  const paint = painter(process.stdout);
  const date = new Date().toISOString();
  if (!json) {
    const kind = `${binary ? 'binary' : 'text'} messages of ${size} bytes, ${inFlight} in flight, ${seconds} s a job`;
    process.stdout.write(`${printable(withoutCredentials(url))}: ${kind}\n\n`);
  }
  const needsEcho = jobs.some((job) => job === 'echo' || job === 'receive');
  const comesBack = needsEcho ? await echoes(settings) : undefined;
  const measurements: Measurement[] = [];
  for (const job of jobs) {
    if (signal.aborted) break;
    const mute = comesBack === false && (job === 'echo' || job === 'receive');
    const measured = mute
      ? { job, count: 0, bytes: 0, seconds: 0, latency: undefined, note: 'the server does not echo' }
      : await runJob(job, settings, (now) => showLine(liveLine(now, seconds)));
    clearLine();
    measurements.push(measured);
    if (!json) process.stdout.write(renderMeasurement(measured, paint));
  }
  if (json) {
    const about = { url: withoutCredentials(url), date, size, binary, inFlight, echoes: comesBack };
    process.stdout.write(renderJson({ ...about, measurements }));
  }
  return measurements.every(({ count }) => count > 0);
}

function showLine(text: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`);
}

function clearLine(): void {
  if (process.stderr.isTTY === true) process.stderr.write('\r\x1b[K');
}

function complain(message: string): void {
  process.stderr.write(`ohos-websocket bench: ${printable(message)}\n`);
}
