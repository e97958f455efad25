/** Requests that open no connection (RFC 6455 §4.2.1, §4.4). */
import { Buffer } from 'node:buffer';
import type { Probe } from '../probe-run.js';
import { answers, describeOutcome, refuses } from './probe-shapes.js';
import { added, doubled, line, replaced, without } from './request-mutations.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const server = 'RFC 6455 §4.2.1';
const response = 'RFC 6455 §4.2.2';

const base64 = (size: number): string => Buffer.alloc(size, 0x2a).toString('base64');

const refused: readonly Probe[] = [
  refuses(
    {
      id: 'handshake-method',
      reference: server,
      level: MUST,
      rule: 'opens no connection for a method other than GET',
      sends: 'a POST request',
    },
    line((text) => text.replace(/^GET/, 'POST')),
  ),
  refuses(
    {
      id: 'handshake-http-1.0',
      reference: server,
      level: MUST,
      rule: 'opens no connection below HTTP/1.1',
      sends: 'a request with HTTP/1.0',
    },
    line((text) => text.replace(/1\.1$/, '1.0')),
  ),
  refuses(
    {
      id: 'handshake-host-missing',
      reference: 'RFC 6455 §4.2.1, RFC 9112 §3.2',
      level: MUST,
      rule: 'refuses a request without Host',
      sends: 'no Host',
    },
    without('host'),
  ),
  refuses(
    {
      id: 'handshake-host-doubled',
      reference: 'RFC 9112 §3.2',
      level: MUST,
      rule: 'refuses a request with more than one Host',
      sends: 'two Host lines',
    },
    doubled('host'),
  ),
  refuses(
    {
      id: 'handshake-upgrade-missing',
      reference: server,
      level: MUST,
      rule: 'opens no connection without Upgrade',
      sends: 'no Upgrade',
    },
    without('upgrade'),
  ),
  refuses(
    {
      id: 'handshake-upgrade-other',
      reference: server,
      level: MUST,
      rule: 'opens no connection unless Upgrade has "websocket"',
      sends: 'Upgrade: websocketx',
    },
    replaced('upgrade', 'websocketx'),
  ),
  refuses(
    {
      id: 'handshake-connection-missing',
      reference: server,
      level: MUST,
      rule: 'opens no connection without Connection',
      sends: 'no Connection',
    },
    without('connection'),
  ),
  refuses(
    {
      id: 'handshake-connection-other',
      reference: server,
      level: MUST,
      rule: 'opens no connection unless Connection has the token "Upgrade"',
      sends: 'Connection: keep-alive',
    },
    replaced('connection', 'keep-alive'),
  ),
  refuses(
    {
      id: 'handshake-key-missing',
      reference: server,
      level: MUST,
      rule: 'refuses a request without Sec-WebSocket-Key',
      sends: 'no Sec-WebSocket-Key',
    },
    without('sec-websocket-key'),
  ),
  refuses(
    {
      id: 'handshake-key-empty',
      reference: server,
      level: MUST,
      rule: 'refuses an empty Sec-WebSocket-Key',
      sends: 'an empty Sec-WebSocket-Key',
    },
    replaced('sec-websocket-key', ''),
  ),
  refuses(
    {
      id: 'handshake-key-doubled',
      reference: 'RFC 6455 §4.2.1, §11.3.1',
      level: MUST,
      rule: 'refuses more than one Sec-WebSocket-Key',
      sends: 'two Sec-WebSocket-Key lines',
    },
    replaced('sec-websocket-key', base64(16), Buffer.alloc(16, 7).toString('base64')),
  ),
  refuses(
    {
      id: 'handshake-key-short',
      reference: server,
      level: MUST,
      rule: 'refuses a key that is not 16 bytes',
      sends: 'a key of 15 bytes',
    },
    replaced('sec-websocket-key', base64(15)),
  ),
  refuses(
    {
      id: 'handshake-key-long',
      reference: server,
      level: MUST,
      rule: 'refuses a key that is not 16 bytes',
      sends: 'a key of 17 bytes',
    },
    replaced('sec-websocket-key', base64(17)),
  ),
  refuses(
    {
      id: 'handshake-key-base64',
      reference: server,
      level: MUST,
      rule: 'refuses a key that is not base64',
      sends: 'a key of 24 characters that are not all of base64',
    },
    replaced('sec-websocket-key', '!!!!!!!!!!!!!!!!!!!!!!=='),
  ),
  refuses(
    {
      id: 'handshake-version-missing',
      reference: server,
      level: MUST,
      rule: 'refuses a request without Sec-WebSocket-Version',
      sends: 'no Sec-WebSocket-Version',
    },
    without('sec-websocket-version'),
  ),
  refuses(
    {
      id: 'handshake-version-doubled',
      reference: 'RFC 6455 §4.2.1, §11.3.5',
      level: MUST,
      rule: 'refuses more than one Sec-WebSocket-Version',
      sends: 'two Sec-WebSocket-Version lines, 13 and 12',
    },
    replaced('sec-websocket-version', '13', '12'),
  ),
  refuses(
    {
      id: 'handshake-version-syntax',
      reference: server,
      level: MUST,
      rule: 'refuses a version that is no number',
      sends: 'Sec-WebSocket-Version: 13.0',
    },
    replaced('sec-websocket-version', '13.0'),
  ),
  refuses(
    {
      id: 'handshake-version-12',
      reference: response,
      level: MUST,
      rule: 'aborts the handshake for a version that it does not speak',
      sends: 'Sec-WebSocket-Version: 12',
    },
    replaced('sec-websocket-version', '12'),
  ),
  refuses(
    {
      id: 'handshake-version-255',
      reference: response,
      level: MUST,
      rule: 'aborts the handshake for a version that does not exist',
      sends: 'Sec-WebSocket-Version: 255',
    },
    replaced('sec-websocket-version', '255'),
  ),
  refuses(
    {
      id: 'handshake-space-before-colon',
      reference: 'RFC 9112 §5.1',
      level: MUST,
      rule: 'refuses white space between a field name and the colon',
      sends: '"X-Audit : 1"',
    },
    added(['X-Audit ', '1']),
  ),
];

const versionNegotiation: readonly Probe[] = [
  answers(
    {
      id: 'handshake-version-offered',
      reference: 'RFC 6455 §4.2.2, §4.4',
      level: MUST,
      rule: 'names the versions that it speaks when it refuses one',
      sends: 'Sec-WebSocket-Version: 12',
    },
    'Sec-WebSocket-Version with 13 in the response',
    replaced('sec-websocket-version', '12'),
    ({ status, head }) => {
      if (status.status === 101) return '101: the version was not looked at';
      const versions = head.tokens('sec-websocket-version');
      return versions.includes('13')
        ? undefined
        : `${status.status} with ${versions.length === 0 ? 'no Sec-WebSocket-Version' : versions.join(', ')}`;
    },
  ),
  answers(
    {
      id: 'handshake-version-426',
      reference: 'RFC 6455 §4.2.2',
      level: SHOULD,
      rule: 'refuses a version with 426 Upgrade Required',
      sends: 'Sec-WebSocket-Version: 12',
    },
    '426 Upgrade Required',
    replaced('sec-websocket-version', '12'),
    (outcome) => (outcome.status.status === 426 ? undefined : describeOutcome(outcome)),
  ),
];

export const refusedHandshakeProbes: readonly Probe[] = [...refused, ...versionNegotiation];
