/** The option `header`, a record or pairs -> the fields of the request that the handshake does not own. */

import { type Field, isToken } from '../protocol/http/field.js';
import { typeName } from './arguments.js';
import { parameterError } from './errors.js';

/** Names of the fields that the handshake owns: real programs pass them, so they are ignored rather than refused. */
const ownedFields: ReadonlySet<string> = new Set([
  'upgrade',
  'connection',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-accept',
  'content-length',
  'transfer-encoding',
]);

/** Fields of which a request has one (RFC 9110 §5.3, RFC 6455 §4.1); servers differ in which of two they believe. */
const singletons: ReadonlySet<string> = new Set(['host', 'origin', 'authorization', 'user-agent']);

/** Visible characters, white space, and whatever is not ASCII, which leaves as UTF-8 (RFC 9110 §5.5: obs-text). */
const sendableValue = /^[\t\x20-\x7e\x80-\uffff]*$/;

/** With the flag `u`, the halves of a pair are one character. */
const loneSurrogate = /\p{Surrogate}/u;

/** What `header` asks for. */
export interface HeaderPlan {
  /** In the program's spelling and order. */
  readonly fields: readonly Field[];
  /** The values of Sec-WebSocket-Protocol, joined by commas. */
  readonly subprotocols: string;
  /** Whether User-Agent was given as an empty string: none is to be sent. */
  readonly hidesUserAgent: boolean;
}

const noHeader: HeaderPlan = Object.freeze({ fields: [], subprotocols: '', hidesUserAgent: false });

/** @throws {BusinessError} 401 for what is neither a record nor pairs, a bad name or value, a repeated singleton */
export function readHeader(header: unknown): HeaderPlan {
  if (header === undefined) return noHeader;
  // Keyed by the name in lower case.
  const fields = new Map<string, Field[]>();
  let hidesUserAgent = false;
  for (const [name, value, replaces] of entriesOf(header)) {
    if (typeof name !== 'string' || !isToken(name)) {
      throw parameterError("header has a name that is not a token: expected letters, digits and !#$%&'*+-.^_`|~ only.");
    }
    const key = name.toLowerCase();
    if (key === 'user-agent') hidesUserAgent = value === '';
    const lines = fieldValues(name, value).map((line): Field => [name, line]);
    if (lines.length === 0 || ownedFields.has(key)) continue;
    const earlier = fields.get(key) ?? [];
    if (singletons.has(key) && earlier.length + lines.length > 1) {
      throw parameterError(`header must not have ${name} more than once.`);
    }
    fields.set(key, replaces && key !== 'cookie' ? lines : [...earlier, ...lines]);
  }
  joinCookies(fields);
  const subprotocols = fields.get('sec-websocket-protocol') ?? [];
  fields.delete('sec-websocket-protocol');
  return {
    fields: [...fields.values()].flat(),
    subprotocols: subprotocols.map(([, value]) => value).join(','),
    hidesUserAgent,
  };
}

/** Name, value, and whether the value replaces one that was given before: in a record, under another spelling. */
function* entriesOf(header: unknown): Iterable<[name: unknown, value: unknown, replaces: boolean]> {
  if (typeof header !== 'object' || header === null) {
    throw parameterError(`header must be an object, got ${typeName(header)}.`);
  }
  if (typeof (header as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function') {
    for (const pair of header as Iterable<unknown>) {
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw parameterError('header must be a record, or something iterable in pairs of a name and a value.');
      }
      yield [pair[0], pair[1], false];
    }
    return;
  }
  const entries = Object.entries(header);
  if (entries.length === 0 && !isPlain(header)) {
    throw parameterError('header must be a record or iterable in pairs, got an object without properties of its own.');
  }
  for (const [name, value] of entries) yield [name, value, true];
}

/** A record, of any realm: `{}` or an object without a prototype. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function fieldValues(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => {
    if (typeof one !== 'string' && (typeof one !== 'number' || Array.isArray(value))) {
      throw parameterError(`header ${name} must be a string, a number or an array of strings, got ${typeName(one)}.`);
    }
    const line = String(one);
    if (!sendableValue.test(line) || loneSurrogate.test(line)) {
      const kinds = 'CR, LF, NUL, another control, or half a surrogate pair';
      throw parameterError(`header ${name} has a character that no field value may have: ${kinds}.`);
    }
    return line === '' ? [] : line;
  });
}

/** RFC 6265 §5.4: a request has one Cookie, with all of them. */
function joinCookies(fields: Map<string, Field[]>): void {
  const cookies = fields.get('cookie');
  if (cookies === undefined) return;
  fields.set('cookie', [[cookies[0]![0], cookies.map(([, value]) => value).join('; ')]]);
}
