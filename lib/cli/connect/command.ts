/** `ohos-websocket connect URL`: its options, its help, and where what it shows goes. */
import process from 'node:process';
import { TraceLines, type TraceLinesOptions, traceChannels } from '../../trace/lines.js';
import { startTrace } from '../../trace/start-trace.js';
import { subscribe } from '../../trace/subscribe.js';
import {
  complain,
  defineCommand,
  flagOption,
  numberOption,
  type OptionValues,
  readNumber,
  textOption,
  textOptions,
  UsageError,
} from '../command.js';
import { connectionOptions, onlyUrl, planConnection } from '../connection-options.js';
import { ConnectError } from '../link.js';
import { Conversation, type ConversationSettings, status } from './conversation.js';

/** Milliseconds: who sits in front of it does not want to wait longer for a server that does not answer. */
const closeTimeout = 3000;
const defaultWait = 1;

/** The heading of its own options in the help. */
const group = 'Messages';

const ownOptions = {
  execute: textOptions('MESSAGE', 'send this instead of reading stdin, then wait and close; repeatable', {
    short: 'x',
    group,
  }),
  wait: {
    ...textOption(
      'SECONDS',
      'how long to wait for messages after the last one was sent, or "forever" (default: 1; with --count: forever)',
      { group },
    ),
    read: ([text]: readonly string[], name: string) => (text === undefined ? undefined : readWait(text, name)),
  },
  count: numberOption(
    'N',
    'close after N messages were received',
    { least: 1, most: Number.MAX_SAFE_INTEGER, integer: true, otherwise: undefined },
    { group },
  ),
  json: flagOption(
    'one JSON object a line: open, text, binary, pong, close; the way to tell messages apart that have line ends in them',
    { group },
  ),
  trace: flagOption('show every frame on stderr', { group }),
  clock: flagOption('the time of day (UTC) in the lines of --trace and of FILE.txt', { group }),
  transcript: textOption(
    'FILE',
    'record the connection: FILE.jsonl (for ohos-websocket replay), FILE.har (for DevTools) or FILE.txt (lines)',
    { group },
  ),
  secrets: flagOption('leave credentials in --trace, --transcript and what is shown of the handshake', { group }),
};

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
      return status.noConnection;
    } finally {
      for (const end of ends) end();
    }
  },
});

type Values = OptionValues<typeof ownOptions & typeof connectionOptions>;

function readSettings(values: Values, positionals: readonly string[]): ConversationSettings {
  const url = onlyUrl(positionals);
  const { execute, json, count = Infinity } = values;
  const messages = execute.length === 0 ? undefined : execute;
  const abort = new AbortController();
  return {
    url,
    plan: planConnection(url, values, { signal: abort.signal, closeTimeout }),
    abort,
    messages,
    wait: values.wait ?? (count === Infinity ? defaultWait : Infinity),
    count,
    json,
    secrets: values.secrets,
    interactive: messages === undefined && process.stdin.isTTY === true && process.stdout.isTTY === true,
  };
}

function readWait(text: string, name: string): number {
  return text === 'forever' ? Infinity : readNumber(name, text, { least: 0, most: 2_000_000 });
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
