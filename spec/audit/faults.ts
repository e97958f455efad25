/** For every probe, the one fault that it has to find. */
import { Buffer } from 'node:buffer';
import { deflateFaults } from './deflate-faults.js';
import type { Fault, ServerFrame, ServerRequest } from './faulty-server.js';

/** Takes a request that deserves another status. */
const takes = (wrong: (request: ServerRequest) => boolean): Fault => ({
  status: (request, status) => (wrong(request) ? 101 : status),
});
/** Refuses a request that deserves 101. */
const turnsAway = (right: (request: ServerRequest) => boolean): Fault => ({
  status: (request, status) => (status === 101 && right(request) ? 400 : status),
});
const one = (request: ServerRequest, name: string): string => request.values(name).join('|');
/** Changes one field of a 101. */
const answers = (edit: (fields: string[], request: ServerRequest) => string[]): Fault => ({
  fields: (fields, request, status) => (status === 101 ? edit(fields, request) : fields),
});
const withField = (field: string, when: (request: ServerRequest) => boolean = () => true): Fault =>
  answers((fields, request) => (when(request) ? [...fields, field] : fields));
const withoutField = (start: string): Fault => answers((fields) => fields.filter((field) => !field.startsWith(start)));
const chooses = (...protocols: string[]): Fault =>
  answers((fields, request) => [
    ...fields.filter((field) => !field.startsWith('Sec-WebSocket-Protocol')),
    ...(request.values('sec-websocket-protocol').length > 0
      ? protocols.map((protocol) => `Sec-WebSocket-Protocol: ${protocol}`)
      : []),
  ]);
const extends_ = (extension: string, offer: string): Fault =>
  withField(`Sec-WebSocket-Extensions: ${extension}`, (request) =>
    one(request, 'sec-websocket-extensions').includes(offer),
  );

const overlooks = (rule: string, of: (frame: ServerFrame) => boolean = () => true): Fault => ({
  overlooks: (frame, broken) => broken === rule && of(frame),
});
const refuses = (
  right: NonNullable<Fault['refuses']> extends (frame: infer F, state: infer S) => unknown
    ? (frame: F, state: S) => boolean
    : never,
): Fault => ({
  refuses: (frame, state) => (right(frame, state) ? 1002 : undefined),
});
const refusesLength = (opcode: number, length: number): Fault =>
  refuses((frame) => frame.opcode === opcode && frame.length === length);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** Takes this one sequence for UTF-8. */
const badText = (text: string): Fault =>
  overlooks(
    'utf8',
    ({ payload }) => payload.toString('hex').replace(/^20/, '').replace(/20$/, '') === text.replaceAll(' ', ''),
  );
/** Takes this text for none. */
const goodText = (text: string): Fault => refuses(({ opcode, payload }) => opcode === 1 && payload.equals(hex(text)));
const closeCode = ({ payload }: { payload: Buffer }): number => (payload.length < 2 ? -1 : payload.readUInt16BE());
const refusesCloseCode = (code: number): Fault => refuses((frame) => frame.opcode === 8 && closeCode(frame) === code);
const echoesCloseCode = (code: number): Fault => overlooks('close-code', (frame) => closeCode(frame) === code);
const noPong = (text: string | Buffer): Fault => ({
  pong: (payload) => (payload.equals(Buffer.from(text)) ? undefined : payload),
});

const rsv = (bit: number): Fault => overlooks('rsv', (frame) => frame.opcode === 1 && frame.rsv === bit);

