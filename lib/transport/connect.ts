/**
 * The opening of a connection: everything from the call of connect until the connection is open. It owns the plan, the
 * dialing, the abort and the deadline, and there is one place that fails it.
 *
 * The code of a connection is loaded by the first attempt, so that a program that only imports the client does not pay
 * for sockets, ciphers and the protocol; code for compressed or observed connections only, by those.
 */
import { AsyncResource } from 'node:async_hooks';
import type { HandshakeResult } from '../protocol/handshake/client.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import type { MessageExtension } from '../protocol/messages/extension.js';
import type { Recorder } from '../protocol/recording/recorder.js';
import { option, type Sentence, sentence, spell } from '../protocol/sentence.js';
import type { ConnectPlan } from './connect-plan.js';
import type { Connection } from './connection.js';
import type { ConnectionHandler, OpeningHandler } from './connection-parts.js';
import type { Dialing } from './dial/dial.js';
import { variable } from './environment.js';
import { abortedByClose, abortedBySignal, type ConnectionFailure } from './failure.js';
import { load } from './load.js';
import { nextTurn } from './next-turn.js';
import type { RedirectStop, Redirects } from './redirect.js';
import { SharedTimer, type TimerClient } from './shared-timer.js';

/** What an attempt to connect reports, and then the connection. None of it may throw. */
export interface ConnectHandler extends ConnectionHandler {
  /** Everything that needs no network is good (arguments, files, permissions), and the dialing has begun. */
  started?(): void;
  /** A response head arrived, whatever its status. */
  response(status: StatusLine, head: Head): void;
  /** Whether a redirect may lead to a host; not asked for the first one. Default: to any. */
  allows?(host: string): boolean;
  /** The connection is open, and the receiver's from now on. Never before `connect` has returned. */
  open(result: HandshakeResult, connection: Connection): void;
  /** The attempt failed, or the connection that was open is lost. Never before `connect` has returned. */
  failed(failure: ConnectionFailure): void;
}

interface Loaded {
  readonly connection: typeof import('./connection.js');
  readonly inbox: typeof import('./inbox.js');
  readonly dial: typeof import('./dial/dial.js');
  readonly channels: typeof import('./channels.js');
}

let loaded: Loaded | undefined;

/** What the attempts of one call of `connect` share. */
interface Attempt {
  readonly extension: MessageExtension | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Only there when redirects are followed. */
  readonly redirects?: { readonly module: typeof import('./redirect.js'); readonly made: Redirects } | undefined;
}

/** Starts to connect. */
export function connect(plan: ConnectPlan, handler: ConnectHandler): Connecting {
  return new Connecting(plan, handler);
}

/** An attempt to connect. */
export class Connecting implements OpeningHandler, TimerClient {
  #plan: ConnectPlan;
  readonly #handler: ConnectHandler;
  readonly #deadline: number;
  /** Timers are shared, so callbacks re-enter the async context of their own `connect`. */
  readonly #scope = new AsyncResource('OHOSWEBSOCKET');
  readonly #onAbort: (() => void) | undefined;
  #timer: SharedTimer | undefined;
  #dialing: Dialing | undefined;
  #connection: Connection | undefined;
  #recorder: Recorder | undefined;
  /** Of the response, 0 until there is one. */
  #status = 0;
  /** Set when the connection is open, or the attempt has failed. */
  #over = false;
  #failure: ConnectionFailure | undefined;
  #attempt: Attempt | undefined;
  /** Why the redirect that was answered is not followed. */
  #stop: RedirectStop | undefined;

