/** One connection and whoever talks through it: a person at a prompt, or a program line by line. */
import { Buffer } from 'node:buffer';
import { fstatSync, readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { printable } from '../../protocol/printable.js';
import { blotUrl } from '../../protocol/secrets.js';
import type { ConnectPlan } from '../../transport/connect-plan.js';
import { complain as writeComplaint } from '../command.js';
import { ConnectError, type Ending, Link, type LinkHandler } from '../link.js';
import { painter } from '../terminal.js';
import { Backoff } from './backoff.js';
import { Connections } from './connections.js';
import { unescapeText } from './escape.js';
import {
  type ConversationEvent,
  chooseFormat,
  describeEnding,
  endLine,
  type Format,
  jsonLine,
  type OutputSettings,
} from './format.js';
import { type RepeatedMessage, startHeartbeat } from './heartbeat.js';
import type { Outgoing } from './message-argument.js';
import { Prompt } from './prompt.js';
import { commandHelp, type PromptCommand, parseCommand } from './prompt-command.js';
import { readStdin, type StdinForm } from './stdin-messages.js';

/** Exit statuses of `connect`, as its help tells them. */
export const status = { ok: 0, noConnection: 1, usage: 2, lost: 3, tooFew: 4, signal: 128 } as const;

export interface ConversationSettings extends OutputSettings {
  readonly url: string;
  readonly plan: ConnectPlan;
  /** Gives up the attempt to connect. */
  readonly abort: AbortController;
  /** Instead of stdin. */
  readonly messages: readonly Outgoing[] | undefined;
  readonly stdin: StdinForm;
  /** Seconds: the longest wait before connecting again; none: a lost connection is the end. */
  readonly reconnect: number | undefined;
  readonly heartbeat: RepeatedMessage | undefined;
  /** Seconds. */
  readonly wait: number;
  /** Messages to receive; `Infinity`: as many as come. */
  readonly count: number;
  /** Whether credentials are shown. */
  readonly secrets: boolean;
}

export class Conversation {
  readonly #settings: ConversationSettings;
  readonly #format: Format;
  readonly #connections: Connections;
  #prompt: Prompt | undefined;
  #received = 0;
  /** The pings that no pong has answered. */
  readonly #pings: { readonly payload: Buffer; readonly time: number }[] = [];
  /** Whether the close was asked for at the prompt: its code comes back, and is not a failure. */
  #askedToClose = false;
  /** Whether the end of the connection is our doing, and what still comes is not waited for. */
  #isClosing = false;
  #leaving = false;
  #signal = 0;
  /** Set when stdout takes nothing more: the exit status for that. */
  #outputGone: number | undefined;
  /** Set while nothing is read, until stdout has taken what it was given. */
  #hold: Hold | undefined;
  /** Typed while there was no connection. */
  readonly #kept: Outgoing[] = [];
  /** Messages that came after `close` and found stdout full. */
  #dropped = 0;
  #finish!: () => void;
  /** Nothing more is to be sent or received: close. */
  readonly #finished = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  constructor(settings: ConversationSettings) {
    this.#settings = settings;
    this.#format = chooseFormat(settings, process.stdout);
    const { plan, secrets, reconnect } = settings;
    const backoff =
      reconnect === undefined
        ? undefined
        : new Backoff({ first: Math.min(1, reconnect), longest: reconnect, random: Math.random });
    const handler: LinkHandler = {
      text: (data) => this.#message({ type: 'text', data }),
      binary: (data) => this.#message({ type: 'binary', data }),
      pong: (payload) => this.#pong(payload),
    };
    this.#connections = new Connections(() => new Link(plan, handler, secrets), backoff, {
      opened: (opened) => {
        this.#show({ type: 'open', opened });
        for (const message of this.#kept.splice(0)) this.#send(message);
      },
      waiting: (why, seconds) => this.#waiting(why, seconds),
    });
  }

  /** @throws {ConnectError} */
  async run(): Promise<number> {
    const { url, interactive, heartbeat } = this.#settings;
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    process.stdout.on('error', this.#onOutputError);
    const stop = heartbeat && startHeartbeat(heartbeat, (message) => void this.#connections.current?.send(message));
    try {
      if (interactive) this.#note(`connecting to ${printable(blotUrl(url))}`);
      return await this.#talk();
    } catch (error) {
      if (this.#signal !== 0) return status.signal + this.#signal;
      if (this.#settings.json && error instanceof ConnectError) await this.#reportFailure(error);
      throw error;
    } finally {
      stop?.();
      process.off('SIGINT', this.#onSignal);
      process.off('SIGTERM', this.#onSignal);
    }
  }

  /** What went wrong before there was a connection, on stdout as well. */
  async #reportFailure({ failure, message }: ConnectError): Promise<void> {
    const { readRefusal, refusalJson } = await import('./refusal.js');
    const refusal = await readRefusal(failure, this.#settings.plan, this.#settings.secrets);
    const event = refusal === undefined ? { type: 'failed' } : refusalJson(refusal);
    this.print(`${jsonLine({ ...event, failure: message })}\n`);
  }

  /** Prints whole lines, above the prompt if there is one; bytes as they are. */
  print(text: string | Uint8Array): void {
    if (this.#outputGone !== undefined) return;
    const more =
      this.#prompt === undefined || typeof text !== 'string' ? process.stdout.write(text) : this.#prompt.print(text);
    const link = this.#connections.current;
    if (more || link === undefined || this.#hold !== undefined || this.#isClosing) return;
    this.#hold = new Hold(link); // what has been read already still comes
    process.stdout.once('drain', () => this.#release());
  }

  #release(): void {
    this.#hold?.release();
    this.#hold = undefined;
  }

  async #talk(): Promise<number> {
    const timer = new AbortController();
    let mistake: Error | undefined;
    const ended = this.#connections.run().finally(() => {
      // Before anything else is printed: what is typed from here on can no longer be sent.
      this.#prompt?.close();
      this.#prompt = undefined;
    });
    ended.catch(() => {}); // it is waited for below
    const work = this.#connections.next().then((link) => {
      if (link === undefined) return;
      return this.#settings.interactive ? this.#startPrompt() : this.#sendMessages(timer.signal);
    });
    const failed = work.catch((error: Error) => {
      if (!timer.signal.aborted) mistake = error;
    });
    await Promise.race([this.#finished, ended, failed]);
    timer.abort(); // from here on an error of stdin is our own doing
    if (!this.#settings.interactive && this.#settings.messages === undefined) process.stdin.destroy();
    // A reader that is slow gets all that came before; closing has to read on, whatever stdout takes.
    if (this.#signal === 0 && this.#hold !== undefined) await Promise.race([this.#hold.released, ended]);
    this.#isClosing = true;
    this.#connections.close();
    const ending = await ended;
    this.#show({ type: 'close', ending });
    if (this.#dropped > 0)
      complain(`stdout took no more: ${this.#dropped} messages that came while closing are missing`);
    if (mistake !== undefined) {
      complain(mistake.message);
      return status.usage;
    }
    return this.#judge(ending);
  }

  #judge(ending: Ending): number {
    const { count, interactive, json } = this.#settings;
    if (this.#signal !== 0) return status.signal + this.#signal;
    if (this.#outputGone !== undefined) return this.#outputGone;
    const { code, failure } = ending;
    const enough = count === Infinity || this.#received >= count;
    if (
      failure !== undefined ||
      code === 1006 ||
      (!this.#askedToClose && code !== 1000 && code !== 1001 && code !== 1005)
    ) {
      if (!interactive || json) complain(describeEnding(ending));
      return status.lost;
    }
    if (enough) return status.ok;
    complain(`expected ${count} messages, got ${this.#received}; ${describeEnding(ending)}`);
    return status.tooFew;
  }

  async #sendMessages(over: AbortSignal): Promise<void> {
    const { messages, stdin, wait } = this.#settings;
    // Node takes it for an empty one.
    if (messages === undefined && fstatSync(0).isDirectory()) throw new Error('stdin is a directory');
    for await (const some of messages === undefined ? readStdin(process.stdin, stdin) : [messages])
      if (!(await this.#deliver(some))) return;
    await delay(wait, over);
  }

  /** Back-pressure: no more is read than the connection takes. @returns whether all of it was sent */
  async #deliver(messages: readonly Outgoing[]): Promise<boolean> {
    let rest = messages;
    while (rest.length > 0) {
      const link = await this.#connections.next();
      if (link === undefined) return false;
      const refused = rest.findIndex((message) => !link.send(message));
      const taken = refused < 0 ? rest.length : refused;
      // What a lost connection had not handed to the system is sent through the next one.
      if (await link.flushed()) rest = rest.slice(taken);
      else if (!this.#connections.goesOn) return false;
      else await Promise.race([link.ended, this.#finished]);
      if (this.#isClosing) return rest.length === 0;
    }
    return true;
  }

  /** Never settles: a person goes by leaving. */
  #startPrompt(): Promise<never> {
    this.#note('type a message, or /help; Ctrl-D closes');
    this.#prompt = new Prompt(`${painter(process.stdout)('cyan', '>')} `, {
      line: (line) => this.#obey(parseCommand(line)),
      leave: () => this.#leave(),
    });
    return new Promise(() => {});
  }

  /** At the prompt. */
  #send(message: Outgoing): void {
    if (this.#connections.current?.send(message) || !this.#connections.goesOn) return;
    this.#kept.push(message);
    this.#note('kept until there is a connection again');
  }

  #waiting(why: string, seconds: number): void {
    const { json, interactive } = this.#settings;
    if (json) this.print(`${jsonLine({ type: 'reconnecting', failure: why, seconds })}\n`);
    const note = `${why}; connecting again in ${seconds.toFixed(1)} s`;
    if (interactive && !json) this.#note(printable(note));
    else complain(note);
  }

  #leave(): void {
    if (this.#leaving) process.exit(status.lost); // asked twice: without waiting for the server
    this.#leaving = true;
    this.#finish();
  }

  #obey(command: PromptCommand): void {
    switch (command.type) {
      case 'nothing':
        return;
      case 'help':
        return this.print(`${commandHelp}\n`);
      case 'mistake':
        return this.#mistake(command.message);
      case 'text':
        return this.#sendTyped(command.text);
      case 'binary':
        return this.#send(command.bytes);
      case 'file':
        return this.#sendFile(command.path);
      case 'ping':
        if (!this.#connections.current?.ping(command.payload)) return this.#mistake('there is no connection now');
        return void this.#pings.push({ payload: command.payload, time: performance.now() });
      case 'close':
        this.#askedToClose = this.#isClosing = true;
        return this.#connections.close(command.code, command.reason);
    }
  }

  #sendTyped(text: string): void {
    try {
      this.#send(this.#settings.stdin.escapes ? unescapeText(text, fail) : text);
    } catch (error) {
      this.#mistake((error as Error).message);
    }
  }

  #sendFile(path: string): void {
    try {
      // A pipe or a device may never end.
      if (!statSync(path).isFile()) throw new Error(`${path} is not a file`);
      this.#send(readFileSync(path));
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

  #message(received: ConversationEvent): void {
    if (this.#received >= this.#settings.count || this.#outputGone !== undefined) return;
    this.#received++;
    // Without a gap: what follows one that is left out is left out as well.
    if (this.#isClosing && (this.#dropped > 0 || process.stdout.writableNeedDrain)) this.#dropped++;
    else this.#show(received);
    if (this.#received >= this.#settings.count) this.#finish();
  }

  #pong(payload: Buffer): void {
    // RFC 6455 §5.5.3: a pong may answer only the latest of several pings.
    const index = this.#pings.findIndex((ping) => ping.payload.equals(payload));
    const ping = this.#pings.splice(0, index + 1).at(-1);
    const milliseconds = ping === undefined ? undefined : performance.now() - ping.time;
    this.#show({ type: 'pong', payload: Buffer.from(payload), milliseconds });
  }

  #show(received: ConversationEvent): void {
    const line = this.#format(received);
    if (line !== undefined) this.print(endLine(line, this.#settings));
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    const number = name === 'SIGINT' ? 2 : 15;
    if (this.#signal !== 0) process.exit(status.signal + number); // asked twice: without waiting for the server
    this.#signal = number;
    this.#settings.abort.abort();
    this.#release();
    this.#finish();
  };

  readonly #onOutputError = (error: NodeJS.ErrnoException): void => {
    if (this.#outputGone !== undefined) return;
    if (error.code !== 'EPIPE') complain(`cannot write to stdout: ${error.message}`);
    this.#outputGone = error.code === 'EPIPE' ? status.ok : status.lost;
    this.#release();
    this.#finish();
  };
}

function fail(why: string): never {
  throw new Error(`the text has ${why}`);
}

/** A link that is not read. */
class Hold {
  readonly #link: Link;
  #resolve!: () => void;
  readonly released = new Promise<void>((resolve) => {
    this.#resolve = resolve;
  });

  constructor(link: Link) {
    this.#link = link;
    link.pause();
  }

  release(): void {
    this.#link.resume();
    this.#resolve();
  }
}

function complain(message: string): void {
  writeComplaint(process, 'connect', message);
}

/** Resolves after some seconds; the timer goes when it is over before. */
function delay(seconds: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (seconds === Infinity || over.aborted) return;
    const timer = setTimeout(resolve, seconds * 1000);
    over.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
