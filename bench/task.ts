import type { ClientName } from './clients/names.js';
import type { Kind } from './payload.js';

/** What can be measured against the neutral server. */
export type JobName =
  | 'send'
  | 'receive'
  | 'echo'
  | 'latency'
  | 'turns'
  | 'handshakes'
  | 'memory'
  | 'connections'
  | 'feed'
  | 'first'
  | 'flood'
  | 'start'
  | 'import';

/** One measurement of one client, run in a process of its own. */
export interface Task {
  readonly job: JobName;
  readonly client: ClientName;
  /** Path of the module that is loaded: another build of this package's entry point, or the prototype. */
  readonly library?: string;
  readonly kind: Kind;
  /** Payload bytes of a message. */
  readonly size: number;
  readonly secure: boolean;
  /** turns: sends in one turn; echo: messages in flight. */
  readonly each: number;
  /** memory, connections: how many connections. */
  readonly connections: number;
  readonly warmMs: number;
  readonly measureMs: number;
  readonly server: ServerAddress;
}

/** Where the neutral server listens, on loopback. */
export interface ServerAddress {
  readonly port: number;
  readonly securePort: number;
  readonly pid: number;
  /** The self-signed certificate of the TLS port, a PEM file. */
  readonly caPath: string;
}

/**
 * What one measurement gave. `value` is the job's figure: messages/s (send, receive, echo, turns, connections),
 * handshakes/s (handshakes), microseconds (latency: p50), bytes a connection (memory: RSS), milliseconds (import;
 * start: import and first connect), a share of the steady pace (first).
 */
export interface Sample {
  readonly value: number;
  /** Microseconds of processor time that the client's process spent for each thing counted. */
  readonly cpu?: number;
  /** Share of the measured time in which the client's process used the processor; above 1 with helper threads. */
  readonly clientBusy?: number;
  /** The server's main thread, likewise: near 1 means that the server was the limit. */
  readonly serverBusy?: number;
  /** Further figures of a job: p99 (microseconds), heap and external (bytes a connection), opens (connections/s),
   * delay (the event loop's longest, in milliseconds), first and steady (messages/s). */
  readonly more?: { readonly [name: string]: number };
}
