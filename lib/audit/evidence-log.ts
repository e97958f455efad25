/** The evidence of one probe: bounded, and without the secrets of its requests, whoever repeats them. */
import type { Buffer } from 'node:buffer';
import type { Secrets } from '../protocol/secrets.js';
import type { Evidence } from './probe.js';

/** A step as a connection reports it; `bytes` are those that `hex` shows. */
export type Step = Omit<Evidence, 'time' | 'connection' | 'hex'> & { readonly bytes?: Buffer };

/** Steps that are kept: from the beginning, and from the end. */
const maxFirst = 200;
const maxLast = 50;
const maxHex = 64;

export class EvidenceLog {
  readonly #secrets: Secrets;
  readonly #first: Evidence[] = [];
  /** The last ones, a ring once it is full. */
  readonly #last: Evidence[] = [];
  #count = 0;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  add(time: number, connection: number, { bytes, ...step }: Step): void {
    const { summary, text } = step;
    const evidence: Evidence = {
      time,
      connection,
      ...step,
      summary: this.blot(summary),
      ...(text === undefined ? {} : { text: this.blot(text) }),
      ...(bytes === undefined ? {} : { hex: this.#hex(bytes) }),
    };
    if (this.#first.length < maxFirst) this.#first.push(evidence);
    else this.#last[(this.#count - maxFirst) % maxLast] = evidence;
    this.#count++;
  }

  /** A text of the server's, or about it, without the secrets that it repeats. */
  blot(text: string): string {
    return this.#secrets.replace(text, true);
  }

  /** In order; what was left out stands as one step in its place. */
  get steps(): Evidence[] {
    const missing = this.#count - maxFirst - maxLast;
    if (missing <= 0) return [...this.#first, ...this.#last];
    const next = (this.#count - maxFirst) % maxLast;
    const last = [...this.#last.slice(next), ...this.#last.slice(0, next)];
    const { time, connection } = this.#first.at(-1)!;
    const cut: Evidence = {
      time,
      connection,
      direction: 'event',
      kind: 'cut',
      summary: `${missing} steps are left out here`,
    };
    return [...this.#first, cut, ...last];
  }

  #hex(bytes: Buffer): string {
    const start = bytes.subarray(0, maxHex);
    const text = start.toString('latin1');
    // Cut, it may end in the middle of a secret.
    if (this.#secrets.replace(text, start.length === bytes.length) !== text) return '(redacted)';
    const hex = start.toString('hex').replace(/..(?=.)/g, '$& ');
    return bytes.length > maxHex ? `${hex} …` : hex;
  }
}
