/** The opening handshake of a client (RFC 6455 §4.1): the request's bytes and the verdict on the response. */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { RandomFill } from '../framing/mask.js';
import type { Field } from '../http/field.js';
import type { Head, StatusLine } from '../http/head.js';
import { quote, quoteAll } from '../printable.js';
import { Violation } from '../rules.js';

/** What a client asks for. Names and values have been checked (`options.ts`). */
export interface HandshakeRequest {
  /** The Host field: host, with the port when it is not the scheme's default one. */
  readonly host: string;
  /** Path and query, as in the request line. */
  readonly resource: string;
  /** Subprotocols in order of preference; none: an empty list. */
  readonly subprotocols: readonly string[];
  /** The offer for Sec-WebSocket-Extensions; none: an empty string. */
  readonly extensions: string;
  /** Further fields in the user's spelling. A `Host` among them replaces ours. */
  readonly fields: readonly Field[];
}

/** A verdict on a response that satisfies every rule. */
export interface HandshakeResult {
  /** The subprotocol that the server chose; empty when it chose none. */
  readonly subprotocol: string;
  /** The values of Sec-WebSocket-Extensions, all lines joined; empty when there is none. */
  readonly extensions: string;
}

/** RFC 6455 §1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 §4.1). */
export function handshakeKey(random: RandomFill): string {
  const nonce = Buffer.allocUnsafe(16);
  random(nonce);
  return nonce.toString('base64');
}

/** The Sec-WebSocket-Accept that answers a key: base64 of the SHA-1 of the key and the GUID (RFC 6455 §4.2.2). */
export function handshakeAccept(key: string): string {
  return hash('sha1', key + guid, 'base64');
}

/** The bytes of the request (RFC 6455 §4.1). Host first, as RFC 9110 §7.2 recommends. */
export function encodeHandshakeRequest(request: HandshakeRequest, key: string): Buffer {
  let host = '';
  let others = '';
  for (const [name, value] of request.fields) {
    if (name.length === 4 && name.toLowerCase() === 'host') host += `${name}: ${value}\r\n`;
    else others += `${name}: ${value}\r\n`;
  }
  const { resource, subprotocols, extensions } = request;
  const text =
    `GET ${resource} HTTP/1.1\r\n${host || `Host: ${request.host}\r\n`}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n` +
    (subprotocols.length > 0 ? `Sec-WebSocket-Protocol: ${subprotocols.join(', ')}\r\n` : '') +
    (extensions === '' ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`);
  // Everything but the program's own values is ASCII.
  return Buffer.from(`${text}${others}\r\n`, 'utf8');
}

/**
 * Judges a response, rule by rule in the order of RFC 6455 §4.1. Extensions are only collected here: what a negotiated
 * extension may answer is the business of that extension's module.
 *
 * @throws {Violation} one of the `handshake-…` rules
 */
export function checkHandshakeResponse(
  status: StatusLine,
  head: Head,
  request: HandshakeRequest,
  key: string,
): HandshakeResult {
  const fail = (...[id, got, expected]: [ConstructorParameters<typeof Violation>[0], string, string?]): never => {
    throw new Violation(id, got, 0, expected);
  };
  if (status.status !== 101) fail('handshake-status', `${status.status} ${status.message}`.trim());
  if (status.version !== '1.1') fail('handshake-http-version', `HTTP/${status.version}`);

  const upgrade = head.tokens('upgrade');
  if (upgrade.length !== 1 || upgrade[0] !== 'websocket') fail('handshake-upgrade', quoteAll(head.values('upgrade')));
  if (!head.tokens('connection').includes('upgrade')) fail('handshake-connection', quoteAll(head.values('connection')));

  const accepts = head.values('sec-websocket-accept');
  if (accepts.length !== 1) fail('handshake-accept-once', `it ${accepts.length} times`);
  const accept = handshakeAccept(key);
  if (accepts[0] !== accept) fail('handshake-accept', quote(accepts[0]!), `Sec-WebSocket-Accept is "${accept}"`);

  const extensionLines = head.values('sec-websocket-extensions');
  const extensions = extensionLines.filter((value) => value !== '').join(', ');
  // RFC 6455 §9.1: `1#extension`, so that an empty value is not one.
  if (extensionLines.length > 0 && extensions === '') fail('handshake-extension-syntax', 'an empty value');
  if (extensions !== '' && request.extensions === '') fail('handshake-extension', quote(extensions));

  const subprotocols = head.values('sec-websocket-protocol');
  if (subprotocols.length > 1) fail('handshake-subprotocol-once', `it ${subprotocols.length} times`);
  const [subprotocol] = subprotocols;
  // RFC 6455 §4.1: compared as they stand, without folding case. §4.2.2: without a choice there is no field.
  if (subprotocol !== undefined && !request.subprotocols.includes(subprotocol)) {
    const offer =
      request.subprotocols.length === 0 ? 'none was offered' : `offered: ${request.subprotocols.join(', ')}`;
    fail('handshake-subprotocol', `${quote(subprotocol)}; ${offer}`);
  }
  return { subprotocol: subprotocol ?? '', extensions };
}
