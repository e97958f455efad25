/** TLS sessions to resume: the last one of each server and set of options, for the life of the process. */
import type { Buffer } from 'node:buffer';

/** How many are kept; the ones not used for the longest time go first. A session has about 2 KiB. */
export const maxSessions = 64;

export class TlsSessions {
  readonly #sessions = new Map<string, Buffer>();

  /** Peers that failed when they were offered a session. */
  readonly #refused = new Set<string>();

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes the session out: two connections at once do not share a ticket (RFC 8446 §C.4); one that fails loses it. */
  take(key: string): Buffer | undefined {
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    return session;
  }

  put(key: string, session: Buffer): void {
    if (this.#refused.has(key)) return;
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size > maxSessions) this.#sessions.delete(this.#sessions.keys().next().value!);
  }

  /** Keeps no session of this peer any more. */
  refuse(key: string): void {
    this.#sessions.delete(key);
    this.#refused.add(key);
    if (this.#refused.size > maxSessions) this.#refused.delete(this.#refused.keys().next().value!);
  }
}
