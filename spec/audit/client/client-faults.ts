/** For every probe of clients, the one fault that it has to find; what both sides do alike has the faults of servers. */
import { Buffer } from 'node:buffer';
import { frame } from '../../peer/frames.js';
import { faults } from '../faults.js';
import type { ClientFault } from './faulty-client.js';

const sends = (start: string, ...instead: string[]): ClientFault => ({
  request: (lines) => lines.flatMap((line) => (line.startsWith(start) ? instead : [line])),
});
const sendsToo = (...more: string[]): ClientFault => ({ request: (lines) => [...lines, ...more] });
const takes = (...rules: string[]): ClientFault => ({ takes: (rule) => rules.includes(rule) });
const refusesHead = (pattern: RegExp): ClientFault => ({ refusesHead: (head) => pattern.test(head) });
const each = (ids: readonly string[], fault: ClientFault): Record<string, ClientFault> =>
  Object.fromEntries(ids.map((id) => [id, fault]));
const key = (next: () => number): ClientFault => ({
  key: () => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(next() | 0);
    return bytes;
  },
});
const counting = (step: number, most = 2 ** 32): ClientFault => {
  let count = 0;
  return key(() => (count++ % most) * step);
};
const random = (): number => Math.floor(Math.random() * 2 ** 32);

const handshake: Record<string, ClientFault> = {
  'handshake-request-syntax': sendsToo('X-Audit : 1'),
  'handshake-request-method': sends('GET', 'POST / HTTP/1.1'),
  'handshake-request-version': sends('GET', 'GET / HTTP/1.0'),
  'handshake-request-target': sends('GET', 'GET /#fragment HTTP/1.1'),
  'handshake-host': sends('Host'),
  'handshake-upgrade': sends('Upgrade', 'Upgrade: h2c'),
  'handshake-connection': sends('Connection', 'Connection: keep-alive'),
  'handshake-key': { nonce: Buffer.alloc(15, 1) },
  'handshake-version': sends('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 13, 8'),
  'handshake-protocol-offer': { ...sendsToo('Sec-WebSocket-Protocol: a, a'), takes: () => true },
  'handshake-extension-offer': sends('Sec-WebSocket-Extensions', 'Sec-WebSocket-Extensions: ;x'),
  'handshake-no-body': sendsToo('Content-Length: 4'),
  'handshake-key-fresh': { nonce: Buffer.alloc(16, 1) },
  'handshake-waits': { early: frame(1, 'too early', { masked: true }) },
  'handshake-takes-response': refusesHead(/^/),
  'handshake-takes-names-case': refusesHead(/UPGRADE:/),
  'handshake-takes-upgrade-case': refusesHead(/WebSocket\r/),
  'handshake-takes-connection-case': refusesHead(/Connection: upgrade/),
  'handshake-takes-connection-list': refusesHead(/Connection: keep-alive, Upgrade/),
  'handshake-takes-connection-lines': refusesHead(/Connection: keep-alive\r/),
  'handshake-takes-fields-more': refusesHead(/X-Empty/),
  'handshake-takes-fields-order': refusesHead(/^\S+ 101.*\r\nSec-WebSocket-Accept/),
  'handshake-takes-reason': refusesHead(/^\S+ 101 Web/),
  'handshake-takes-reason-empty': refusesHead(/^\S+ 101 \r/),
  'handshake-takes-pieces': { refusesHead: (_head, chunks) => chunks > 1 },
  ...each(
    [200, 204, 301, 400, 403, 404, 426, 500, 503].map((status) => `handshake-refuses-status-${status}`),
    takes('status'),
  ),
  'handshake-refuses-http-1.0': takes('http-version'),
  ...each(['handshake-refuses-upgrade-missing', 'handshake-refuses-upgrade-other'], takes('upgrade')),
  ...each(['handshake-refuses-connection-missing', 'handshake-refuses-connection-other'], takes('connection')),
  ...each(
    ['missing', 'empty', 'other', 'case', 'longer'].map((what) => `handshake-refuses-accept-${what}`),
    takes('accept'),
  ),
  'handshake-refuses-accept-doubled': takes('accept-once'),
  ...each(['handshake-refuses-protocol-unoffered', 'handshake-refuses-protocol-doubled'], takes('protocol')),
  ...each(['handshake-refuses-extension-unoffered', 'handshake-refuses-extension-syntax'], takes('extension')),
  'handshake-refuses-space-before-colon': takes('space'),
  'handshake-refuses-not-http': { takes: () => true },
};

const frames: Record<string, ClientFault> = {
  'frame-masked-control': { sends: (sent) => (sent.opcode === 10 ? { ...sent, masked: false } : sent) },
  'frame-masked-empty': { sends: (sent) => (sent.payload.length === 0 ? { ...sent, masked: false } : sent) },
  'frame-masked-close': { sends: (sent) => (sent.opcode === 8 ? { ...sent, masked: false } : sent) },
  'frame-masked-message': { sends: (sent) => (sent.opcode === 1 ? { ...sent, masked: false } : sent) },
  'frame-key-repeated': counting(0x01234567, 20),
  'frame-key-counted': counting(1),
  'frame-key-bytes': key(() => random() & 0xff00ffff),
  'frame-key-seed': { key: () => Buffer.from([1, 2, 3, 4]) },
  'frame-refuses-masked-text': { overlooks: ({ opcode }, rule) => rule === 'mask' && opcode === 1 },
  'frame-refuses-masked-ping': { overlooks: ({ opcode }, rule) => rule === 'mask' && opcode === 9 },
  'close-waits': { closesFirst: true },
  'close-discards-after-violation': { overlooks: (_frame, rule) => rule === 'opcode' },
  'close-silent-after-violation': { closesTwice: true },
  'limit-announced': { overlooks: (_frame, rule) => rule === 'size' },
  'limit-announced-fragments': { overlooks: (_frame, rule) => rule === 'size' },
};

const deflate: Record<string, ClientFault> = {
  ...each(
    [
      'parameter',
      'server-window-7',
      'server-window-16',
      'server-window-empty',
      'server-window-zero',
      'client-window-empty',
      'client-window-7',
      'client-window-16',
      'takeover-value',
      'doubled',
    ].map((id) => `deflate-answer-${id}`),
    takes('parameters'),
  ),
  'deflate-answer-twice': takes('extension-once'),
  'deflate-refuses-rsv1-ping': faults['deflate-rsv1-ping']!,
  'deflate-refuses-rsv1-continuation': faults['deflate-rsv1-late']!,
  'deflate-refuses-rsv2': faults['deflate-rsv2']!,
  'deflate-refuses-data': faults['deflate-data-type']!,
  'deflate-refuses-utf8': faults['deflate-utf8']!,
};

export const clientFaults: Readonly<Record<string, ClientFault>> = { ...faults, ...handshake, ...frames, ...deflate };