  constructor(plan: ConnectPlan, handler: ConnectHandler) {
    this.#plan = plan;
    this.#handler = handler;
    this.#deadline = Math.ceil(performance.now() + plan.handshakeTimeout);
    const { signal } = plan;
    if (signal !== undefined) {
      this.#onAbort = () => this.#abort(abortedBySignal, signal.reason);
      signal.addEventListener('abort', this.#onAbort, { once: true });
      if (signal.aborted) this.#onAbort();
    }
    const isPlain = plan.deflate === undefined && plan.redirects === undefined;
    if (loaded !== undefined && isPlain && loaded.channels.canRecord()) {
      this.#dial(loaded, { extension: undefined, environment: process.env });
      return;
    }
    // Read before anything is waited for: the environment at the call of connect counts.
    const environment = plan.dial.proxy === 'system' ? proxyEnvironment() : {};
    this.#load(environment).catch((error: unknown) =>
      this.#fail({
        kind: 'unloadable',
        sentence: [`the client could not be loaded: ${(error as Error).message}`],
        status: 0,
        attempted: false,
        cause: error,
      }),
    );
  }

  /** Gives up. */
  abort(): void {
    this.#abort(abortedByClose);
  }

  #abort(sentence: Sentence, cause?: unknown): void {
    this.#fail({ kind: 'aborted', sentence, status: this.#status, attempted: true, cause });
  }

  async #load(environment: NodeJS.ProcessEnv): Promise<void> {
    const [connection, inbox, dial, channels, extension, redirects] = await Promise.all([
      load('connection.js', () => import('./connection.js')),
      load('inbox.js', () => import('./inbox.js')),
      load('dial/dial.js', () => import('./dial/dial.js')),
      load('channels.js', () => import('./channels.js')),
      loadExtension(this.#plan.deflate),
      loadRedirects(this.#plan.redirects),
    ]);
    loaded = { connection, inbox, dial, channels };
    await channels.loadRecorder();
    this.#dial(loaded, { extension, environment, redirects });
  }

  #dial({ connection: { Connection }, inbox: { Inbox }, dial: { dial }, channels }: Loaded, attempt: Attempt): void {
    this.#attempt = attempt;
    this.#recorder = channels.startRecorder(this.#plan.target);
    if (this.#over) return this.#abandonRecording(this.#failure!);
    this.#arm();
    const inbox = new Inbox();
    const steps = this.#recorder && channels.recordSteps(this.#recorder);
    this.#dialing = dial(
      this.#plan.dial,
      {
        onread: inbox,
        started: () => {
          steps?.start();
          // Once: what a redirect leads to is the same attempt.
          if (this.#status === 0) this.#handler.started?.();
        },
        stepped: steps && ((step, socket) => steps.done(step, socket)),
        connected: (socket, usesOnread, head) => {
          this.#dialing = undefined;
          this.#connection = new Connection(socket, {
            plan: this.#plan,
            deadline: this.#deadline,
            opening: this,
            handler: this.#handler,
            inbox,
            scope: this.#scope,
            extension: attempt.extension,
            recorder: this.#recorder,
          });
          this.#connection.start(usesOnread, head);
          this.#disarm(); // the session keeps the deadline from now on
        },
        failed: (failure) => this.#end(failure, (report) => report()),
      },
      attempt.environment,
    );
  }

  // ------------------------------------------------------------------ the connection's reports

  response(status: StatusLine, head: Head): void {
    this.#status = status.status;
    this.#handler.response(status, head);
    if (this.#over || this.#attempt?.redirects === undefined) return;
    const { module, made } = this.#attempt.redirects;
    if (!module.isRedirect(status.status)) return;
    const next = made.follow(this.#plan, head, (host) => this.#handler.allows?.(host) ?? true);
    if ('why' in next) this.#stop = next;
    else this.#redirect(next);
  }

  /** Leaves this server for the next one, within the same deadline. */
  #redirect(plan: ConnectPlan): void {
    this.#connection!.abandon();
    this.#connection = undefined;
    this.#recorder?.abandon({ message: 'the server redirects to another URL', status: this.#status, body: undefined });
    this.#recorder = undefined;
    this.#plan = plan;
    // In another turn: the connection is in the middle of reporting its response.
    nextTurn(() => {
      if (!this.#over) this.#scope.runInAsyncScope(this.#dial, this, loaded!, this.#attempt!);
    });
  }

  opened(result: HandshakeResult): void {
    this.#over = true;
    this.#dropSignal();
    this.#handler.open(result, this.#connection!);
  }

  handshakeFailed(failure: ConnectionFailure): void {
    this.#recorder = undefined; // the session has recorded why
    this.#end(this.#withStop(failure), (report) => report());
  }

  #withStop(failure: ConnectionFailure): ConnectionFailure {
    if (this.#stop === undefined || failure.kind !== 'refused') return failure;
    const text = sentence`${failure.sentence}; the redirect is not followed: ${this.#stop.why}`;
    return { ...failure, kind: this.#stop.forbidden ? 'forbidden' : 'refused', sentence: text };
  }

  // ------------------------------------------------------------------ time

  #arm(): void {
    this.#timer = SharedTimer.at(this.#deadline, performance.now(), this);
  }

  #disarm(): void {
    this.#timer?.cancel(this);
    this.#timer = undefined;
  }

  /** See `TimerClient`. */
  wakeUp(): void {
    this.#timer = undefined;
    // A process that was stopped finds its timers due before it has seen what arrived meanwhile: look first.
    nextTurn(() => this.#scope.runInAsyncScope(this.#expire, this));
  }

  #expire(): void {
    // Not while there is a connection, which keeps the deadline itself, nor between the two servers of a redirect.
    if (this.#over || this.#dialing === undefined) return;
    if (performance.now() < this.#deadline) return this.#arm();
    const { phase, refusal } = this.#dialing;
    if (refusal !== undefined) return this.#fail(refusal);
    const limit = sentence`${this.#plan.handshakeTimeout} ms (${option('handshakeTimeout')})`;
    const text = sentence`no connection within ${limit}; it got as far as: ${phase}`;
    this.#fail({ kind: 'timeout', limit: 'handshakeTimeout', phase, sentence: text, status: 0, attempted: true });
  }

  // ------------------------------------------------------------------ the end

  /** Deferred: neither `connect` nor `abort` nor a signal calls back synchronously. */
  #fail(failure: ConnectionFailure): void {
    this.#end(failure, nextTurn);
  }

  /** The one place that fails an attempt; nothing of it is left behind. */
  #end(failure: ConnectionFailure, report: (report: () => void) => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    this.#disarm();
    this.#dropSignal();
    this.#dialing?.abort();
    this.#connection?.abandon();
    this.#abandonRecording(failure);
    report(() => this.#handler.failed(failure));
  }

  #abandonRecording({ sentence: text, status, refusal }: ConnectionFailure): void {
    this.#recorder?.abandon({ message: spell(text), status, body: refusal?.body });
  }

  /** The signal ends the attempt only. */
  #dropSignal(): void {
    if (this.#onAbort !== undefined) this.#plan.signal!.removeEventListener('abort', this.#onAbort);
  }
}

/** node:zlib and the extension are loaded by those who ask for compression only. */
async function loadExtension(deflate: ConnectPlan['deflate']): Promise<MessageExtension | undefined> {
  if (deflate === undefined) return undefined;
  const [zlib, { PerMessageDeflate }] = await Promise.all([
    import('node:zlib'),
    load('../protocol/deflate/permessage-deflate.js', () => import('../protocol/deflate/permessage-deflate.js')),
  ]);
  return new PerMessageDeflate(zlib, deflate);
}

async function loadRedirects(redirects: ConnectPlan['redirects']): Promise<Attempt['redirects']> {
  if (redirects === undefined) return undefined;
  const module = await load('redirect.js', () => import('./redirect.js'));
  return { module, made: new module.Redirects() };
}

const names: readonly string[] = ['ws_proxy', 'wss_proxy', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
const variables: readonly string[] = [...names, ...names.map((name) => name.toUpperCase()), 'REQUEST_METHOD'];

/** A copy of what `proxy: 'system'` looks at: the whole environment would be slow to copy. */
function proxyEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const name of variables) {
    const value = variable(name);
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
