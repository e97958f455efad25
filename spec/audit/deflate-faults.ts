/** For every probe of compression, the one fault that it has to find. */
import { Buffer } from 'node:buffer';
import type { DeflateFault } from './faulty-deflate.js';
import type { Fault, ServerFrame, ServerState } from './faulty-server.js';

const deflate = (fault: DeflateFault): Fault => ({ deflate: fault });
/** Answers these offers, and no others, in this way. */
const answers = (offers: string, answer: string | number | undefined): Fault =>
  deflate({
    answers: (given, right) => (given.replaceAll(' ', '') === offers.replaceAll(' ', '') ? answer : right),
  });
const name = 'permessage-deflate';
/** Takes an offer for this plain one. */
const takes = (parameters: string): Fault => answers(`${name}; ${parameters}`, name);
const overlooks = (rule: string, of: (frame: ServerFrame) => boolean): Fault => ({
  overlooks: (frame, broken, state) => broken === rule && state.deflate && of(frame),
});
const refuses = (right: (frame: ServerFrame, state: ServerState) => boolean): Fault => ({
  refuses: (frame, state) => (state.deflate && right(frame, state) ? 1002 : undefined),
});
const refusesData = (right: NonNullable<DeflateFault['refuses']>): Fault => deflate({ refuses: right });
const overlooksData = (hex: string): Fault =>
  deflate({ overlooks: (data) => data.toString('hex').startsWith(hex.replaceAll(' ', '')) });
const overlooksText = (end: string): Fault =>
  overlooks('utf8', ({ payload }) => payload.toString('hex').endsWith(end.replaceAll(' ', '')));
/** The type of the first block of the data. */
const blockType = (data: Buffer): number => (data[0]! >> 1) & 3;

const offers: Record<string, Fault> = {
  'deflate-offer-client-window': answers(`${name}; client_max_window_bits`, `${name}; client_max_window_bits`),
  'deflate-offer-client-window-10': answers(`${name}; client_max_window_bits=10`, `${name}; client_max_window_bits=11`),
  'deflate-offer-server-window-8': takes('server_max_window_bits=8'),
  'deflate-offer-server-window-10': answers(`${name}; server_max_window_bits=10`, `${name}; server_max_window_bits=12`),
  'deflate-offer-server-window-15': takes('server_max_window_bits=15'),
  'deflate-offer-server-no-takeover': takes('server_no_context_takeover'),
  'deflate-offer-client-no-takeover': answers(
    `${name}; client_no_context_takeover`,
    `${name}; client_no_context_takeover=1`,
  ),
  'deflate-offer-all': takes(
    'server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=11',
  ),
  'deflate-offer-quoted': answers(`${name}; server_max_window_bits="10"`, 400),
  'deflate-offer-spaces': takes('server_max_window_bits=10; server_no_context_takeover'),
  'deflate-offer-spaces-value': deflate({ answers: (offers, answer) => (offers.includes(' = ') ? 400 : answer) }),
  'deflate-offer-fallback': answers(
    `${name}; server_max_window_bits=10, ${name}; server_no_context_takeover`,
    `${name}; server_max_window_bits=10, ${name}; server_no_context_takeover`,
  ),
  'deflate-offer-lines': answers(`${name}; server_max_window_bits=10,${name}; server_no_context_takeover`, name),
  'deflate-offer-twice': answers(`${name}, ${name}, ${name}`, `${name}, ${name}, ${name}`),
  'deflate-offer-after-unknown': answers(`x-audit-unknown; a="b", ${name}`, 'x-audit-unknown'),
  'deflate-offer-after-illegal': answers(`${name}; x-audit=1, ${name}; server_no_context_takeover`, name),
  'deflate-offer-empty-elements': answers(`, ${name},`, 400),
  'deflate-illegal-server-window-empty': takes('server_max_window_bits'),
  'deflate-illegal-server-window-7': takes('server_max_window_bits=7'),
  'deflate-illegal-server-window-0': takes('server_max_window_bits=0'),
  'deflate-illegal-server-window-16-quoted': takes('server_max_window_bits="16"'),
  'deflate-illegal-server-window-zero': takes('server_max_window_bits=010'),
  'deflate-illegal-server-window-sign': takes('server_max_window_bits=+10'),
  'deflate-illegal-server-window-fraction': takes('server_max_window_bits=10.0'),
  'deflate-illegal-server-window-word': takes('server_max_window_bits=ten'),
  'deflate-illegal-client-window-7': takes('client_max_window_bits=7'),
  'deflate-illegal-client-window-16': takes('client_max_window_bits=16'),
  'deflate-illegal-client-window-zero': takes('client_max_window_bits=08'),
  'deflate-illegal-server-takeover-value': takes('server_no_context_takeover=1'),
  'deflate-illegal-client-takeover-value': takes('client_no_context_takeover=true'),
  'deflate-illegal-doubled-takeover': takes('server_no_context_takeover; server_no_context_takeover'),
  'deflate-illegal-doubled-window': takes('server_max_window_bits=10; server_max_window_bits=10'),
  'deflate-illegal-doubled-values': takes('client_max_window_bits; client_max_window_bits=10'),
  'deflate-illegal-unknown-among': takes('server_no_context_takeover; x-audit; client_max_window_bits'),
  'deflate-malformed-semicolon': answers(`${name};`, name),
  'deflate-malformed-no-value': takes('server_max_window_bits='),
  'deflate-malformed-no-name': answers('; server_no_context_takeover', name),
  'deflate-malformed-quote': takes('server_max_window_bits="10'),
  'deflate-malformed-space': answers(`${name} server_no_context_takeover`, name),
};