export const faults: Readonly<Record<string, Fault>> = {
  'handshake-status': { statusLine: 'HTTP/1.0 101' },
  'handshake-upgrade': withoutField('Upgrade'),
  'handshake-connection': answers((fields) =>
    fields.map((field) => (field === 'Connection: Upgrade' ? 'Connection: close' : field)),
  ),
  'handshake-accept': answers((fields) =>
    fields.map((field) =>
      field.startsWith('Sec-WebSocket-Accept') ? 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=' : field,
    ),
  ),
  'handshake-no-body': withField('Content-Length: 0'),
  'handshake-protocol-unoffered': withField(
    'Sec-WebSocket-Protocol: chat',
    (request) => request.values('sec-websocket-protocol').length === 0,
  ),
  'handshake-protocol': chooses('chat'),
  'handshake-protocol-list': chooses('audit.one, audit.two'),
  'handshake-protocol-lines': chooses('audit.one', 'audit.two'),
  'handshake-protocol-case': chooses('audit.example'),
  'handshake-extension-unoffered': withField(
    'Sec-WebSocket-Extensions: permessage-deflate',
    (request) => request.values('sec-websocket-extensions').length === 0,
  ),
  'handshake-extension-unknown': extends_('x-audit-unknown', 'x-audit-unknown'),
  'handshake-deflate-parameters': extends_('permessage-deflate; client_max_window_bits=12', 'permessage-deflate'),
  'handshake-deflate-unknown': extends_('permessage-deflate', 'x-audit=1'),
  'handshake-deflate-window': extends_('permessage-deflate', 'server_max_window_bits=16'),

  'handshake-upgrade-case': turnsAway((request) => one(request, 'upgrade') !== 'websocket'),
  'handshake-upgrade-list': turnsAway((request) => one(request, 'upgrade').includes(',')),
  'handshake-connection-case': turnsAway((request) => one(request, 'connection') !== 'Upgrade'),
  'handshake-connection-list': turnsAway((request) => one(request, 'connection').includes(',')),
  'handshake-connection-lines': turnsAway((request) => request.values('connection')[0] !== 'Upgrade'),
  'handshake-names-case': turnsAway((request) => !request.fields.some(([name]) => name === 'Sec-WebSocket-Key')),
  'handshake-fields-order': turnsAway((request) => request.fields[0]![0] !== 'Host'),
  'handshake-fields-unknown': turnsAway((request) => request.fields.some(([name]) => name === 'X-Audit')),
  'handshake-spaces': turnsAway((request) => request.fields.some(([, , raw]) => / $/.test(raw))),
  'handshake-tabs': turnsAway((request) => request.fields.some(([, , raw]) => raw.includes('\t'))),
  'handshake-key-any': turnsAway((request) => one(request, 'sec-websocket-key').startsWith('AAAAAAAAAAAAAAAA')),
  'handshake-pieces': turnsAway((request) => request.chunks > 1),
  'handshake-absolute-form': turnsAway((request) => request.line.startsWith('GET http:')),

  'handshake-method': takes((request) => request.line.startsWith('POST')),
  'handshake-http-1.0': takes((request) => request.line.endsWith('1.0')),
  'handshake-host-missing': takes((request) => request.values('host').length === 0),
  'handshake-host-doubled': takes((request) => request.values('host').length === 2),
  'handshake-upgrade-missing': takes((request) => request.values('upgrade').length === 0),
  'handshake-upgrade-other': takes((request) => one(request, 'upgrade') === 'websocketx'),
  'handshake-connection-missing': takes((request) => request.values('connection').length === 0),
  'handshake-connection-other': takes((request) => one(request, 'connection') === 'keep-alive'),
  'handshake-key-missing': takes((request) => request.values('sec-websocket-key').length === 0),
  'handshake-key-empty': takes((request) => request.values('sec-websocket-key')[0] === ''),
  'handshake-key-doubled': takes((request) => request.values('sec-websocket-key').length === 2),
  'handshake-key-short': takes((request) => one(request, 'sec-websocket-key').length === 20),
  'handshake-key-long': takes((request) => Buffer.from(one(request, 'sec-websocket-key'), 'base64').length === 17),
  'handshake-key-base64': takes((request) => one(request, 'sec-websocket-key').startsWith('!')),
  'handshake-version-missing': takes((request) => request.values('sec-websocket-version').length === 0),
  'handshake-version-doubled': takes((request) => request.values('sec-websocket-version').length === 2),
  'handshake-version-syntax': takes((request) => one(request, 'sec-websocket-version') === '13.0'),
  'handshake-version-12': takes((request) => one(request, 'sec-websocket-version') === '12'),
  'handshake-version-255': takes((request) => one(request, 'sec-websocket-version') === '255'),
  'handshake-space-before-colon': takes((request) => request.fields.some(([name]) => name.endsWith(' '))),
  'handshake-version-offered': {
    fields: (fields, _request, status) =>
      status === 426 ? fields.filter((field) => !field.startsWith('Sec-')) : fields,
  },
  'handshake-version-426': { status: (_request, status) => (status === 426 ? 400 : status) },
  'handshake-head-large': { diesOfHeads: 100_000 },

  'frame-text-0': refusesLength(1, 0),
  'frame-binary-0': refusesLength(2, 0),
  'frame-text-125': refusesLength(1, 125),
  'frame-text-126': refusesLength(1, 126),
  'frame-binary-127': refusesLength(2, 127),
  'frame-binary-128': refusesLength(2, 128),
  'frame-binary-65535': refusesLength(2, 65535),
  'frame-binary-65536': refusesLength(2, 65536),
  'frame-mask-zero': refuses((frame) => frame.maskingKey === 0),
  'frame-mask-octets': {
    echo: (_opcode, payload) => Buffer.from(payload.map((byte, index) => (index === 30 ? byte ^ 1 : byte))),
  },
  'frame-pieces': { needsWhole: (opcode) => opcode === 1 },
  'frame-together': refuses((_frame, state) => state.frames === 2),
  'frame-own-unmasked': { sends: (frame) => ({ ...frame, masked: frame.opcode === 10 }) },
  'frame-own-rsv': { sends: (frame) => ({ ...frame, rsv: frame.opcode === 2 ? 4 : 0 }) },
  'frame-own-opcode': { sends: (frame) => ({ ...frame, opcode: frame.opcode === 2 ? 3 : frame.opcode }) },
  'frame-own-length': { sends: (frame) => (frame.payload.length === 125 ? { ...frame, lengthBits: 16 } : frame) },
  'frame-own-control': { sends: (frame) => (frame.opcode === 10 ? { ...frame, fin: false } : frame) },
  'frame-unmasked': overlooks('mask', ({ opcode }) => opcode === 1),
  'frame-unmasked-control': overlooks('mask', ({ opcode }) => opcode === 10),
  'frame-rsv-control': overlooks('rsv', ({ opcode }) => opcode === 10),
  'frame-length-16-minimal': overlooks('minimal', ({ lengthBits }) => lengthBits === 16),
  'frame-length-64-minimal': overlooks('minimal', ({ lengthBits }) => lengthBits === 64),
  'frame-length-top-bit': { overlooks: (_frame, rule) => rule === 'top-bit' || rule === 'size' },
  'frame-control-fragmented': overlooks('control-fin'),
  'frame-control-continued': { overlooks: (_frame, rule) => rule === 'control-fin' || rule === 'continuation' },
  'frame-control-long': overlooks('control-length', ({ opcode }) => opcode === 10),
  'frame-control-long-ping': overlooks('control-length', ({ opcode }) => opcode === 9),
  'frame-rsv1': rsv(4),
  'frame-rsv2': rsv(2),
  'frame-rsv3': rsv(1),
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
      `frame-opcode-${opcode.toString(16)}`,
      overlooks('opcode', (frame) => frame.opcode === opcode),
    ]),
  ),

  'message-fragments-text': refuses(({ opcode }, state) => opcode === 0 && state.message === 1),
  'message-fragments-binary': refuses(({ opcode }, state) => opcode === 0 && state.message === 2),
  'message-fragments-many': refuses((_frame, state) => state.fragments === 10),
  'message-fragments-empty-first': refuses(({ opcode, fin, length }) => opcode === 1 && !fin && length === 0),
  'message-fragments-empty-last': refuses(({ opcode, fin, length }) => opcode === 0 && fin && length === 0),
  'message-fragments-empty-all': { echo: (_opcode, payload) => (payload.length === 0 ? undefined : payload) },
  'message-fragments-ping': refuses(({ opcode }, state) => opcode === 9 && state.message !== 0),
  'message-fragments-pong': refuses(({ opcode }, state) => opcode === 10 && state.message !== 0),
  'message-fragments-pieces': { needsWhole: (_opcode, fin) => !fin },
  'message-ping-unfinished': { pong: (payload, state) => (state.message === 0 ? payload : undefined) },
  'message-after-fragments': refuses(({ opcode }, state) => opcode === 1 && state.last?.opcode === 0),
  'message-continuation-first': overlooks('continuation', ({ fin }) => fin),
  'message-continuation-first-unfinished': overlooks('continuation', ({ fin }) => !fin),
  'message-continuation-after': { overlooks: (_frame, rule, state) => rule === 'continuation' && state.frames > 0 },
  'message-interleaved-text': overlooks('interleaved', ({ opcode }) => opcode === 1),
  'message-interleaved-binary': overlooks('interleaved', ({ opcode }) => opcode === 2),

  'utf8-valid-lengths': goodText('24 c2 a2 e2 82 ac f0 9f 98 80'),
  'utf8-valid-boundaries': goodText('00 7f c2 80 df bf e0 a0 80 ef bf bf f0 90 80 80 f4 8f bf bf'),
  'utf8-valid-around-surrogates': goodText('ed 9f bf ee 80 80'),
  'utf8-valid-noncharacters': goodText('ef bf be ef bf bf f0 9f bf be'),
  'utf8-valid-null': {
    echo: (_opcode, payload) => (payload.includes(0) ? payload.subarray(0, payload.indexOf(0)) : payload),
  },
  'utf8-valid-byte-order-mark': { echo: (_opcode, payload) => (payload[0] === 0xef ? payload.subarray(3) : payload) },
  'utf8-valid-combining': { echo: (_opcode, payload) => Buffer.from(payload.toString().normalize('NFC')) },
  'utf8-valid-split': refuses(({ opcode, payload, fin }) => opcode === 1 && !fin && payload[0]! >= 0x80),
  'utf8-continuation-first': badText('80'),
  'utf8-continuation-last': badText('bf'),
  'utf8-continuation-extra': badText('c3 bc bc'),
  'utf8-overlong-2': badText('c0 af'),
  'utf8-overlong-2-highest': badText('c1 bf'),
  'utf8-overlong-3': badText('e0 80 af'),
  'utf8-overlong-3-highest': badText('e0 9f bf'),
  'utf8-overlong-4': badText('f0 80 80 af'),
  'utf8-overlong-4-highest': badText('f0 8f bf bf'),
  'utf8-overlong-null': badText('c0 80'),
  'utf8-surrogate-first': badText('ed a0 80'),
  'utf8-surrogate-last': badText('ed bf bf'),
  'utf8-surrogate-pair': badText('ed a0 bd ed b8 80'),
  'utf8-above-range': badText('f4 90 80 80'),
  'utf8-byte-f5': badText('f5 80 80 80'),
  'utf8-byte-fe': badText('fe'),
  'utf8-byte-ff': badText('ff'),
  'utf8-length-5': badText('f8 88 80 80 80'),
  'utf8-length-6': badText('fc 84 80 80 80 80'),
  'utf8-cut-2': badText('c3'),
  'utf8-cut-3': badText('e2 82'),
  'utf8-cut-4': badText('f0 9f 98'),
  'utf8-cut-inside': badText('e2 28 a1'),
  'utf8-latin1': badText('67 72 fc df 65'),
  'utf8-split-second': { overlooks: (_frame, rule, state) => rule === 'utf8' && state.fragments === 2 },
  'utf8-split-boundary': badText('ed a0 80'),
  'utf8-split-cut': { overlooks: ({ payload }, rule) => rule === 'utf8' && payload.at(-2) === 0xe2 },

  'ping-empty': noPong(''),
  'ping-payload': { pong: () => Buffer.alloc(0) },
  'ping-binary': { pong: (payload) => Buffer.from(payload.toString('utf8').slice(0, 20)) },
  'ping-125': { pong: (payload) => payload.subarray(0, 124) },
  'ping-pieces': { needsWhole: (opcode) => opcode === 9 },
  'ping-after-pong': refuses(({ opcode, length }) => opcode === 10 && length > 0),
  'ping-after-pong-empty': refuses(({ opcode, length }) => opcode === 10 && length === 0),
  'ping-several': { pong: (payload, state) => (state.pings === 1 ? payload : undefined) },
  'ping-storm': refuses(({ opcode }, state) => opcode === 9 && state.pings === 1000),
  'ping-pong-unanswered': { answersPongs: true },

  'close-reply': { close: () => undefined },
  'close-echo': { close: () => hex('03e9') },
  'close-tcp': { keepsTcp: true },
  'close-empty': { close: (body, reply) => (body.length === 0 ? undefined : reply) },
  'close-empty-code': { close: (body, reply) => (body.length === 0 ? hex('03ed') : reply) },
  'close-reason': refuses(({ opcode, length }) => opcode === 8 && length === 125),
  'close-reason-characters': refuses(
    ({ opcode, payload }) => opcode === 8 && payload.subarray(2).some((byte) => byte >= 0x80),
  ),
  'close-inside-message': { close: (_body, reply, state) => (state.message === 0 ? reply : undefined) },
  'close-last': { afterClose: { opcode: 1, answer: 'after' } },
  'close-discards': { afterClose: { opcode: 1, answer: 'before' } },
  'close-ping-after': { afterClose: { opcode: 9, answer: 'before' } },
  'close-pieces': { needsWhole: (opcode) => opcode === 8 },
  ...Object.fromEntries(
    [1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code) => [
      `close-code-${code}`,
      code === 1002 ? { close: (): undefined => undefined } : refusesCloseCode(code),
    ]),
  ),
  ...Object.fromEntries(
    [1005, 1006, 1015, 0, 999, 1004, 1016, 1100, 2000, 2999, 5000, 65535].map((code) => [
      `close-code-${code}`,
      echoesCloseCode(code),
    ]),
  ),
  'close-body-1': overlooks('close-length'),
  'close-reason-utf8': overlooks('close-utf8'),
  'close-long': overlooks('control-length', ({ opcode }) => opcode === 8),
  'close-on-failure': { failsSilently: true },

  'limit-text-1m': refusesLength(1, 2 ** 20),
  'limit-binary-8m': refusesLength(2, 2 ** 23),
  'limit-fragments-1000': refuses((_frame, state) => state.fragments === 500),
  'limit-messages-500': refuses((_frame, state) => state.frames === 400),
  'limit-slow': { needsWhole: (_opcode, _fin, length) => length === 300 },
  'limit-announced': { diesOf: ({ length }) => length === 2 ** 62 },
  'limit-announced-fragments': { diesOf: ({ length }) => length === 2 ** 53 - 1 },
  'limit-vanished': { diesOfVanishing: true },
  'limit-waiting': { blocks: true },
  ...deflateFaults,
};
