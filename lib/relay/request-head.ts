/**
 * The head of a client's request on its way to the server: read, and passed on byte for byte but for what has to be another
 * there, which is the target, Host, and the fields that were asked for.
 */
import { Buffer } from 'node:buffer';
import type { Field } from '../protocol/http/field.js';
import { type Head, HeadReader } from '../protocol/http/head.js';
import type { HeadLimits } from '../protocol/http/limits.js';
import { Violation } from '../protocol/rules.js';

/** What came of a client's first bytes. */
export interface ReadRequest {
  /** All of them so far, the head included. */
  readonly bytes: Buffer;
  /** How many of them are the head. */
  readonly size: number;
  /** Missing when it cannot be read: `violation` says why. */
  readonly head?: Head;
  readonly violation?: Violation;
}

/** Of requests and responses: more than a careful server takes, as a relay is not to be what fails. */
export const passedHeadLimits: HeadLimits = { maxHeadSize: 65_536, maxHeadFields: 1000 };

/** Collects the bytes of a request's head. */
export class RequestReader {
  // Lenient: a request that breaks the rules of HTTP is passed on as well.
  readonly #reader = new HeadReader(passedHeadLimits, () => {}, false);
  #bytes: Buffer = Buffer.alloc(0);

  /** Whether anything has come. */
  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /** @returns `undefined` while the head is not complete */
  push(chunk: Buffer): ReadRequest | undefined {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    try {
      this.#reader.push(chunk, 0, chunk.length);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { bytes: this.#bytes, size: 0, violation: error };
    }
    const { head } = this.#reader;
    return head === undefined ? undefined : { bytes: this.#bytes, size: this.#reader.size, head };
  }

  /** What there is when no more comes. */
  cutOff(): ReadRequest {
    return { bytes: this.#bytes, size: 0, violation: this.#reader.cutOff()! };
  }
}

/** What of a request has to be another on the way to the server. */
export interface RequestChanges {
  /** The value of Host. */
  readonly host: string;
  /** Path and query in the place of `/`; a client that asks for more is right about it. */
  readonly resource: string;
  /** Fields that replace those of the same name, and are added where there is none. */
  readonly fields: readonly Field[];
}

/** The bytes of the head with the changes; every other line is as it came, its line end included. */
export function changeRequest(head: Buffer, { host, resource, fields }: RequestChanges): Buffer {
  const text = head.toString('latin1');
  const lines = text.match(/[^\n]*\n/g) ?? [];
  const replaced = new Map<string, Field[]>([['host', [['Host', host]]]]);
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const sameName = key === 'host' && replaced.get(key)![0]![1] === host ? [] : (replaced.get(key) ?? []);
    replaced.set(key, [...sameName, [name, value]]);
  }
  const done = new Set<string>();
  const changed: string[] = [];
  let dropping = false;
  for (const [index, line] of lines.entries()) {
    const isFold = index > 0 && /^[ \t]+\S/.test(line);
    if (isFold && dropping) continue;
    const name = index === 0 || isFold ? '' : line.slice(0, Math.max(0, line.indexOf(':'))).trim();
    const key = name.toLowerCase();
    const values = replaced.get(key);
    dropping = name !== '' && values !== undefined;
    if (index === 0) changed.push(changeTarget(line, resource));
    else if (!dropping) changed.push(line);
    else if (!done.has(key)) {
      done.add(key);
      const end = line.endsWith('\r\n') ? '\r\n' : '\n';
      // The client's spelling of the name stays.
      for (const [, value] of values!) changed.push(`${name}: ${wire(value)}${end}`);
    }
  }
  const added = [...replaced].flatMap(([key, values]) =>
    done.has(key) || key === 'host' ? [] : values.map(([name, value]) => `${name}: ${wire(value)}\r\n`),
  );
  changed.splice(changed.length - 1, 0, ...added);
  return Buffer.from(changed.join(''), 'latin1');
}

/** What is added leaves as UTF-8, as the fields of `connect` do. */
function wire(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}

/** `GET / HTTP/1.1` -> `GET /chat?room=1 HTTP/1.1`; the absolute form of a client that takes us for a proxy becomes a path. */
function changeTarget(line: string, resource: string): string {
  return line.replace(/^(\S+ )(\S+)( )/, (_whole, method: string, target: string, space: string) => {
    const path = target.replace(/^(?:ws|http)s?:\/\/[^/?#]*/i, '') || '/';
    return `${method}${path === '/' ? resource : path}${space}`;
  });
}
