/** `ohos-websocket connect URL`: its options, its help, and where what it shows goes. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { TraceLines, traceChannels } from '../../trace/lines.js';
import { startTrace } from '../../trace/start-trace.js';
import { subscribe } from '../../trace/subscribe.js';
import {
  connectionHelp,
  connectionOptions,
  inOptionNames,
  onlyUrl,
  planConnection,
  readNumber,
} from '../connection-options.js';
import { ConnectError } from '../link.js';
import { Conversation, type ConversationSettings, complain, status } from './conversation.js';

export const help = `Usage: ohos-websocket connect [options] URL

Connects to a WebSocket server. On a terminal you get a prompt, with a history; /help there tells its commands. Through
pipes each line of stdin is a text message, and each message received is a line of stdout; everything else is on stderr.

Messages:
  -x, --execute MESSAGE       send this instead of reading stdin, then wait and close; repeatable
      --wait SECONDS          how long to wait for messages after the last one was sent, or "forever" (default: 1; with
                              --count: forever)
      --count N               close after N messages were received
      --json                  one JSON object a line: open, text, binary, pong, close; the way to tell messages apart
                              that have line ends in them
      --trace                 show every frame on stderr
      --transcript FILE       record the connection: FILE.jsonl (for ohos-websocket replay) or FILE.har (for DevTools)
      --secrets               leave credentials in --trace and --transcript

${connectionHelp}
  -h, --help                  print this

A binary message is received as "hex:" and hexadecimal digits. On a terminal, control characters in what was received
are shown as \\n, \\u001b, \\u202e; pipes and files get what came. When stdin ends, the connection is closed with 1000.

Exit status:
  0    closed with 1000, 1001 or no code, or by you; also when the reader of stdout went away
  1    no connection
  2    wrong usage, or a line of stdin that is not UTF-8
  3    the connection was lost, the server broke the protocol or closed with another code, or stdout cannot be written
  4    fewer messages than --count
  130  interrupted (143: terminated), after closing

Examples:
  ohos-websocket connect ws://127.0.0.1:8080/chat
  ohos-websocket connect wss://example.com/ws -H 'Authorization: Bearer …' --protocol chat
  ohos-websocket connect ws://127.0.0.1:8080/ -x '{"subscribe":"ticker"}' --count 10 --json
  seq 3 | ohos-websocket connect ws://127.0.0.1:8080/ --wait 0.5 > answers.txt
  ohos-websocket connect ws://127.0.0.1:8080/ -x hello --trace --transcript hello.jsonl
`;

/** Milliseconds: who sits in front of it does not want to wait longer for a server that does not answer. */
const closeTimeout = 3000;
const defaultWait = 1;

interface Settings extends ConversationSettings {
  readonly trace: boolean;
  readonly transcript: string | undefined;
  readonly secrets: boolean;
}

/** @returns the exit status, see `help` */
export async function run(args: string[]): Promise<number> {
  const ends: (() => void)[] = [];
  let conversation: Conversation;
  try {
    const settings = readSettings(args);
    const { transcript: file, secrets, trace } = settings;
    if (file !== undefined) ends.push(startTrace({ file, secrets }));
    conversation = new Conversation(settings);
    if (trace) ends.push(startLines(settings, conversation));
  } catch (error) {
    complain(inOptionNames((error as Error).message.replaceAll('\n', ' ')));
    process.stderr.write('Try: ohos-websocket connect --help\n');
    return status.usage;
  }
  try {
    return await conversation.run();
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    complain(error.message);
    return status.noConnection;
  } finally {
    for (const end of ends) end();
  }
}

function readSettings(args: string[]): Settings {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...connectionOptions,
      execute: { type: 'string', short: 'x', multiple: true },
      wait: { type: 'string' },
      count: { type: 'string' },
      json: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      transcript: { type: 'string' },
      secrets: { type: 'boolean', default: false },
    },
  });
  const { execute, json, trace, transcript, secrets } = values;
  const url = onlyUrl(positionals);
  const abort = new AbortController();
  const most = Number.MAX_SAFE_INTEGER;
  const count = values.count === undefined ? Infinity : readNumber('--count', values.count, 1, most, true);
  return {
    url,
    plan: planConnection(url, values, { signal: abort.signal, closeTimeout }),
    abort,
    messages: execute,
    wait: readWait(values.wait, count),
    count,
    json,
    trace,
    transcript,
    secrets,
    interactive: execute === undefined && process.stdin.isTTY === true && process.stdout.isTTY === true,
  };
}

function readWait(text: string | undefined, count: number): number {
  if (text === undefined) return count === Infinity ? defaultWait : Infinity;
  return text === 'forever' ? Infinity : readNumber('--wait', text, 0, 2_000_000);
}

/** The lines of `--trace`: on stderr, but above the prompt when that is on the same terminal. */
function startLines({ interactive, secrets }: Settings, conversation: Conversation): () => void {
  const colors = process.stderr.isTTY === true && !process.env['NO_COLOR'];
  if (!interactive || process.stderr.isTTY !== true) return startTrace({ colors, secrets });
  const lines = new TraceLines({ colors, secrets });
  return subscribe(traceChannels, (event) => conversation.print(lines.format(event)));
}
