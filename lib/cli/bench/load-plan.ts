/** What a load consists of. All of it can be cloned, for the processes that share the work. */
import type { ConnectionValues } from '../connection-options.js';

/** Messages of our own with some sizes, each as often as its weight says, or those of a file in turn. */
export type MessagePlan =
  | { readonly kind: 'sizes'; readonly sizes: readonly SizeShare[]; readonly binary: boolean }
  | { readonly kind: 'texts'; readonly texts: readonly string[]; readonly binary: boolean };

export interface SizeShare {
  /** Bytes. */
  readonly size: number;
  readonly weight: number;
}

/**
 * What the server does with a message.
 *
 * - `echo`: sends it back, and what else it sends is its own
 * - `answer`: answers every message with one, in order
 * - `nothing`: reads it
 * - `feed`: sends on its own; our messages are sent once, at the beginning of a connection
 */
export type Reaction = 'echo' | 'answer' | 'nothing' | 'feed';

export interface LoadPlan {
  readonly connections: number;
  readonly processes: number;
  /** Messages a second over all connections, whatever the server does; without it the next waits for an answer. */
  readonly rate: number | undefined;
  /** Messages that a connection has in flight at most. */
  readonly inFlight: number;
  /** Seconds in which the connections are opened; 0: as fast as possible, and no message before all are open. */
  readonly rampUp: number;
  /** Seconds of load that are not measured, after the ramp-up. */
  readonly warmUp: number;
  /** Seconds that are measured. */
  readonly duration: number;
  readonly messages: MessagePlan;
  readonly reaction: Reaction;
  /** What an answer has to match. */
  readonly expect: RegExp | undefined;
  /** Messages that a server sends first on each connection. */
  readonly greetings: number;
  /** Seconds after which a message counts as unanswered. */
  readonly answerTimeout: number;
  /** Whether a connection that ended, or could not be opened, is opened again. */
  readonly reopen: boolean;
}

/** A load on a server. */
export interface LoadJob {
  readonly url: string;
  readonly values: ConnectionValues;
  readonly load: LoadPlan;
  /** Local addresses that connections come from, in turn; none: the system's choice. */
  readonly sources?: readonly string[];
}
