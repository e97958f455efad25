/**
 * What may be a secret, and how it is blotted out: the one place that knows. Which fields carry credentials; queries,
 * user names and passwords of URLs; subprotocols that carry a token; and what a peer repeats of all that.
 *
 * Every visible character of a secret becomes `*`, white space and the length stay: byte offsets and the verdicts of a
 * replay stay the same. What a peer repeats in another spelling becomes `#`, so that it never equals what was sent.
 */
import { Buffer } from 'node:buffer';
import { SecretScanner, type SecretSpan } from './secret-scanner.js';

/** A field of a head: name and value. */
type NameValue = readonly [name: string, value: string];

const secretFields: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'authentication-info',
  'proxy-authentication-info',
]);
/** Their first word is the scheme, which is not a secret; what follows may be. */
const challengeFields: ReadonlySet<string> = new Set(['www-authenticate', 'proxy-authenticate']);
/** Names of fields, parameters and parts of subprotocols whose values are secrets. */
const secretName =
  /(?:^|[^a-z])(?:api-?_?key|access-?_?key|auth|authorization|bearer|credentials?|jwt|key|pass|passwd|password|pwd|secret|session|session-?_?id|sid|sig|signature|ticket|token)(?:$|[^a-z])/i;
/** Their values are URLs, which may have a query. */
const urlFields: ReadonlySet<string> = new Set(['location', 'content-location', 'referer', 'refresh', 'link']);
/** Of the handshake itself, and of CORS. */
const publicFields = /^(?:sec-websocket-|access-control-)/i;

/** Whether the value of a field carries credentials. The name may have any case. */
export function isSecretField(name: string): boolean {
  const lower = name.toLowerCase();
  return secretFields.has(lower) || (secretName.test(spaced(name)) && !publicFields.test(name));
}

/** How much of the value of a field is shown: its first word, what comes before a `?`, … */
export type Shown = 'all' | 'first word' | 'until a query' | 'nothing';

export function shownOfField(name: string): Shown {
  if (isSecretField(name)) return 'nothing';
  if (urlFields.has(name.toLowerCase())) return 'until a query';
  return challengeFields.has(name.toLowerCase()) ? 'first word' : 'all';
}

/** A secret with every visible character blotted out. */
export function blot(secret: string, fill = '*'): string {
  return secret.replace(/[^\0-\x20\x7f]/g, fill);
}

/** The fields of a request or a response, without the values that are secrets by their names. */
export function blotFields(fields: readonly NameValue[]): NameValue[] {
  return fields.map(([name, value]) => [name, blotField(name, value)]);
}

function blotField(name: string, value: string): string {
  switch (shownOfField(name)) {
    case 'nothing':
      return blot(value);
    case 'first word':
      return value.replace(/(?<=^\S+)\s.*$/s, (details) => blot(details));
    case 'until a query':
      return value.replace(/(?<=\?).*$/s, (query) => blot(query));
    default:
      if (name.toLowerCase() !== 'sec-websocket-protocol') return value;
      return value.split(',').map(blotSubprotocol).join(',');
  }
}

/** Camel case with a hyphen between the words, for `secretName`. */
function spaced(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '-');
}

// ------------------------------------------------------------------ URLs

/** A URL whose user name and password, if any, are where they belong. */
const wellFormed = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#\\\s@]*@)?(?:\[[^\]]*\]|[^/?#\\\s:@[\]]+)(?::\d{0,5})?(?:[/?#]|$)/i;

