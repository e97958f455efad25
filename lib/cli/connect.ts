/** `ohos-websocket connect URL`: talk to a server, at a prompt or through pipes. */
import { Buffer } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startTrace } from '../audit/start-trace.js';
import { subscribe } from '../audit/subscribe.js';
import { TraceLines, traceChannels } from '../audit/trace-lines.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import { type Command, commandHelp, parseCommand } from './connect-command.js';
import {
  type Format,
  type Received,
  describeEnding,
  formatEscaped,
  formatInteractive,
  formatJson,
  formatRaw,
} from './connect-format.js';
import { readLines } from './connect-lines.js';
import { ConnectError, type Ending, Link } from './connect-link.js';
import { Prompt } from './connect-prompt.js';
import {
  connectionHelp,
  connectionOptions,
  onlyUrl,
  planConnection,
  readNumber,
  withoutCredentials,
} from './connection-options.js';
import { painter, printable } from './terminal.js';

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
are shown as \\n, \\x1b, \\u202e; pipes and files get what came. When stdin ends, the connection is closed with 1000.

Exit status:
  0    closed with 1000, 1001 or no code, or by you; also when the reader of stdout went away
  1    no connection
  2    wrong usage, or a line of stdin that is not UTF-8
  3    the connection was lost, the server broke the protocol, or it closed with another code
  4    fewer messages than --count
  130  interrupted (143: terminated), after closing

Examples:
  ohos-websocket connect ws://127.0.0.1:8080/chat
  ohos-websocket connect wss://example.com/ws -H 'Authorization: Bearer …' --protocol chat
  ohos-websocket connect ws://127.0.0.1:8080/ -x '{"subscribe":"ticker"}' --count 10 --json
  seq 3 | ohos-websocket connect ws://127.0.0.1:8080/ --wait 0.5 > answers.txt
  ohos-websocket connect ws://127.0.0.1:8080/ -x hello --trace --transcript hello.jsonl
