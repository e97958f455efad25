/** A `ws:` or `wss:` URL -> where to connect and what to ask for (RFC 6455 §3). */
import { Buffer } from 'node:buffer';
import { URL } from 'node:url';
import { businessError } from '../../api/errors.js';

export interface Target {
  /** `wss:` */
  readonly secure: boolean;
  /** In lower case, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The Host field: host, with the port when it is not the scheme's default one (RFC 6455 §4.1). */
  readonly hostField: string;
  /** Path and query, as in the request line. */
  readonly resource: string;
  /** The value of Authorization that the URL's user name and password stand for, when it has any. */
  readonly authorization: string | undefined;
}

/**
 * @param maxLength in characters; 1024 as documented by the platform
 * @throws {BusinessError} 2302001; the message never repeats the URL, which may hold credentials
 */
export function parseTarget(url: string, maxLength: number): Target {
  if (url.length > maxLength) {
    throw urlError(`expected at most ${maxLength} characters (maxUrlLength), got ${url.length}`);
  }
  // RFC 3986 §2 has none; URL would drop them, and connect to something else than what is written.
  if (/[\u0000-\u001f\u007f]/.test(url)) throw urlError('expected no control character, such as a tab or a line end');
  // RFC 6455 §3: "Fragment identifiers are meaningless … and MUST NOT be used"
  if (url.includes('#')) throw urlError('expected no fragment ("#…"): a WebSocket URL must not have one');
  if (!/^wss?:\/\/[^/?]/i.test(url)) {
    throw urlError('expected "ws://host[:port]/path" or "wss://host[:port]/path" with a host in it');
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw urlError(`expected a valid host and a port between 1 and 65535 (${code ?? 'invalid URL'})`);
  }
  const secure = parsed.protocol === 'wss:';
  const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
  if (port === 0) throw urlError('expected a port between 1 and 65535, got 0');
  return {
    secure,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port,
    hostField: parsed.host,
    resource: parsed.pathname + parsed.search,
    authorization: basicAuthorization(parsed),
  };
}

function urlError(detail: string) {
  return businessError(2302001, detail);
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const credentials = [username, password].map((part) => decode(part)).join(':');
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
