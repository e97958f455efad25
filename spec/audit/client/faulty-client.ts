/** A WebSocket client written for the specs of the audit, which echoes: correct, or with exactly one fault out of a table. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { acceptFor } from '../../peer/acceptance.js';
import { type Fault, FaultyConnection } from '../faulty-server.js';

/** What a faulty client does otherwise; the rest as a faulty server. */
export interface ClientFault extends Fault {
  /** Changes the lines of the request. */
  request?(lines: string[]): string[];
  /** Sent behind the request, at once. */
  early?: Buffer;
  /** Overlooks what is wrong with a response. */
  takes?(rule: string): boolean;
  /** Refuses a response that is right: the text of its head. */
  refusesHead?(head: string, chunks: number): boolean;
  /** The nonce of every key. */
  nonce?: Buffer;
}

const offer = 'permessage-deflate; client_max_window_bits';

/** Connects once; `ended`: TCP has ended. @returns what ends it */
export function startFaultyClient(
  url: string,
  fault: ClientFault = {},
  ended: () => void = () => {},
): { stop(): void } {
  const { hostname, port, host } = new URL(url);
  const key = (fault.nonce ?? randomBytes(16)).toString('base64');
  const socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {});
  socket.on('close', ended);
  const lines = [
    'GET / HTTP/1.1',
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Extensions: ${offer}`,
  ];
  const request = `${(fault.request?.(lines) ?? lines).join('\r\n')}\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(request, 'latin1'), fault.early ?? Buffer.alloc(0)]));
  let bytes = Buffer.alloc(0);
  let chunks = 0;
  const receive = (chunk: Buffer): void => {
    chunks++;
    bytes = Buffer.concat([bytes, chunk]);
    const isHttp = 'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7));
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 && (isHttp || fault.takes?.('http'))) return;
    socket.off('data', receive);
    const head = bytes.toString('latin1', 0, Math.max(end, 0));
    const broken = problems(head, key).filter((rule) => !fault.takes?.(rule));
    if (end < 0 || broken.length > 0 || fault.refusesHead?.(head, chunks)) return void socket.destroy();
    const connection = new FaultyConnection(
      socket,
      fault,
      { dead: false, waiting: 0, total: 1, sockets: new Set() },
      true,
    );
    const answer = /^Sec-WebSocket-Extensions: (permessage-deflate.*)$/im.exec(head)?.[1];
    if (answer !== undefined) connection.compresses(answer);
    socket.unshift(bytes.subarray(end + 4));
  };
  socket.on('data', receive);
  socket.on('end', () => socket.end());
  return { stop: () => socket.destroy() };
}

/** The rules that a response breaks. */
function problems(head: string, key: string): string[] {
  const [line, ...rest] = head.split('\r\n');
  const fields = rest.map((text): [string, string] => {
    const colon = text.indexOf(':');
    return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
  });
  const values = (name: string): string[] => fields.flatMap(([given, value]) => (given === name ? [value] : []));
  const tokens = (name: string): string[] =>
    values(name).flatMap((value) =>
      value
        .toLowerCase()
        .split(',')
        .map((token) => token.trim()),
    );
  const accepts = values('sec-websocket-accept');
  const rules: readonly [rule: string, isKept: boolean][] = [
    ['http', line!.startsWith('HTTP/')],
    ['http-version', !line!.startsWith('HTTP/1.0')],
    ['status', /^HTTP\/1\.\d 101( |$)/.test(line!) || !line!.startsWith('HTTP/')],
    ['upgrade', tokens('upgrade').join() === 'websocket'],
    ['connection', tokens('connection').includes('upgrade')],
    ['accept', accepts[0] === acceptFor(key)],
    ['accept-once', accepts.length < 2],
    ['protocol', values('sec-websocket-protocol').length === 0],
    ['extension', values('sec-websocket-extensions').every((value) => value === '' || areKnown(value))],
    ['parameters', values('sec-websocket-extensions').every((value) => !areKnown(value) || areRight(value))],
    ['extension-once', values('sec-websocket-extensions').length < 2],
    ['space', !fields.some(([name]) => name.endsWith(' '))],
  ];
  return rules.flatMap(([rule, isKept]) => (isKept ? [] : [rule]));
}

const areKnown = (value: string): boolean => value.startsWith('permessage-deflate');

function areRight(value: string): boolean {
  const parts = value.split(';').map((part) => part.trim());
  const names = parts.map((part) => part.split('=')[0]);
  const known = /^(?:(?:server|client)_no_context_takeover|(?:server|client)_max_window_bits=(?:8|9|1[0-5]))$/;
  return new Set(names).size === names.length && parts.slice(1).every((part) => known.test(part));
}
