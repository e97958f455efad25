/** One connection, or one after the other: what a conversation goes on through when a connection is lost. */
import type { ConnectionFailure } from '../../transport/failure.js';
import { ConnectError, type Ending, type Link, type Opened } from '../link.js';
import type { Backoff } from './backoff.js';
import { describeEnding } from './format.js';
import { retryAfter } from './refusal.js';

export interface ConnectionsHandler {
  opened(opened: Opened): void;
  /** There is none now, and there will be another attempt. */
  waiting(why: string, seconds: number): void;
}

/** Milliseconds that a connection has to last to count as one that works. */
const lasting = 5000;

export class Connections {
  readonly #start: () => Link;
  readonly #backoff: Backoff | undefined;
  readonly #handler: ConnectionsHandler;
  #attempt: Link | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;
  #waiters: ((link: Link | undefined) => void)[] = [];
  #over = false;
  /** How the last connection ended that had been open. */
  #last: Ending | undefined;

  /** @param backoff none: one connection is all */
  constructor(start: () => Link, backoff: Backoff | undefined, handler: ConnectionsHandler) {
    this.#start = start;
    this.#backoff = backoff;
    this.#handler = handler;
  }

  /** The one that is open. */
  get current(): Link | undefined {
    return this.#attempt?.isOpen === true ? this.#attempt : undefined;
  }

  /** Whether a lost connection is followed by another one. */
  get goesOn(): boolean {
    return this.#backoff !== undefined && !this.#stopped && !this.#over;
  }

  /** The open connection, when there is one again; `undefined` when there will be none. */
  next(): Promise<Link | undefined> {
    const { current } = this;
    if (current !== undefined) return Promise.resolve(current);
    if (this.#over) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Connects, and again and again if need be.
   *
   * @returns how the last connection ended
   * @throws {ConnectError} there was none
   */
  async run(): Promise<Ending> {
    try {
      return await this.#run();
    } finally {
      this.#over = true;
      this.#tell(undefined);
    }
  }

  async #run(): Promise<Ending> {
    for (;;) {
      const outcome = await this.#connect();
      const { error, ending } = outcome;
      if (!this.goesOn || !(error === undefined ? mayReturn(ending) : isPassing(error.failure))) return settle(outcome);
      const asked = error === undefined ? undefined : retryAfter(error.failure, Date.now());
      const seconds = this.#backoff!.next(asked);
      this.#handler.waiting(error?.message ?? describeEnding(ending!), seconds);
      await this.#wait(seconds);
      if (this.#stopped) return this.#last ?? settle(outcome);
    }
  }

  async #connect(): Promise<Outcome> {
    const link = this.#start();
    this.#attempt = link;
    try {
      const opened = await link.opened;
      const start = performance.now();
      this.#handler.opened(opened);
      this.#tell(link);
      const ending = await link.ended;
      this.#last = ending;
      if (performance.now() - start >= lasting) this.#backoff?.reset();
      return { ending, error: undefined };
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      return { ending: undefined, error };
    }
  }

  /** Closes, or gives up the attempt; no other one follows. */
  close(code?: number, reason?: string): void {
    this.#stopped = true;
    this.#attempt?.close(code, reason);
    this.#wake?.();
  }

  #tell(link: Link | undefined): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter(link);
  }

  #wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

interface Outcome {
  readonly ending: Ending | undefined;
  readonly error: ConnectError | undefined;
}

function settle({ ending, error }: Outcome): Ending {
  if (error !== undefined) throw error;
  return ending!;
}

/** Whether the server may be there again: it was lost, goes away, restarts or has too much to do. */
function mayReturn(ending: Ending | undefined): boolean {
  if (ending === undefined || ending.failure?.kind === 'violation') return false;
  return [1001, 1006, 1011, 1012, 1013, 1014].includes(ending.code);
}

/** Whether another attempt may find what this one did not. A certificate, a password or a file does not mend itself. */
function isPassing({ kind, status }: ConnectionFailure): boolean {
  if (kind === 'refused') return status === 408 || status === 425 || status === 429 || status >= 500;
  return ['dns', 'tcp', 'tls', 'proxy', 'lost', 'timeout'].includes(kind);
}
