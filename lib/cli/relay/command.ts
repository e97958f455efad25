/** `ohos-websocket relay URL`: a relay, until it is interrupted. */
import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Channel, ObservedEvent } from '../../protocol/recording/events.js';
import { Secrets } from '../../protocol/secrets.js';
import { upstreamPlan } from '../../relay/relay-plan.js';
import { isRandom } from '../../relay/relay-rules.js';
import { listen, type Relay, serverSide } from '../../relay/relay-server.js';
import type { ServerSide } from '../../relay/relayed-connection.js';
import { playClients, type ReplayOptions, startReplayServer } from '../../relay/replaying.js';
import type { UpstreamPlan } from '../../relay/upstream.js';
import { TraceLines, traceChannels } from '../../trace/lines.js';
import { type OpenTrace, openTrace } from '../../trace/start-trace.js';
import { readTranscript, type Transcript } from '../../trace/transcript-reader.js';
import { writeAllSync } from '../../trace/write-sync.js';
import {
  complain,
  defineCommand,
  flagOption,
  type OptionValues,
  quoteArgument,
  type Streams,
  textOption,
  textOptions,
  UsageError,
} from '../command.js';
import {
  type ConnectionValues,
  completePassphrase,
  connectionOptions,
  describeFailure,
  onlyUrl,
  planConnection,
} from '../connection-options.js';
import { interrupted } from '../interrupted.js';
import { faultOptions, readFaults } from './fault-options.js';

const name = 'relay';

/** What is between the client and the server; and the certificate, which is the relay's own under these names here. */
const {
  cert,
  key,
  passphrase,
  'passphrase-file': passphraseFile,
  ping: _ping,
  compress: _compress,
  ...towardsServer
} = connectionOptions;

const ownOptions = {
  listen: textOption('[HOST:]PORT', 'where clients connect to; port 0: a free one (default: 127.0.0.1:0)', {
    short: 'l',
  }),
  cert: textOption('FILE', "the relay's own certificate, PEM, with --key: clients connect with wss"),
  key: textOption('FILE', 'the key of that certificate, PEM'),
  passphrase: { ...passphrase, group: 'Options' },
  'passphrase-file': { ...passphraseFile, group: 'Options' },
  quiet: flagOption('print no frames', { short: 'q' }),
  transcript: textOptions('FILE', 'record: FILE.jsonl, FILE.har (for DevTools) or FILE.txt; repeatable'),
  secrets: flagOption('leave credentials in what is printed and recorded'),
  clock: flagOption('the time of day (UTC) in lines'),
  'replay-server': textOption(
    'FILE',
    "play the server's part of a transcript to whoever connects; there is no URL then",
  ),
  'replay-client': textOption('FILE', "play the client's part of a transcript to the server at URL, and end"),
  'at-once': flagOption('a replay without the times of the transcript'),
  strict: flagOption('end a connection at the first rule that either side breaks'),
};

const clientCertificate = {
  'client-cert': { ...cert, help: 'client certificate for the server, PEM; with --client-key' },
  'client-key': { ...key, help: 'key of the client certificate, PEM' },
  'client-passphrase': {
    ...passphrase,
    help: 'of an encrypted client key; asked for when it is not there',
    complete: completePassphrase('client-key', 'client-passphrase-file'),
  },
  'client-passphrase-file': passphraseFile,
};

const options = { ...ownOptions, ...faultOptions, ...towardsServer, ...clientCertificate };

type Values = OptionValues<typeof options>;

export const relayCommand = defineCommand({
  name,
  usage: '[options] [URL]',
  about: `Stands between any client and the server at URL. Bytes pass unchanged both ways; every frame is printed, and every
rule of RFC 6455 that either side breaks, masking included. The first line is where clients connect to. A client that
asks for "/" gets the path and query of URL, others what they ask for. Runs until it is interrupted.`,
  options,
  notes: `Lines: ">" from the client, "<" from the server, "!" a broken rule or the end of a connection; "relay:" is what the
relay did itself. Of the request, Host and what --header, --origin and --protocol say change, and nothing else.`,
  exit: { 0: 'interrupted, or a client was replayed', 1: 'it cannot listen, or a replayed client was not accepted' },
  examples: [
    'ohos-websocket relay --listen 9000 wss://example.com/chat',
    'ohos-websocket relay --listen 9000 ws://127.0.0.1:8080/ --transcript bug.jsonl --quiet',
    'ohos-websocket relay -l 0.0.0.0:9000 ws://127.0.0.1:8080/ --delay 200ms --jitter 50ms --rate 64k',
    'ohos-websocket relay -l 9000 ws://127.0.0.1:8080/ --cut-after 10f --reset',
    'ohos-websocket relay -l 9000 --replay-server bug.jsonl',
    'ohos-websocket relay --replay-client bug.jsonl ws://127.0.0.1:8080/',
  ],
  run: async (values, positionals, streams) => {
    const { 'replay-server': serverFile, 'replay-client': clientFile, 'at-once': atOnce } = values;
    if (serverFile !== undefined && clientFile !== undefined) {
      throw new UsageError('expected --replay-server or --replay-client, got both');
    }
    if (serverFile !== undefined && positionals.length > 0) {
      throw new UsageError('--replay-server takes no URL: the server is the transcript');
    }
    const transcript = readPlayed(serverFile ?? clientFile);
    const plan =
      serverFile === undefined
        ? { ...upstreamPlan(planConnection(onlyUrl(positionals), connectionValues(values))), describe: describeFailure }
        : undefined;
    const rules = readFaults(values);
    const listening = { ...readListen(values.listen), ...readCertificate(values) };
    const outputs = openOutputs(values, streams, plan && addedSecrets(plan));
    const { seed, strict } = values;
    const shown = {
      channels: [...new Set(outputs.flatMap(({ channels }) => channels))],
      ...(outputs.length === 0 ? {} : { onEvent: (event: ObservedEvent) => writeTo(outputs, event) }),
    };
    const relayOptions = { ...listening, ...shown, rules, seed, strict, atOnce };
    try {
      if (clientFile !== undefined) return await runClient(transcript!, serverSide(plan!), relayOptions);
      const start = (): Promise<Relay> =>
        plan === undefined ? startReplayServer(transcript!, relayOptions) : listen(serverSide(plan), relayOptions);
      return await run(start, isRandom(rules), streams);
    } finally {
      for (const output of outputs) output.close();
    }
  },
});

