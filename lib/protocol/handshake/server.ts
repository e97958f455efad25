/** The server's side of the opening handshake (RFC 6455 §4.2): a request head -> the bytes of the answer. */
import { Buffer } from 'node:buffer';
import { type Field, isToken, listElements } from '../http/field.js';
import type { Head } from '../http/head.js';
import type { MessageExtension } from '../messages/extension.js';
import { handshakeAccept } from './client.js';

/** What to answer. */
export interface HandshakeAnswer {
  readonly bytes: Buffer;
  /** Whether frames follow; otherwise the connection ends after the answer. */
  readonly accepted: boolean;
  /** What was agreed on, if anything. */
  readonly extension?: MessageExtension | undefined;
}

/** What a server is ready to agree on. */
export interface ServerAbilities {
  /** Those that the server speaks. Without a list it takes the first that the client offers. */
  readonly subprotocols?: readonly string[] | undefined;
  /** Looks for an offer in Sec-WebSocket-Extensions. Without it every extension is declined. */
  readonly negotiate?: ((offers: string) => { response: string; extension: MessageExtension } | undefined) | undefined;
}

/**
 * Judges a request, rule by rule in the order of RFC 6455 §4.2.1.
 *
 * @throws {Violation} `handshake-extension-syntax`
 */
export function answerHandshake(head: Head, { subprotocols, negotiate }: ServerAbilities = {}): HandshakeAnswer {
  const [method, target, version, ...rest] = head.startLine.split(' ');
  // RFC 9112 §3: exactly `method SP request-target SP HTTP-version`.
  if (method === undefined || !isToken(method) || !target || rest.length > 0 || !/^HTTP\/\d\.\d$/.test(version ?? '')) {
    return refuse('400 Bad Request', 'The request line is not "method target HTTP/1.1".');
  }
  if (version !== 'HTTP/1.1') return refuse('505 HTTP Version Not Supported', `Expected HTTP/1.1, got ${version}.`);
  // RFC 9112 §3.2: a request without Host, or with more than one, is answered with 400.
  const hosts = head.values('host');
  if (hosts.length !== 1) return refuse('400 Bad Request', `Expected one Host, got ${hosts.length}.`);
  if (method !== 'GET') return refuse('405 Method Not Allowed', `Expected GET, got ${method}.`, [['Allow', 'GET']]);
  if (!head.tokens('upgrade').includes('websocket') || !head.tokens('connection').includes('upgrade')) {
    const fields: Field[] = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
    ];
    return refuse('426 Upgrade Required', 'Expected Upgrade: websocket and Connection: Upgrade.', fields);
  }
  const versions = head.values('sec-websocket-version');
  if (versions.length !== 1 || !/^\d{1,3}$/.test(versions[0]!)) {
    return refuse('400 Bad Request', `Expected one Sec-WebSocket-Version with a number, got ${versions.length} lines.`);
  }
  if (versions[0] !== '13') {
    // RFC 6455 §4.4: the answer names the versions that the server understands.
    const fields: Field[] = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Version', '13'],
    ];
    return refuse('426 Upgrade Required', `Expected Sec-WebSocket-Version: 13, got ${versions[0]}.`, fields);
  }
  const keys = head.values('sec-websocket-key');
  // RFC 6455 §4.2.1: base64 of 16 bytes, so 22 characters and two of padding.
  if (keys.length !== 1 || !/^[A-Za-z0-9+/]{22}==$/.test(keys[0]!)) {
    return refuse('400 Bad Request', 'Expected one Sec-WebSocket-Key that is base64 of 16 bytes.');
  }
  const offer = head.values('sec-websocket-protocol').flatMap(listElements);
  if (!offer.every(isToken)) return refuse('400 Bad Request', 'Expected tokens in Sec-WebSocket-Protocol.');
  const offers = head.values('sec-websocket-extensions');
  const agreed = offers.length === 0 ? undefined : negotiate?.(offers.join(', '));
  // RFC 6455 §4.2.2
  const fields: Field[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', handshakeAccept(keys[0]!)],
  ];
  const subprotocol = offer.find((offered) => subprotocols?.includes(offered) ?? true);
  if (subprotocol !== undefined) fields.push(['Sec-WebSocket-Protocol', subprotocol]);
  if (agreed !== undefined) fields.push(['Sec-WebSocket-Extensions', agreed.response]);
  return { bytes: encode('101 Switching Protocols', fields, ''), accepted: true, extension: agreed?.extension };
}

/** An answer that ends the connection; `explanation` goes into its body. */
export function refuse(status: string, explanation: string, fields: readonly Field[] = []): HandshakeAnswer {
  const body = `${explanation}\n`;
  // RFC 9110 §7.8: a 426 names the upgrade in Connection as well; "close" says that no further request is read.
  const connection = fields.some(([name]) => name === 'Upgrade') ? 'Upgrade, close' : 'close';
  const all: Field[] = [
    ...fields.filter(([name]) => name !== 'Connection'),
    ['Connection', connection],
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ];
  return { bytes: encode(status, all, body), accepted: false };
}

function encode(status: string, fields: readonly Field[], body: string): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`);
}
