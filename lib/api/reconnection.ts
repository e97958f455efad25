/** What stands behind `reconnecting`: one attempt after the other, and what waits to be sent. */

import { nextTurn } from '../transport/next-turn.js';
import { type RetryClock, realClock } from '../transport/retry-clock.js';
import { splitArguments } from './arguments.js';
import { type EndListener, type Holdable, holdReading, onEnd, type ReadingHold } from './beside-program.js';
import { Completion, callUser } from './callbacks.js';
import { type Controlled, controlled, type ReadInPieces } from './controlled.js';
import { type BusinessError, businessError } from './errors.js';
import { checkEvent, checkListener, type Listeners } from './listeners.js';
import { planClose } from './options.js';
import { type ReconnectingPlan, readReconnecting } from './reconnecting-options.js';
import type { OpenedConnection, ReconnectingListeners, ReconnectingWebSocket } from './reconnecting-types.js';
import { askedDelay, backOffDelay, isTemporary, type ReconnectingOutcome } from './retry-rule.js';
import type { WebSocketListeners } from './types.js';
import { WaitingMessages } from './waiting-messages.js';

/** The core of a WebSocket, as far as it is used here. */
export interface ReconnectingCore extends ReadInPieces {
  readonly listeners: Listeners;
  readonly isOpen: boolean;
  readonly isBusy: boolean;
  connect(args: readonly unknown[]): Promise<boolean> | undefined;
  send(data: unknown, callback: unknown): Promise<boolean> | undefined;
  close(args: readonly unknown[]): Promise<boolean> | undefined;
}

type OwnEvent = 'retry' | 'end';
const ownEvents: readonly string[] = ['retry', 'end'] satisfies OwnEvent[];

/** When the subscription could not be restored. */
const notRestored = { code: 1011, reason: 'the subscription could not be restored' } as const;

export class Reconnection implements ReconnectingWebSocket, Holdable {
  readonly #plan: ReconnectingPlan;
  readonly #clock: RetryClock;
  readonly #core: ReconnectingCore;
  readonly #waiting: WaitingMessages;
  readonly #listeners: { [E in OwnEvent]: readonly ReconnectingListeners[E][] } = { retry: [], end: [] };
  #state: ReconnectingWebSocket['state'] = 'connecting';
  /** Whether messages go to the connection at once: it is open, and what had waited has been sent. */
  #isReady = false;
  /** `close` was called, or the signal aborted. */
  #isEnding = false;
  #failures = 0;
  #connections = 0;
  #openedAt = 0;
  /** Of the attempt in progress. */
  #error: BusinessError | undefined;
  /** Ends the wait for the next attempt. */
  #wake: (() => void) | undefined;
  #closed: ((outcome: { code: number; reason: string }) => void) | undefined;
  readonly #onAbort = (): void => void this.close().catch(() => {});

