/** The URL and the subprotocols of the constructor, as the standard reads them (WebSockets §3.1, Fetch §2.9). */

import { isToken } from '../protocol/http/field.js';

/** Those of Unix sockets are of this package and of `ws`, not of the standard. */
const schemes: readonly string[] = ['ws:', 'wss:', 'ws+unix:', 'wss+unix:'];

/**
 * The URL of a WebSocket: relative to the page's when the program has one (`globalThis.location`), `http:` as `ws:`.
 *
 * @throws {DOMException} SyntaxError
 */
export function parseUrl(given: string): URL {
  const { location } = globalThis as { location?: { href?: unknown } };
  const base = typeof location?.href === 'string' ? location.href : undefined;
  let url: URL;
  try {
    url = new URL(given, base);
  } catch {
    throw syntaxError('The URL is not valid; expected "ws://host[:port]/path" or "wss://…".');
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  if (!schemes.includes(url.protocol)) {
    throw syntaxError(`The scheme of the URL must be ws, wss, http or https, got ${url.protocol.slice(0, 20)}`);
  }
  if (url.href.includes('#')) throw syntaxError('The URL must not have a fragment ("#…").');
  return url;
}

/** @throws {DOMException} SyntaxError for what is not a token, or there twice */
export function checkProtocols(protocols: readonly string[]): void {
  const seen = new Set<string>();
  for (const protocol of protocols) {
    if (!isToken(protocol)) throw syntaxError('A subprotocol must be a token (RFC 9110 §5.6.2).');
    const folded = protocol.toLowerCase();
    if (seen.has(folded)) throw syntaxError(`The subprotocol ${protocol.slice(0, 20)} is there twice.`);
    seen.add(folded);
  }
}

export function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}

/** Ports of other services, to which no web page connects (Fetch §2.9, "bad port"). */
const badPorts: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

export function isBadPort({ port }: URL): boolean {
  return port !== '' && badPorts.has(Number(port));
}
