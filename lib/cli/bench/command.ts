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
  parsedOption,
  quoteArgument,
  type Streams,
  textOption,
  UsageError,
} from '../command.js';
import {
  type ConnectionValues,
  connectionOptions,
  onlyUrl,
  planConnection,
  withScheme,
} from '../connection-options.js';
import { ConnectError } from '../link.js';
import { drawLine, painter, wipeLine } from '../terminal.js';
import { type JobName, type JobOptions, jobNames, type Measurement, runJob, sendsBack } from './jobs.js';
import { runLoadTask } from './load-command.js';
import { asksForLoad, defaultSize, loadOptions, readLoad, roundsOf, sizeOption } from './load-options.js';
import { liveLine, renderBenchJson, renderMeasurement } from './report.js';

interface Settings extends JobOptions {
  readonly url: string;
  readonly jobs: readonly JobName[];
  readonly json: boolean;
  readonly stop: AbortController;
}

/** Milliseconds: a server that does not answer Close frames must not hold up the next job for long. */
const closeTimeout = 2000;
const jobsInFlight = 64;
const jobSeconds = 3;

const ownOptions = {
  jobs: parsedOption(textOption('NAMES', 'only these, comma-separated (default: all)'), readJobs),
  size: sizeOption,
  binary: flagOption('binary messages instead of text'),
  seconds: numberOption('N', `for each job, at most 60 (default: ${jobSeconds})`, {
    least: 0.01,
    most: 60,
    otherwise: undefined,
  }),
  'in-flight': numberOption(
    'N',
    `messages that echo, or each connection of a load, has in flight, at most 65536 (default: ${jobsInFlight}; of a load 1, with --rate no limit)`,
    { least: 1, most: 65536, integer: true, otherwise: undefined },
  ),
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
echo and receive need a server that sends back what it gets; bench finds out whether it does.

Any of the options under Load makes it a load generator instead: many connections at once, messages that are due at a rate whatever the server does (latencies count from when a message was due, so a server that stalls cannot hide it) or one after the other, a file of messages, and a page with plots.`,
  options: { ...ownOptions, ...loadOptions, ...connectionOptions },
  notes: 'It loads the server as much as it can: use it on servers that are yours.',
  exit: {
    0: 'every job measured something; a load had no errors',
    1: 'no connection, a job measured nothing, or a load had errors',
    130: 'interrupted, after what was measured has been printed',
    143: 'terminated, in the same way; a load only',
  },
  examples: [
    'ohos-websocket bench ws://127.0.0.1:8080/',
    'ohos-websocket bench ws://127.0.0.1:8080/ --jobs echo --size 16 --in-flight 1',
    "ohos-websocket bench wss://staging.example.com/ws -H 'Authorization: Bearer …' --jobs connect,ping --json",
    'ohos-websocket bench ws://127.0.0.1:8080/ --connections 1000 --rate 5000 --duration 30 --html load.html',
    'ohos-websocket bench ws://127.0.0.1:8080/ --connections 50 --messages requests.txt --expect \'"ok":true\'',
    'ohos-websocket bench ws://127.0.0.1:8080/ --connections 100 --compare ws://127.0.0.1:8081/',
  ],
  run: async (values, positionals, streams) => {
    if (asksForLoad(values, values.size)) return runLoad(values, positionals, streams);
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
      wipeLine(process.stderr);
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

type BenchValues = OptionValues<typeof ownOptions & typeof loadOptions & typeof connectionOptions>;

function readSettings(values: BenchValues, positionals: readonly string[]): Settings {
  const url = onlyUrl(positionals);
  const { jobs = jobNames, size, binary, seconds = jobSeconds, json } = values;
  const stop = new AbortController();
  return {
    url,
    plan: planConnection(url, values, { signal: stop.signal, closeTimeout, maxMessageSize: Infinity }),
    jobs,
    size: size?.[0]?.size ?? defaultSize,
    binary,
    seconds,
    inFlight: values['in-flight'] ?? jobsInFlight,
    json,
    stop,
    signal: stop.signal,
  };
}

/** @returns the exit status */
async function runLoad(values: BenchValues, positionals: readonly string[], streams: Streams): Promise<number> {
  const url = onlyUrl(positionals);
  if (values.jobs !== undefined) throw new UsageError('--jobs does not go together with the options of a load');
  if (values.seconds !== undefined) throw new UsageError('--seconds is of a job: a load has --duration');
  const { size, binary, json, html, compare } = values;
  const connection = Object.keys(connectionOptions).map((name) => [name, values[name as keyof ConnectionValues]]);
  return runLoadTask(
    {
      url,
      other: compare === undefined ? undefined : { url: withScheme(compare, streams), rounds: roundsOf(values) },
      values: Object.fromEntries(connection) as ConnectionValues,
      load: await readLoad(values, { size, binary, inFlight: values['in-flight'] }),
      json,
      html,
    },
    streams,
  );
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
      : await runJob(job, settings, (now) => drawLine(process.stderr, liveLine(now, seconds)));
    wipeLine(process.stderr);
    measurements.push(measured);
    if (!json) process.stdout.write(renderMeasurement(measured, paint));
  }
  if (json) {
    const about = { url: blotUrl(url), date, size, binary, inFlight, echoes: comesBack };
    process.stdout.write(renderBenchJson({ ...about, measurements }));
  }
  return measurements.every(({ count }) => count > 0);
}
