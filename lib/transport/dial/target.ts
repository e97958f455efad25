/** A `ws:` or `wss:` URL -> where to connect and what to ask for (RFC 6455 §3). */
import { isIPv4 } from 'node:net';
import { URL } from 'node:url';
import { basicAuthorization, percentDecode } from '../../protocol/http/basic-authorization.js';
import { option, type Sentence, sentence, spell } from '../../protocol/sentence.js';
import { withoutBrackets } from './host.js';

export interface Target {
  /** `wss:` */
  readonly secure: boolean;
  /** In lower case, without brackets; that of an IPv6 address with a zone is followed by it: `fe80::1%eth0`. */
  readonly host: string;
  readonly port: number;
  /** The Host field: host without a zone, with the port when it is not the scheme's default one (RFC 6455 §4.1). */
  readonly hostField: string;
  /** Path and query, as in the request line. */
  readonly resource: string;
  /** The value of Authorization that the URL's user name and password stand for, when it has any. */
  readonly authorization: string | undefined;
  /** The path of the Unix socket that the URL names; the host is `localhost` then. */
  readonly socketPath?: string;
}

/** A URL that is not one of a WebSocket. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly sentence: Sentence;

  constructor(text: Sentence) {
    super(spell(text));
    this.sentence = text;
  }
}

/** What keeps every rule of `checkForm` for certain: one look at most URLs instead of five. */
const wellFormed = /^wss?:\/\/[\w.~!$&'()*+,;=:@%-][\w.~!$&'()*+,;=:@%/?-]*$/i;

/**
 * A URL in which `URL` would change nothing, which is a third of the time of a plan: a name in lower case that is not
 * a number, or an IPv4 address in its usual form; no dot after a slash, and no percent sign in the path.
 */
const plain =
  /^(wss?):\/\/((?:[a-z\d][a-z\d-]{0,40}\.){0,6}[a-z][a-z\d-]{0,40}|\d{1,3}(?:\.\d{1,3}){3})(?::([1-9]\d{0,4}))?((?:\/(?!\.)[\w.~!$&()*+,;=:@-]*)*)(\?[\w.~!$&()*+,;=:@%/?-]+)?$/;

/** @returns nothing for what `URL` has to read */
function readPlain(url: string): Target | undefined {
  const parts = plain.exec(url);
  if (parts === null) return undefined;
  const [, scheme, host, digits = '', path, query = ''] = parts as unknown as [
    string,
    string,
    string,
    string?,
    string?,
    string?,
  ];
  if (host.includes('--') || (host.charCodeAt(0) < 0x3a && /^\d+\./.test(host) && !isIPv4(host))) return undefined;
  const secure = scheme === 'wss';
  const usual = secure ? 443 : 80;
  const port = digits === '' ? usual : Number(digits);
  if (port > 65535) return undefined;
  return {
    secure,
    host,
    port,
    hostField: port === usual ? host : `${host}:${digits}`,
    resource: (path || '/') + query,
    authorization: undefined,
  };
}

/**
 * @param maxLength in characters; 1024 as documented by the platform
 * @throws {TargetError} the message never repeats the URL, which may hold credentials
 */
export function parseTarget(url: string, maxLength: number): Target {
  if (url.length > maxLength) {
    throw new TargetError(
      sentence`expected at most ${maxLength} characters (${option('maxUrlLength')}), got ${url.length}`,
    );
  }
  const plainTarget = readPlain(url);
  if (plainTarget !== undefined) return plainTarget;
  if (!wellFormed.test(url)) checkForm(url);
  if (isSocketUrl.test(url)) return parseSocketTarget(url);
  const zone = zoneOf(url);
  let parsed: URL;
  try {
    parsed = new URL(zone === undefined ? url : url.replace(zone.text, ']'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TargetError([`expected a valid host and a port between 1 and 65535 (${code ?? 'invalid URL'})`]);
  }
  const secure = parsed.protocol === 'wss:';
  const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
  if (port === 0) throw new TargetError(['expected a port between 1 and 65535, got 0']);
  return {
    secure,
    host: withoutBrackets(parsed.hostname) + (zone === undefined ? '' : `%${zone.name}`),
    port,
    hostField: parsed.host,
    resource: parsed.pathname + parsed.search,
    authorization: basicAuthorization(percentDecode(parsed.username), percentDecode(parsed.password)),
  };
}

const isSocketUrl = /^wss?\+unix:/i;

/** @throws {TargetError} for what `URL` would mend, drop or take for something else */
function checkForm(url: string): void {
  // RFC 3986 §2 has none; URL would drop them, and connect to something else than what is written.
  if (/[\u0000-\u001f\u007f]/.test(url))
    throw new TargetError(['expected no control character, such as a tab or a line end']);
  // `URL` would take a backslash for a slash, and encode or drop white space: another host or path than is written.
  if (url.includes('\\')) throw new TargetError(['expected no backslash: parts of a URL are separated by "/"']);
  if (/\S\s+\S/.test(url)) throw new TargetError(['expected no white space in it: percent-encode it']);
  // RFC 6455 §3: "Fragment identifiers are meaningless … and MUST NOT be used"
  if (url.includes('#')) throw new TargetError(['expected no fragment ("#…"): a WebSocket URL must not have one']);
  if (!/^wss?:\/\/[^/?]/i.test(url) && !isSocketUrl.test(url)) {
    throw new TargetError(['expected "ws://host[:port]/path" or "wss://host[:port]/path" with a host in it']);
  }
}

/** The zone of an IPv6 address (RFC 6874 §2), which `URL` does not know: `%25eth0]`, and its name. */
function zoneOf(url: string): { readonly text: string; readonly name: string } | undefined {
  if (!url.includes('[')) return undefined;
  const found = /^wss?:\/\/(?:[^/?#]*@)?\[[\da-f:.]+(%25((?:[\w.~-]|%[\da-f]{2})+)\])/i.exec(url);
  if (found === null) return undefined;
  const name = percentDecode(found[2]!);
  return /^[\w.~:-]+$/.test(name) ? { text: found[1]!, name } : undefined;
}

/** `ws+unix:/path/of/the/socket:/path?query`, also with `//` before the path; percent-encoded as URLs are. */
function parseSocketTarget(url: string): Target {
  const secure = /^wss/i.test(url);
  const [, path = '', resource = '/'] = /^wss?\+unix:(?:\/\/(?=\/))?(.*?)(?::(\/.*))?$/i.exec(url) ?? [];
  const socketPath = percentDecode(path);
  if (socketPath === '' || path.startsWith('//') || path.includes('?')) {
    throw new TargetError(['expected "ws+unix:/path/of/the/socket:/path?query" with the path of a socket in it']);
  }
  // The names of Linux that are no files begin with a NUL.
  if (socketPath.includes('\0', 1)) throw new TargetError(['expected no NUL in the path of the socket']);
  const { pathname, search } = new URL(`ws://localhost${resource}`);
  return {
    secure,
    host: 'localhost',
    port: secure ? 443 : 80,
    hostField: 'localhost',
    resource: pathname + search,
    authorization: undefined,
    socketPath,
  };
}