  constructor(url: unknown, options: unknown, core: ReconnectingCore, clock: RetryClock = realClock) {
    this.#plan = readReconnecting(url, options);
    this.#core = core;
    this.#clock = clock;
    this.#waiting = new WaitingMessages(this.#plan);
    const { listeners } = this.#core;
    listeners.add('open', () => this.#opened());
    listeners.add('error', (error) => (this.#error = error));
    listeners.add('close', (_error, outcome) => this.#closed?.(outcome));
    const { signal } = this.#plan;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    nextTurn(() => void this.#run());
  }

  get state(): ReconnectingWebSocket['state'] {
    return this.#state;
  }

  get queued(): number {
    return this.#waiting.count;
  }

  // ------------------------------------------------------------------ what the program asks for

  send(data: unknown, callback?: unknown): Promise<boolean> & void {
    const isWaiting = this.#state !== 'closed' && !this.#isEnding && !(this.#isReady && this.#core.isOpen);
    const added = isWaiting ? this.#waiting.add(data, callback) : undefined;
    // Not one that may wait: the core says why.
    return (added === undefined ? this.#core.send(data, callback) : added.promise) as Promise<boolean> & void;
  }

  close(...args: unknown[]): Promise<boolean> & void {
    const { callback, values } = splitArguments(args, 0);
    const completion = new Completion(callback).mayBeIgnored();
    try {
      this.#close(values[0], completion);
    } catch (error) {
      completion.failLater(error as BusinessError);
    }
    return completion.promise as Promise<boolean> & void;
  }

  #close(options: unknown, completion: Completion): void {
    planClose(options);
    if (this.#state === 'closed') throw businessError(2302999, 'There is no connection to close any more.');
    this.#isEnding = true;
    this.#isReady = false;
    this.#waiting.fail('The WebSocket was closed before there was a connection.');
    if (this.#core.isBusy) {
      const gone = (error: BusinessError): void => {
        this.#end(undefined);
        if (error === undefined) completion.succeed();
        else completion.fail(error);
      };
      this.#core.close([options, gone]);
      return;
    }
    this.#wake?.();
    nextTurn(() => {
      this.#end(undefined);
      completion.succeed();
    });
  }

  on<E extends keyof WebSocketListeners>(type: E, callback: WebSocketListeners[E]): void;
  on<E extends keyof ReconnectingListeners>(type: E, callback: ReconnectingListeners[E]): void;
  on(type: string, callback: unknown): void {
    if (!ownEvents.includes(type)) {
      checkEvent(type, ownEvents);
      return this.#core.listeners.add(type as 'open', callback as never);
    }
    checkListener(type, callback);
    this.#set(type as OwnEvent, [...this.#listeners[type as OwnEvent], callback as never]);
  }

  off<E extends keyof WebSocketListeners>(type: E, callback?: WebSocketListeners[E]): void;
  off<E extends keyof ReconnectingListeners>(type: E, callback?: ReconnectingListeners[E]): void;
  off(type: string, callback?: unknown): void {
    if (!ownEvents.includes(type)) {
      checkEvent(type, ownEvents);
      return this.#core.listeners.remove(type as 'open', callback as never);
    }
    if (callback !== undefined) checkListener(type, callback);
    const registered = this.#listeners[type as OwnEvent] as readonly unknown[];
    const index = registered.indexOf(callback);
    if (callback === undefined) this.#set(type as OwnEvent, []);
    else if (index >= 0) this.#set(type as OwnEvent, registered.toSpliced(index, 1) as never);
  }

  #set<E extends OwnEvent>(type: E, listeners: readonly ReconnectingListeners[E][]): void {
    (this.#listeners as Record<OwnEvent, unknown>)[type] = listeners;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state !== 'closed') await this.close();
  }

  /** See `beside-program.ts`. */
  [holdReading](): ReadingHold {
    return this.#core.holdReading();
  }

  /** See `controlled.ts`. */
  [controlled](): Controlled {
    return this.#core;
  }

  /** See `beside-program.ts`. */
  [onEnd]({ failed, ended }: EndListener): () => void {
    const listener = (outcome: ReconnectingOutcome | undefined): void => {
      if (outcome?.error !== undefined) failed(outcome.error as BusinessError);
      ended();
    };
    this.on('end', listener);
    return () => this.off('end', listener);
  }

  // ------------------------------------------------------------------ one attempt after the other

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const outcome = await this.#attempt();
      this.#isReady = false;
      if (this.#isEnding) return;
      let delay: number | undefined;
      try {
        delay = await this.#delayAfter(outcome);
      } catch (error) {
        return this.#end({ ...outcome, error: error as Error });
      }
      if (this.#isEnding) return;
      if (delay === undefined) return this.#end(outcome);
      this.#state = 'waiting';
      this.#emit('retry', { ...outcome, delay });
      // A listener may have closed it.
      if (!this.#isEnding) await this.#sleep(delay);
    }
  }

  /** Makes one attempt, and when it succeeds waits for the end of the connection. */
  async #attempt(): Promise<ReconnectingOutcome> {
    this.#state = 'connecting';
    this.#error = undefined;
    let url: unknown;
    let options: object;
    try {
      url = await this.#plan.url();
      options = { ...this.#plan.connect, ...(await this.#plan.connectOptions?.()), signal: undefined };
    } catch (error) {
      return { error: error as Error, status: 0, attempted: true, failures: ++this.#failures };
    }
    if (this.#isEnding) return { attempted: false, failures: this.#failures };
    const closed = new Promise<{ code: number; reason: string }>((resolve) => (this.#closed = resolve));
    try {
      await this.#core.connect([url, options]);
    } catch (error) {
      return this.#failed(error as BusinessError);
    }
    return this.#serve(closed);
  }

  #failed(error: BusinessError): ReconnectingOutcome {
    const { data } = (this.#error ?? {}) as { data?: unknown };
    // No `error` event: something is wrong with the arguments.
    const attempted = this.#error !== undefined;
    return { error, status: Number(data ?? 0), attempted, failures: ++this.#failures };
  }

  #opened(): void {
    this.#state = 'open';
    this.#connections++;
    this.#openedAt = this.#clock.now();
    // What a listener of `open` sends goes before everything that waits.
    this.#isReady = true;
  }

  async #serve(closed: Promise<{ code: number; reason: string }>): Promise<ReconnectingOutcome> {
    this.#isReady = false;
    const restored = this.#restore().then((problem) => {
      if (problem === undefined || !this.#core.isOpen) return problem;
      this.#core.close([notRestored, () => {}]);
      return problem;
    });
    const { code, reason } = await closed;
    this.#isReady = false;
    const problem = await Promise.race([restored, undefined]);
    const isStable = problem === undefined && this.#clock.now() - this.#openedAt >= this.#plan.minUptime;
    this.#failures = isStable ? 0 : this.#failures + 1;
    const error = problem ?? this.#error;
    return { code, reason, ...(error === undefined ? {} : { error }), attempted: true, failures: this.#failures };
  }

  /** Subscribes again, and then sends what has waited. @returns why the subscription failed, if it did */
  async #restore(): Promise<Error | undefined> {
    const { resubscribe } = this.#plan;
    const connection = this.#connections;
    if (resubscribe !== undefined) {
      const opened: OpenedConnection = {
        count: connection,
        send: (data) => (connection === this.#connections ? this.#core.send(data, undefined)! : failedSend()),
      };
      try {
        await resubscribe(opened);
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    }
    // The hook may have taken longer than its connection lasted.
    if (connection !== this.#connections || this.#isEnding || !this.#core.isOpen) return undefined;
    this.#isReady = true;
    this.#waiting.send((data, done) => {
      if (!this.#core.isOpen) return false;
      this.#core.send(data, done);
      return true;
    });
    return undefined;
  }

  /** @returns in how many milliseconds to try again; `undefined`: never */
  async #delayAfter(outcome: ReconnectingOutcome): Promise<number | undefined> {
    if (outcome.failures > this.#plan.maxRetries) return undefined;
    const decision = await this.#plan.retry?.({ ...outcome });
    if (typeof decision === 'number' && decision >= 0) return decision;
    if (!(typeof decision === 'boolean' ? decision : isTemporary(outcome))) return undefined;
    const delay = backOffDelay(outcome.failures, this.#plan, this.#clock.random());
    const asked = askedDelay(outcome, this.#clock.date());
    // Behind the time that the server named, not at it: all its clients were told the same.
    return asked === 0 ? delay : asked + delay;
  }

  #sleep(time: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.wait(time, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        cancel();
        resolve();
      };
    });
  }

  /** Once, whatever ends it. */
  #end(outcome: ReconnectingOutcome | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#isEnding = true;
    this.#plan.signal?.removeEventListener('abort', this.#onAbort);
    this.#waiting.fail('There will be no connection any more: see the event end.');
    this.#emit('end', outcome);
  }

  #emit<E extends OwnEvent>(type: E, data: Parameters<ReconnectingListeners[E]>[0]): void {
    for (const listener of this.#listeners[type]) callUser(listener as (data: unknown) => void, data);
  }
}

/** The hook has taken longer than its connection lasted. */
function failedSend(): Promise<boolean> {
  const completion = new Completion(undefined).mayBeIgnored();
  completion.failLater(businessError(2302999, 'The connection that this was meant for is gone.'));
  return completion.promise!;
}
