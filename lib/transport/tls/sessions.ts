/** TLS sessions to resume: the latest ones of each server and set of options, for the life of the process. */
import type { Buffer } from 'node:buffer';

/** How many are kept; those of the peer not used for the longest time go first. A session has about 2 KiB. */
export const maxSessions = 64;

/** How many are kept for one peer: so many connections that start at once can resume one each. */
export const maxSessionsOfPeer = 16;

export class TlsSessions {
  /** The peer used last is the last one, and so is a peer's latest session. */
  readonly #sessions = new Map<string, Buffer[]>();
  #size = 0;

  /** Peers that failed when they were offered a session. */
  readonly #refused = new Set<string>();

  get size(): number {
    return this.#size;
  }

  /** How many peers have one: nothing is kept of the others. */
  get peers(): number {
    return this.#sessions.size;
  }

  /** Takes the latest out: two connections do not share a ticket (RFC 8446 §C.4); one that fails loses it. */
  take(key: string): Buffer | undefined {
    const kept = this.#sessions.get(key);
    if (kept === undefined) return undefined;
    this.#size--;
    const session = kept.pop();
    if (kept.length === 0) this.#sessions.delete(key);
    return session;
  }

  /** @param replaced a session that is not needed any more, if it is still there */
  put(key: string, session: Buffer, replaced?: Buffer): void {
    if (this.#refused.has(key)) return;
    const kept = this.#sessions.get(key) ?? [];
    this.#sessions.delete(key);
    this.#sessions.set(key, kept);
    const at = replaced === undefined ? -1 : kept.indexOf(replaced);
    if (at >= 0) kept.splice(at, 1);
    else if (kept.length === maxSessionsOfPeer) kept.shift();
    else this.#size++;
    kept.push(session);
    while (this.#size > maxSessions) this.#dropOldest();
  }

  /** Keeps no session of this peer any more. */
  refuse(key: string): void {
    this.#size -= this.#sessions.get(key)?.length ?? 0;
    this.#sessions.delete(key);
    this.#refused.add(key);
    if (this.#refused.size > maxSessions) this.#refused.delete(this.#refused.keys().next().value!);
  }

  #dropOldest(): void {
    const [key, kept] = this.#sessions.entries().next().value!;
    kept.shift();
    this.#size--;
    if (kept.length === 0) this.#sessions.delete(key);
  }
}