const messages: Record<string, Fault> = {
  'deflate-text': refuses(({ opcode, rsv }) => opcode === 1 && rsv === 4),
  'deflate-binary': refuses(({ opcode, rsv }) => opcode === 2 && rsv === 4),
  'deflate-empty': refusesData((_data, plain) => plain.length === 0),
  'deflate-stored': refusesData((data) => blockType(data) === 0),
  'deflate-fixed': refusesData((data) => blockType(data) === 1),
  'deflate-dynamic': refusesData((data) => blockType(data) === 2),
  'deflate-blocks': deflate({ inflates: (plain) => plain.subarray(0, 100) }),
  'deflate-blocks-empty': refusesData((data) => data.includes(Buffer.from([0, 0, 0, 0xff, 0xff, 0]))),
  'deflate-final': refusesData((data) => (data[0]! & 1) === 1),
  'deflate-final-inside': deflate({ inflates: (plain) => plain.subarray(0, 50) }),
  'deflate-pieces': { needsWhole: (opcode) => opcode === 1 },
  'deflate-negotiated-window': refusesData(() => true),
  'deflate-uncompressed': refuses(({ opcode, rsv }) => opcode === 1 && rsv === 0),
  'deflate-mixed': refuses(({ rsv }, state) => rsv === 0 && state.last?.rsv === 4),
  'deflate-fragments': refuses(({ fin, rsv }) => !fin && rsv === 4),
  'deflate-fragments-empty': refuses(({ fin, length }) => fin && length === 0),
  'deflate-fragments-bytes': refuses((_frame, state) => state.fragments === 10),
  'deflate-fragments-ping': refuses(({ opcode }, state) => opcode === 9 && state.message !== 0),
  'deflate-fragments-utf8': refuses(({ payload }, state) => state.message !== 0 && payload.includes(0x82)),
  'deflate-takeover': deflate({ forgets: true }),
  'deflate-takeover-far': deflate({ remembersBytes: 30_000 }),
  'deflate-takeover-uncompressed': deflate({ remembersPlain: true }),
  'deflate-takeover-control': refuses(({ opcode }) => opcode === 10),
  'deflate-takeover-fragments': deflate({ forgets: true }),
  'deflate-no-takeover': refusesData((_data, _plain, count) => count === 2),
  'deflate-messages-500': refuses((_frame, state) => state.frames === 400),
};

const own: Record<string, Fault> = {
  'deflate-own-messages': deflate({ imagines: Buffer.from('='.repeat(300)) }),
  'deflate-own-no-takeover': deflate({ looksBack: 15 }),
  'deflate-own-trailer': deflate({ sends: (data) => Buffer.concat([data, Buffer.from([0, 0, 0xff, 0xff])]) }),
  'deflate-own-empty': deflate({ sends: (data) => (data.length === 1 ? Buffer.alloc(0) : data) }),
  'deflate-own-rsv': { sends: (frame) => (frame.opcode === 10 ? { ...frame, rsv: 4 } : frame) },
  ...Object.fromEntries([8, 9, 10, 12, 14].map((bits) => [`deflate-own-window-${bits}`, deflate({ looksBack: 15 })])),
};

const refused: Record<string, Fault> = {
  'deflate-rsv1-ping': overlooks('rsv', ({ opcode }) => opcode === 9),
  'deflate-rsv1-pong': overlooks('rsv', ({ opcode }) => opcode === 10),
  'deflate-rsv1-continuation': overlooks('rsv', ({ opcode }) => opcode === 0),
  'deflate-rsv1-late': overlooks('rsv', ({ opcode }) => opcode === 0),
  'deflate-rsv2': overlooks('rsv', ({ rsv }) => rsv === 2),
  'deflate-rsv3': overlooks('rsv', ({ rsv }) => rsv === 1),
  'deflate-rsv1-rsv2': overlooks('rsv', ({ rsv }) => rsv === 6),
  'deflate-data-type': overlooksData('06'),
  'deflate-data-stored': overlooksData('00 05 00'),
  'deflate-data-codes': overlooksData('fc ff'),
  'deflate-data-distance': deflate({ overlooks: () => true }),
  'deflate-data-cut': overlooksData('00 64 00'),
  'deflate-data-after-final': overlooksData('03 00 06'),
  'deflate-data-fragments': deflate({ overlooks: (data) => data.at(-1) === 6 }),
  'deflate-utf8': overlooksText('ff'),
  'deflate-utf8-cut': overlooksText('e2 82'),
  'deflate-utf8-fragments': overlooksText('ed a0 80'),
  'deflate-bomb': { diesOf: ({ length, rsv }) => rsv === 4 && length > 100_000 },
  'deflate-bomb-fragments': { diesOf: (_frame, state) => state.fragments === 10 },
  'deflate-bomb-blocks': { diesOf: ({ length, rsv }) => rsv === 4 && length === 100_001 },
};

export const deflateFaults: Readonly<Record<string, Fault>> = { ...offers, ...messages, ...own, ...refused };