/** @throws {UsageError} it is not a transcript */
function readPlayed(file: string | undefined): Transcript | undefined {
  if (file === undefined) return undefined;
  try {
    return readTranscript(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`the transcript cannot be read: ${(error as Error).message}`);
  }
}

/** @returns the exit status: whether the server accepted every connection */
async function runClient(transcript: Transcript, side: ServerSide, options: ReplayOptions): Promise<number> {
  let refused = false;
  const { channels = [], onEvent } = options;
  const watched = {
    ...options,
    channels: [...new Set([...channels, 'close' as const])],
    onEvent: (event: ObservedEvent): void => {
      if (event.type === 'close' && !event.opened) refused = true;
      onEvent?.(event);
    },
  };
  try {
    await playClients(transcript, side, watched);
  } catch (error) {
    throw usageOf(error);
  }
  return refused ? 1 : 0;
}

/** A rule, a transcript or a certificate that a relay does not take was given on the command line. */
function usageOf(error: unknown): unknown {
  return error instanceof TypeError ? new UsageError(error.message) : error;
}

function connectionValues(values: Values): ConnectionValues {
  const { 'client-cert': certificate, 'client-key': clientKey, 'client-passphrase': clientPassphrase } = values;
  if ((certificate === undefined) !== (clientKey === undefined)) {
    throw new UsageError('--client-cert and --client-key go together');
  }
  return {
    ...values,
    cert: certificate,
    key: clientKey,
    passphrase: clientPassphrase,
    'passphrase-file': undefined,
    ping: 0,
    compress: false,
  };
}

async function run(start: () => Promise<Relay>, showsSeed: boolean, streams: Streams): Promise<number> {
  let relay: Relay;
  try {
    relay = await start();
  } catch (error) {
    if (error instanceof TypeError) throw usageOf(error);
    complain(streams, name, `cannot listen: ${(error as Error).message}`);
    return 1;
  }
  // Before the URL is out: its reader may send a signal at once.
  const stop = interrupted();
  streams.stdout.write(`${relay.url}\n`);
  if (showsSeed) streams.stderr.write(`seed ${relay.seed}\n`);
  await stop;
  await relay.stop();
  return 0;
}

/** `9000`, `0.0.0.0:9000`, `[::1]:9000`, `localhost:0`. */
function readListen(text: string | undefined): { host?: string; port: number } {
  if (text === undefined) return { port: 0 };
  const [, host, digits] = /^(?:(\[[^\]]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text.trim()) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new UsageError(`--listen must be [HOST:]PORT, e.g. 9000 or 0.0.0.0:9000, got ${quoteArgument(text)}`);
  }
  return host === undefined || host === '' ? { port } : { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}

interface OwnCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly passphrase?: string;
}

function readCertificate(values: Values): { tls?: OwnCertificate } {
  const { cert: certPath, key: keyPath, passphrase: given } = values;
  if (certPath === undefined && keyPath === undefined) return {};
  if (certPath === undefined || keyPath === undefined) throw new UsageError('--cert and --key go together');
  const tls = { cert: readPem(certPath, '--cert'), key: readPem(keyPath, '--key') };
  return { tls: given === undefined ? tls : { ...tls, passphrase: given } };
}

function readPem(file: string, option: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${option} cannot be read: ${(error as Error).message}`);
  }
}

/** What the relay's requests have that those of its clients, which are shown, have not. */
function addedSecrets({ target, fields }: UpstreamPlan): Secrets {
  const { resource, hostField: host } = target;
  return Secrets.ofRequest({ resource, subprotocols: [], fields, host });
}

/** Where events go. @throws {UsageError} a transcript cannot be written */
function openOutputs(values: Values, streams: Streams, added: Secrets | undefined): OpenTrace[] {
  const { quiet, transcript, secrets, clock } = values;
  const timeOrigin = clock ? performance.timeOrigin : undefined;
  const outputs: OpenTrace[] = [];
  try {
    for (const file of transcript) outputs.push(openTrace({ file, secrets, added, timeOrigin }));
  } catch (error) {
    for (const output of outputs) output.close();
    throw new UsageError((error as Error).message);
  }
  if (quiet) return outputs;
  const colors = streams.stdout.isTTY === true && !process.env['NO_COLOR'];
  const lines = new TraceLines({ secrets, added, timeOrigin, colors });
  const channels: readonly Channel[] = traceChannels;
  const print = printer(streams);
  return [...outputs, { channels, write: (event) => print(lines.format(event)), close: () => {} }];
}

/** Written before the relay goes on: a reader that is slow slows it down, and fills no memory. One that is gone is not missed. */
function printer({ stdout }: Streams): (text: string) => void {
  let isGone = false;
  return (text) => {
    if (isGone || text === '') return;
    try {
      if (stdout === process.stdout) writeAllSync(1, text);
      else stdout.write(text);
    } catch {
      isGone = true;
    }
  };
}

function writeTo(outputs: readonly OpenTrace[], event: ObservedEvent): void {
  for (const { write } of outputs) write(event);
}
