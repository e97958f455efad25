/** `ohos-websocket bench URL`: how fast a server is, seen from this client. */
import process from 'node:process';
import { printable } from '../../protocol/printable.js';
import { blotUrl } from '../../protocol/secrets.js';
import {
  complain,
  defineCommand,
  flagOption,
  numberOption,
  type OptionValues,
  quoteArgument,
  textOption,
  UsageError,
} from '../command.js';
import { connectionOptions, onlyUrl, planConnection } from '../connection-options.js';
import { ConnectError } from '../link.js';
import { painter } from '../terminal.js';
import { type JobName, type JobOptions, jobNames, type Measurement, runJob, sendsBack } from './jobs.js';
import { liveLine, renderBenchJson, renderMeasurement } from './report.js';

interface Settings extends JobOptions {
  readonly url: string;
  readonly jobs: readonly JobName[];
  readonly json: boolean;
  readonly stop: AbortController;
}

/** Milliseconds: a server that does not answer Close frames must not hold up the next job for long. */
const closeTimeout = 2000;
const maxSize = 64 * 2 ** 20;

const ownOptions = {
  jobs: {
    ...textOption('NAMES', 'only these, comma-separated (default: all)'),
    read: ([text = jobNames.join(',')]: readonly string[], name: string) => readJobs(text, name),
  },
  size: numberOption('BYTES', 'of a message', { least: 0, most: maxSize, integer: true, otherwise: 125 }),
  binary: flagOption('binary messages instead of text'),
  seconds: numberOption('N', 'for each job, at most 60', { least: 0.01, most: 60, otherwise: 3 }),
  'in-flight': numberOption('N', 'messages that echo has in flight, at most 65536', {
    least: 1,
    most: 65536,
    integer: true,
    otherwise: 64,
  }),
  json: flagOption('one JSON object on stdout: times in milliseconds'),
};

export const benchCommand = defineCommand({
  name: 'bench',
  usage: '[options] URL',
  about: `Measures your own WebSocket server, one job after the other, each on a connection of its own:
  connect   opening handshakes, one after the other, and how long each takes
  ping      one ping at a time, and how long each pong takes
  echo      messages that come back, --in-flight of them in flight, and how long each takes
  send      messages as fast as the connection takes them, until a pong says that the server has read them all
  receive   messages that come back, 1 MiB of them in flight
echo and receive need a server that sends back what it gets; bench finds out whether it does.`,
  options: { ...ownOptions, ...connectionOptions },
  notes: 'It loads the server as much as it can: use it on servers that are yours.',
  exit: {
    0: 'every job measured something',
    1: 'no connection, or a job measured nothing',
    130: 'interrupted, after what was measured has been printed',
  },
  examples: [
    'ohos-websocket bench ws://127.0.0.1:8080/',
    'ohos-websocket bench ws://127.0.0.1:8080/ --jobs echo --size 16 --in-flight 1',
    "ohos-websocket bench wss://staging.example.com/ws -H 'Authorization: Bearer …' --jobs connect,ping --json",
  ],
  run: async (values, positionals, streams) => {
    const settings = readSettings(values, positionals);
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
      complain(streams, 'bench', error.message);
      return 1;
    } finally {
      process.off('SIGINT', interrupt);
    }
  },
});

function readJobs(text: string, option: string): readonly JobName[] {
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !jobNames.includes(name as JobName));
  if (unknown !== undefined) {
    throw new UsageError(`${option} must be of ${jobNames.join(', ')}, got ${quoteArgument(unknown)}`);
  }
  return jobNames.filter((name) => wanted.includes(name));
}

function readSettings(
  values: OptionValues<typeof ownOptions & typeof connectionOptions>,
  positionals: readonly string[],
): Settings {
  const url = onlyUrl(positionals);
  const { jobs, size, binary, seconds, json } = values;
  const stop = new AbortController();
  return {
    url,
    plan: planConnection(url, values, { signal: stop.signal, closeTimeout, maxMessageSize: Infinity }),
    jobs,
    size,
    binary,
    seconds,
    inFlight: values['in-flight'],
    json,
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
    process.stdout.write(`${printable(blotUrl(url))}: ${kind}\n\n`);
  }
  const needsEcho = jobs.some((job) => job === 'echo' || job === 'receive');
  const comesBack = needsEcho ? await sendsBack(settings) : undefined;
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
    const about = { url: blotUrl(url), date, size, binary, inFlight, echoes: comesBack };
    process.stdout.write(renderBenchJson({ ...about, measurements }));
  }
  return measurements.every(({ count }) => count > 0);
}

function showLine(text: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`);
}

function clearLine(): void {
  if (process.stderr.isTTY === true) process.stderr.write('\r\x1b[K');
}
