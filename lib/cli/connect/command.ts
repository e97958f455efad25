/** `ohos-websocket connect URL`: its options, its help, and where what it shows goes. */
import process from 'node:process';
import { TraceLines, type TraceLinesOptions, traceChannels } from '../../trace/lines.js';
import { startTrace } from '../../trace/start-trace.js';
import { subscribe } from '../../trace/subscribe.js';
import type { ConnectionFailure } from '../../transport/failure.js';
import { complain, defineCommand, type OptionValues, UsageError } from '../command.js';
import { connectionOptions, onlyUrl, planConnection } from '../connection-options.js';
import { ConnectError } from '../link.js';
import { Conversation, type ConversationSettings, status } from './conversation.js';
import { readHeartbeatOption } from './heartbeat.js';
import { readMessageArgument } from './message-argument.js';
import { ownOptions } from './options.js';

/** Milliseconds: who sits in front of it does not want to wait longer for a server that does not answer. */
const closeTimeout = 3000;
/** As browsers and curl do, but fewer: a handshake is not a page. */
const maxRedirects = 5;
/** Seconds. */
const defaultWait = 1;

export const connectCommand = defineCommand({
  name: 'connect',
  usage: '[options] URL',
  about: `Connects to a WebSocket server. On a terminal you get a prompt, with a history; /help there lists its commands. Through
pipes each line of stdin is a text message, and each message received is a line of stdout; everything else is on stderr.`,
  options: { ...ownOptions, ...connectionOptions },
  notes: `A binary message is received as "hex:" and hexadecimal digits. On a terminal, control characters in what was received
are shown as \\n, \\u001b, \\u202e; pipes and files get what came. When stdin ends, the connection is closed with 1000.`,
  exit: {
    0: 'closed with 1000, 1001 or no code, or by you; also when the reader of stdout went away',
    1: 'no connection',
    2: 'wrong usage, or a line of stdin that is not UTF-8',
    3: 'the connection was lost, the server broke the protocol or closed with another code, or stdout cannot be written',
    4: 'fewer messages than --count',
    130: 'interrupted (143: terminated), after closing',
  },
  examples: [
    'ohos-websocket connect ws://127.0.0.1:8080/chat',
    "ohos-websocket connect wss://example.com/ws -H 'Authorization: Bearer …' --protocol chat",
    `ohos-websocket connect ws://127.0.0.1:8080/ -x '{"subscribe":"ticker"}' --count 10 --json`,
    'seq 3 | ohos-websocket connect ws://127.0.0.1:8080/ --wait 0.5 > answers.txt',
    'ohos-websocket connect ws://127.0.0.1:8080/ -x hello --trace --transcript hello.jsonl',
  ],
  run: async (values, positionals, streams) => {
    const settings = readSettings(values, positionals);
    const ends: (() => void)[] = [];
    const conversation = new Conversation(settings);
    try {
      openTraces(values, settings, conversation, ends);
      return await conversation.run();
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      complain(streams, 'connect', error.message);
      streams.stderr.write(await explainFailure(error.failure, settings));
      return status.noConnection;
    } finally {
      for (const end of ends) end();
    }
  },
});

/** What else there is to say, in lines: what the server said, and what to do about it. */
async function explainFailure(failure: ConnectionFailure, { plan, secrets }: ConversationSettings): Promise<string> {
  const [{ readRefusal, refusalLines }, { hintAtTls }] = await Promise.all([
    import('./refusal.js'),
    import('./tls-port.js'),
  ]);
  const refusal = await readRefusal(failure, plan, secrets);
  const hint = await hintAtTls(failure, plan);
  return (refusal === undefined ? '' : refusalLines(refusal)) + (hint === undefined ? '' : `  ${hint}\n`);
}

type Values = OptionValues<typeof ownOptions & typeof connectionOptions>;

function readSettings(values: Values, positionals: readonly string[]): ConversationSettings {
  const { execute, json, output, binary, null: nul, escape: escapes, count = Infinity, reconnect, heartbeat } = values;
  const form = { escapes, binary: binary !== undefined };
  if (form.binary && escapes) throw new UsageError('expected --binary or --escape: bytes have no escapes');
  if (nul !== undefined && (binary === 'whole' || binary === 'length-prefixed'))
    throw new UsageError('expected --null or --binary without lines: they part stdin in two ways');
  if (json && (output === 'raw' || output === 'length-prefixed'))
    throw new UsageError(`--json has text only: expected --output hex or base64 with it, got ${output}`);
  if (!json && output === 'raw' && process.stdout.isTTY === true)
    throw new UsageError('--output raw writes bytes that could drive this terminal: redirect it, or use hex');
  const url = positionals.length === 0 && values.unix !== undefined ? 'ws://localhost/' : onlyUrl(positionals);
  const messages = execute.length === 0 ? undefined : execute.map((one) => readMessageArgument(one, '--execute', form));
  const abort = new AbortController();
  const maxMessageSize = values['max-size'];
  const atPrompt = messages === undefined && binary === undefined && nul === undefined && output === undefined;
  return {
    url,
    plan: planConnection(url, values, {
      signal: abort.signal,
      closeTimeout,
      maxMessageSize,
      maxRedirects: values.location ? maxRedirects : 0,
    }),
    abort,
    messages,
    stdin: { ...form, parts: nul ?? binary ?? 'lines' },
    output,
    lineEnd: nul ?? '\n',
    reconnect,
    heartbeat: heartbeat === undefined ? undefined : readHeartbeatOption(heartbeat, '--heartbeat', form),
    wait: values.wait ?? (count === Infinity ? defaultWait : Infinity),
    count,
    json,
    secrets: values.secrets,
    interactive: atPrompt && process.stdin.isTTY === true && process.stdout.isTTY === true,
  };
}

/** @throws {UsageError} the transcript cannot be written */
function openTraces(
  { transcript: file, secrets, trace, clock }: Values,
  settings: ConversationSettings,
  conversation: Conversation,
  ends: (() => void)[],
): void {
  const timeOrigin = clock ? performance.timeOrigin : undefined;
  try {
    if (file !== undefined) ends.push(startTrace({ file, secrets, timeOrigin }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (trace) ends.push(startLines({ secrets, timeOrigin }, settings, conversation));
}

/** The lines of `--trace`: on stderr, but above the prompt when that is on the same terminal. */
function startLines(
  options: TraceLinesOptions,
  { interactive }: ConversationSettings,
  conversation: Conversation,
): () => void {
  const colors = process.stderr.isTTY === true && !process.env['NO_COLOR'];
  if (!interactive || process.stderr.isTTY !== true) return startTrace({ ...options, colors });
  const lines = new TraceLines({ ...options, colors });
  return subscribe(traceChannels, (event) => conversation.print(lines.format(event)));
}