/** A URL verbatim, but without user name and password. Of what is not well-formed, nothing before an "@" is left. */
export function withoutCredentials(url: string): string {
  if (wellFormed.test(url)) return url.replace(/^([^:]+:\/\/)[^/?#]*@/, '$1');
  return url.replace(/^((?:wss?|https?|socks\w*):[\\/]*)?.*@/is, '$1');
}

/** The target of a request, or a URL: the values of its query blotted out, their names left. */
export function blotQuery(url: string): string {
  return url.replace(/(?<=^[^?]*\?)[^#]*/, (query) => query.replace(/[^&;]+/g, blotParameter));
}

function blotParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  return parameter.slice(0, equals + 1) + blot(parameter.slice(equals + 1));
}

/** A URL as it may be shown: without user name and password, the values of its query blotted out. */
export function blotUrl(url: string): string {
  return blotQuery(withoutCredentials(url));
}

// ------------------------------------------------------------------ subprotocols

/** A subprotocol that may be offered to carry a token, the token blotted out. */
export function blotSubprotocol(subprotocol: string): string {
  const token = tokenOf(subprotocol);
  return token === '' ? subprotocol : subprotocol.slice(0, subprotocol.length - token.length) + blot(token);
}

const tokenName =
  /^(?:.*[^a-z])?(?:api-?key|auth|authorization|bearer|credentials?|jwt|key|password|secret|session|ticket|token)[^a-z0-9]+/i;

/**
 * The token that a subprotocol carries, its end; empty when it carries none. It follows a name that says so
 * (`base64url.bearer.authorization.k8s.io.TOKEN`, `bearer-TOKEN`), or it looks like one.
 */
function tokenOf(subprotocol: string): string {
  const kubernetes = /^\s*base64url\.bearer\.(?:authorization\.k8s\.io\.|[^.]+\.)/i.exec(subprotocol)?.[0];
  if (kubernetes !== undefined) return subprotocol.slice(kubernetes.length);
  const named = tokenName.exec(subprotocol)?.[0];
  if (named !== undefined) return subprotocol.slice(named.length);
  const random = subprotocol.split(/[.~]/).findIndex(looksRandom);
  return random < 0
    ? ''
    : subprotocol
        .split(/(?<=[.~])/)
        .slice(random)
        .join('');
}

/** Twenty characters or more of two kinds of letters and digits: no name of a protocol is so. */
function looksRandom(part: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(part)).length;
  return part.trim().length >= 20 && kinds >= 2;
}

// ------------------------------------------------------------------ what a peer repeats

/** Fewer characters of a secret than these are not looked for: they are in every text. */
const leastSecret = 4;
/** Values of parameters whose names say nothing: shorter ones are `json` or `websocket` more often than secrets. */
const leastParameter = 8;

/** What everybody may see, and a verdict may rest on. */
const publicText = [
  'HTTP/1.1 101 Switching Protocols Upgrade: websocket Connection: Upgrade Sec-WebSocket-Accept Sec-WebSocket-Key',
  'Sec-WebSocket-Protocol Sec-WebSocket-Extensions Sec-WebSocket-Version: 13 Content-Length Transfer-Encoding: chunked',
  'permessage-deflate; client_max_window_bits; server_max_window_bits; client_no_context_takeover',
  'server_no_context_takeover; keep-alive, close; application/json; text/html; text/plain; charset=utf-8; null; undefined',
].join(' ');

/** Whether a part of a secret is also one of what everybody may see in a handshake. */
export function isPublic(text: string): boolean {
  return publicText.toLowerCase().includes(text.toLowerCase());
}

/** What of a request is looked for in what comes back. */
export interface RequestSecrets {
  /** Path and query. */
  readonly resource: string;
  readonly subprotocols: readonly string[];
  readonly fields: readonly NameValue[];
  /** The Host field, which is not a secret. */
  readonly host?: string;
}

/** The secrets of one request, to be found in what a peer says. */
export class Secrets {
  readonly #texts: readonly string[];

  private constructor(texts: Iterable<string>) {
    this.#texts = [...new Set(texts)].filter((text) => text.length >= leastSecret);
  }

  static ofRequest({ resource, subprotocols, fields, host = '' }: RequestSecrets): Secrets {
    const question = resource.indexOf('?');
    const path = question < 0 ? resource : resource.slice(0, question);
    const shown = `${publicText} ${host} ${path} ${subprotocols.map(blotSubprotocol).join(' ')}`.toLowerCase();
    const texts = [
      ...parameters(question < 0 ? '' : resource.slice(question + 1)),
      ...subprotocols.flatMap(subprotocolSecrets),
      ...fields.flatMap(([name, value]) => fieldSecrets(name, value)),
    ];
    const wire = texts.map((text) => Buffer.from(text).toString('latin1'));
    return new Secrets([...texts, ...wire].filter((text) => !shown.includes(text.toLowerCase())));
  }

  /** @param authorization the value of a field, e.g. `Basic dTpw` */
  static ofAuthorization(authorization: string | undefined): Secrets {
    return new Secrets(authorization === undefined ? [] : credentials(authorization));
  }

  /** These, and others as well. */
  with(others: Secrets | undefined): Secrets {
    return others === undefined ? this : new Secrets([...this.#texts, ...others.#texts]);
  }

  /** Whether there is nothing to look for. */
  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  /** Finds them in text that comes in pieces. */
  scanner(): SecretScanner {
    return new SecretScanner(this.#texts);
  }

  /**
   * The text with every secret blotted out, and the start of one before a `…`, where a text was cut.
   *
   * @param ends whether the text is whole; otherwise the start of a secret at its end is blotted out as well
   */
  blot(text: string, ends = true): string {
    return this.#replace(text, !ends, ({ verbatim }, found) => blot(found, verbatim ? '*' : '#'));
  }

  /**
   * The text with `(redacted)` in the place of every secret.
   *
   * @param ends whether the text is whole; otherwise the start of a secret at its end is one as well
   */
  replace(text: string, ends: boolean): string {
    return this.#replace(text, !ends, () => '(redacted)');
  }

  /**
   * A message with every secret blotted out. What it quotes has been escaped as in JSON: each escape was one character.
   * A quotation may also start in the middle of a secret.
   */
  blotMessage(message: string): string {
    const blotted = this.#replace(message, false, ({ verbatim }, found) =>
      blot(found.replace(/\\(?:u[\da-f]{4}|.)/gi, 'x'), verbatim ? '*' : '#'),
    );
    return blotted.replace(/(?<=")[^"\s]+/g, (quoted) => {
      for (const text of this.#texts) {
        for (let at = 1; at <= text.length - leastSecret; at++) {
          const end = text.slice(at);
          if (quoted.startsWith(end)) return blot(end) + quoted.slice(end.length);
        }
      }
      return quoted;
    });
  }

  #replace(text: string, cut: boolean, by: (span: SecretSpan, found: string) => string): string {
    if (this.isEmpty) return text;
    let result = '';
    let done = 0;
    for (const span of this.#find(text, cut)) {
      result += text.slice(done, span.start) + by(span, text.slice(span.start, span.end));
      done = span.end;
    }
    return result + text.slice(done);
  }

  /** In order, those that overlap joined. */
  #find(text: string, cut: boolean): SecretSpan[] {
    const scanner = this.scanner();
    const spans: SecretSpan[] = [];
    const parts = text.split(/(?=…)/);
    for (const [index, part] of parts.entries()) {
      scanner.push(part);
      const beginning = cut || index < parts.length - 1 ? scanner.beginning(leastSecret) : undefined;
      if (beginning !== undefined) spans.push(beginning);
      scanner.finish();
    }
    spans.push(...scanner.takeFound());
    spans.sort((a, b) => a.start - b.start || b.end - a.end);
    const joined: SecretSpan[] = [];
    for (const span of spans) {
      const last = joined.at(-1);
      if (last === undefined || span.start >= last.end) joined.push(span);
      else if (span.end > last.end) joined[joined.length - 1] = { ...last, end: span.end };
    }
    return joined;
  }
}

function fieldSecrets(name: string, value: string): string[] {
  const lower = name.toLowerCase();
  if (lower === 'cookie') return [value, ...value.split(';').map(cookieValue)];
  if (lower === 'sec-websocket-protocol') return value.split(',').flatMap((one) => subprotocolSecrets(one.trim()));
  return isSecretField(name) ? credentials(value) : [];
}

function cookieValue(pair: string): string {
  return pair
    .slice(pair.indexOf('=') + 1)
    .trim()
    .replace(/^"(.*)"$/, '$1');
}

/** What could be repeated of the value of an Authorization field: Basic is also a pair, and the password alone. */
function credentials(value: string): string[] {
  const [, scheme = '', rest = value] = /^(\S+) +(.*)$/s.exec(value) ?? [];
  if (scheme.toLowerCase() !== 'basic') return [rest];
  const pair = Buffer.from(rest, 'base64').toString();
  const colon = pair.indexOf(':');
  const password = pair.slice(colon + 1);
  return [rest, rest.replace(/=+$/, ''), pair, password === '' ? pair.slice(0, Math.max(0, colon)) : password];
}

function parameters(query: string): string[] {
  return query.split(/[&;]/).flatMap((parameter) => {
    const equals = parameter.indexOf('=');
    const value = parameter.slice(equals + 1);
    return secretName.test(spaced(parameter.slice(0, Math.max(0, equals)))) || value.length >= leastParameter
      ? [value]
      : [];
  });
}

/** The token, and what it says in base64url. */
function subprotocolSecrets(subprotocol: string): string[] {
  const token = tokenOf(subprotocol);
  const decoded = /^base64url\./i.test(subprotocol) ? Buffer.from(token, 'base64url').toString() : '';
  return [token, decoded];
}