`;

const status = { ok: 0, noConnection: 1, usage: 2, lost: 3, tooFew: 4, signal: 128 } as const;

/** Milliseconds: who sits in front of it does not want to wait longer for a server that does not answer. */
const closeTimeout = 3000;
const defaultWait = 1;

interface Settings {
  readonly url: string;
  readonly plan: ConnectPlan;
  /** Gives up the attempt to connect. */
  readonly abort: AbortController;
  /** Instead of stdin. */
  readonly messages: readonly string[] | undefined;
  /** Seconds. */
  readonly wait: number;
  readonly count: number;
  readonly json: boolean;
  readonly trace: boolean;
  readonly transcript: string | undefined;
  readonly secrets: boolean;
  readonly interactive: boolean;
}

/** @returns the exit status, see `help` */
export async function run(args: string[]): Promise<number> {
  const ends: (() => void)[] = [];
  try {
    const settings = readSettings(args);
    const { transcript: file, secrets } = settings;
    if (file !== undefined) ends.push(startTrace({ file, secrets }));
    const conversation = new Conversation(settings);
    if (settings.trace) ends.push(startLines(settings, conversation));
    return await conversation.run();
  } catch (error) {
    complain((error as Error).message);
    if (error instanceof ConnectError) return status.noConnection;
    process.stderr.write('Try: ohos-websocket connect --help\n');
    return status.usage;
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

/** One connection and whoever talks through it. */
class Conversation {
  readonly #settings: Settings;
  readonly #format: Format;
  #link: Link | undefined;
  #prompt: Prompt | undefined;
  #received = 0;
  /** The pings that no pong has answered. */
  readonly #pings: { readonly payload: Buffer; readonly time: number }[] = [];
  /** Whether the close was asked for at the prompt: its code comes back, and is no failure. */
  #closing = false;
  #leaving = false;
  #signal = 0;
  #readerGone = false;
  /** Whether nothing is read until stdout has taken what it was given. */
  #held = false;
  #finish!: () => void;
  /** Nothing more is to be sent or received: close. */
  readonly #finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  constructor(settings: Settings) {
    this.#settings = settings;
    const paint = painter(process.stdout);
    if (settings.json) this.#format = (received) => formatJson(received);
    else if (settings.interactive) this.#format = formatInteractive(paint);
    else this.#format = process.stdout.isTTY === true ? formatEscaped(paint) : formatRaw;
  }

  /** @throws {ConnectError} */
  async run(): Promise<number> {
    const { plan, url, interactive } = this.#settings;
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    process.stdout.on('error', this.#onOutputError);
    try {
      if (interactive) this.#note(`connecting to ${printable(withoutCredentials(url))}`);
      const link = new Link(plan, {
        text: (data) => this.#message({ type: 'text', data }),
        binary: (data) => this.#message({ type: 'binary', data }),
        pong: (payload) => this.#pong(payload),
      });
      this.#link = link;
      this.#show({ type: 'open', opened: await link.opened });
      return await this.#talk(link);
    } catch (error) {
      if (this.#signal !== 0) return status.signal + this.#signal;
      throw error;
    } finally {
      process.off('SIGINT', this.#onSignal);
      process.off('SIGTERM', this.#onSignal);
    }
  }

  /** Prints whole lines, above the prompt if there is one. */
  print(text: string): void {
    if (this.#readerGone) return;
    const more = this.#prompt === undefined ? process.stdout.write(text) : this.#prompt.print(text);
    const link = this.#link;
    if (more || link === undefined || this.#held) return;
    this.#held = true; // what has been read already still comes
    link.pause();
    process.stdout.once('drain', () => {
      this.#held = false;
      link.resume();
    });
  }

  async #talk(link: Link): Promise<number> {
    const timer = new AbortController();
    let mistake: Error | undefined;
    const ended = link.ended.then((ending) => {
      // Before anything else is printed: what is typed from here on can no longer be sent.
      this.#prompt?.close();
      this.#prompt = undefined;
      return ending;
    });
    const work = this.#settings.interactive ? this.#startPrompt(link) : this.#sendLines(link, timer.signal);
    const failed = work.catch((error: Error) => {
      if (!timer.signal.aborted) mistake = error;
    });
    await Promise.race([this.#finished, ended, failed]);
    timer.abort(); // from here on an error of stdin is our own doing
    if (!this.#settings.interactive && this.#settings.messages === undefined) process.stdin.destroy();
    link.close();
    const ending = await ended;
    this.#show({ type: 'close', ending });
    if (mistake !== undefined) {
      complain(mistake.message);
      return status.usage;
    }
    return this.#judge(ending);
  }

  #judge(ending: Ending): number {
    const { count, interactive, json } = this.#settings;
    if (this.#signal !== 0) return status.signal + this.#signal;
    if (this.#readerGone) return status.ok;
    const { code, failure } = ending;
    const enough = count === Infinity || this.#received >= count;
    if (failure !== undefined || code === 1006 || (!this.#closing && code !== 1000 && code !== 1001 && code !== 1005)) {
      if (!interactive || json) complain(describeEnding(ending));
      return status.lost;
    }
    if (enough) return status.ok;
    complain(`expected ${count} messages, got ${this.#received}; ${describeEnding(ending)}`);
    return status.tooFew;
  }

  async #sendLines(link: Link, over: AbortSignal): Promise<void> {
    const { messages, wait } = this.#settings;
    for await (const lines of messages === undefined ? readLines(process.stdin) : [messages]) {
      for (const line of lines) if (!link.send(line)) return;
      await link.flushed(); // back-pressure: no more is read than the connection takes
    }
    await delay(wait, over);
  }

  /** Never settles: a person goes by leaving. */
  #startPrompt(link: Link): Promise<never> {
    this.#note('type a message, or /help; Ctrl-D closes');
    this.#prompt = new Prompt(`${painter(process.stdout)('cyan', '>')} `, {
      line: (line) => this.#obey(parseCommand(line), link),
      leave: () => this.#leave(),
    });
    return new Promise(() => {});
  }

  #leave(): void {
    if (this.#leaving) process.exit(status.lost); // asked twice: without waiting for the server
    this.#leaving = true;
    this.#finish();
  }

  #obey(command: Command, link: Link): void {
    switch (command.type) {
      case 'nothing':
        return;
      case 'help':
        return this.print(`${commandHelp}\n`);
      case 'mistake':
        return this.#mistake(command.message);
      case 'text':
        return void link.send(command.text);
      case 'binary':
        return void link.send(command.bytes);
      case 'file':
        return this.#sendFile(command.path, link);
      case 'ping':
        this.#pings.push({ payload: command.payload, time: performance.now() });
        return void link.ping(command.payload);
      case 'close':
        this.#closing = true;
        return link.close(command.code, command.reason);
    }
  }

  #sendFile(path: string, link: Link): void {
    try {
      // A pipe or a device may never end.
      if (!statSync(path).isFile()) throw new Error(`${path} is not a file`);
      link.send(readFileSync(path));
    } catch (error) {
      this.#mistake((error as Error).message);
    }
  }

  #note(text: string): void {
    this.print(`${painter(process.stdout)('dim', text)}\n`);
  }

  #mistake(message: string): void {
    this.print(`${painter(process.stdout)('red', '!')} ${printable(message)}\n`);
  }

  #message(received: Received): void {
    if (this.#received >= this.#settings.count || this.#readerGone) return;
    this.#received++;
    this.#show(received);
    if (this.#received >= this.#settings.count) this.#finish();
  }

  #pong(payload: Buffer): void {
    // RFC 6455 §5.5.3: a pong may answer only the latest of several pings.
    const index = this.#pings.findIndex((ping) => ping.payload.equals(payload));
    const ping = this.#pings.splice(0, index + 1).at(-1);
    const milliseconds = ping === undefined ? undefined : performance.now() - ping.time;
    this.#show({ type: 'pong', payload: Buffer.from(payload), milliseconds });
  }

  #show(received: Received): void {
    const line = this.#format(received);
    if (line !== undefined) this.print(`${line}\n`);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    const number = name === 'SIGINT' ? 2 : 15;
    if (this.#signal !== 0) process.exit(status.signal + number); // asked twice: without waiting for the server
    this.#signal = number;
    this.#settings.abort.abort();
    this.#finish();
  };

  readonly #onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE' && !this.#readerGone) complain(`cannot write to stdout: ${error.message}`);
    this.#readerGone = true;
    this.#finish();
  };
}

/** Nothing of a peer's reaches the terminal unescaped. */
function complain(message: string): void {
  process.stderr.write(`ohos-websocket connect: ${printable(message)}\n`);
}

/** Resolves after some seconds; the timer goes when it is over before. */
function delay(seconds: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (seconds === Infinity || over.aborted) return;
    const timer = setTimeout(resolve, seconds * 1000);
    over.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
