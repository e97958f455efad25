/**
 * An attempt to connect, from the call to the connection that it starts.
 *
 * The code of a connection is loaded by the first attempt, so that a program that only imports the client does not pay
 * for sockets, ciphers and the protocol; what only compressed or observed connections need, by those.
 */

import type { MessageExtension } from '../protocol/session.js';
import type { ConnectPlan } from './connect-plan.js';
import type { Connection, ConnectionHandler } from './connection.js';
import { abortedByClose, abortedBySignal, type ConnectionFailure, type Sentence, spell } from './failure.js';

interface Loaded {
  readonly connection: typeof import('./connection.js');
  readonly observation: typeof import('./channels.js');
}

let loaded: Loaded | undefined;

/**
 * Starts to connect.
 *
 * @param started gets the connection: before this returns, unless something has to be loaded for it
 * @returns the attempt, as long as there is no connection
 */
export function attempt(
  plan: ConnectPlan,
  handler: ConnectionHandler,
  started: (connection: Connection) => void,
): Attempt | undefined {
  const deadline = Math.ceil(performance.now() + plan.handshakeTimeout);
  const ready = plan.deflate === undefined && plan.signal?.aborted !== true;
  if (loaded === undefined || !ready || !loaded.observation.canObserve()) {
    return new Attempt(plan, handler, deadline, started);
  }
  const recorder = loaded.observation.observe(plan.target);
  started(new loaded.connection.Connection(plan, handler, deadline, { recorder }));
  return undefined;
}

/** An attempt for which something is being loaded. */
export class Attempt {
  readonly #plan: ConnectPlan;
  readonly #handler: ConnectionHandler;
  readonly #onAbort: () => void;
  /** Set when it was given up. */
  #failure: ConnectionFailure | undefined;

  constructor(
    plan: ConnectPlan,
    handler: ConnectionHandler,
    deadline: number,
    started: (connection: Connection) => void,
  ) {
    this.#plan = plan;
    this.#handler = handler;
    // Read before anything is waited for: it is the environment at the call of connect that counts.
    const environment = plan.dial.proxy === 'system' ? proxyEnvironment() : undefined;
    const { signal } = plan;
    this.#onAbort = () => this.#fail(aborted(abortedBySignal, signal?.reason));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) queueMicrotask(this.#onAbort);
    this.#load(deadline, environment, started).catch((error: unknown) =>
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
  close(): void {
    this.#fail(aborted(abortedByClose));
  }

  async #load(
    deadline: number,
    environment: NodeJS.ProcessEnv | undefined,
    started: (connection: Connection) => void,
  ): Promise<void> {
    const { deflate, target } = this.#plan;
    const [connection, observation, extension] = await Promise.all([
      import('./connection.js'),
      import('./channels.js'),
      loadExtension(deflate),
    ]);
    loaded = { connection, observation };
    await observation.prepareToObserve();
    const recorder = observation.observe(target);
    if (this.#failure !== undefined) {
      return recorder?.abandon({ message: spell(this.#failure.sentence), status: 0, body: undefined });
    }
    this.#dropSignal();
    // Handed over at once: the connection may report in the next microtask that it has failed.
    started(new connection.Connection(this.#plan, this.#handler, deadline, { environment, extension, recorder }));
  }

  #fail(failure: ConnectionFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#dropSignal();
    // Whoever called close or abort is told after that call, as of every other failure.
    queueMicrotask(() => this.#handler.failed(failure));
  }

  #dropSignal(): void {
    this.#plan.signal?.removeEventListener('abort', this.#onAbort);
  }
}

function aborted(text: Sentence, cause?: unknown): ConnectionFailure {
  return { kind: 'aborted', sentence: text, status: 0, attempted: true, cause };
}

/** node:zlib and the extension are loaded by those who ask for compression only. */
async function loadExtension(deflate: ConnectPlan['deflate']): Promise<MessageExtension | undefined> {
  if (deflate === undefined) return undefined;
  const [zlib, { PerMessageDeflate }] = await Promise.all([
    import('node:zlib'),
    import('../protocol/deflate/permessage-deflate.js'),
  ]);
  return new PerMessageDeflate(zlib, deflate);
}

const names: readonly string[] = ['ws_proxy', 'wss_proxy', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
const variables: readonly string[] = [...names, ...names.map((name) => name.toUpperCase()), 'REQUEST_METHOD'];

/** A copy of what `proxy: 'system'` looks at: the whole environment would be slow to copy. */
function proxyEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const name of variables) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
