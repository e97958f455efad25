/** What a client asks for, and which responses it takes (RFC 6455 §4.1). */

import { parseExtensionList } from '../../protocol/handshake/extension-list.js';
import { isToken, listElements } from '../../protocol/http/field.js';
import type { Head } from '../../protocol/http/head.js';
import { Violation } from '../../protocol/rules.js';
import type { Level } from '../probe.js';
import type { Mutation, Probe } from '../probe-run.js';
import { broken, pass } from '../probes/probe-shapes.js';
import { added, doubled, line, replaced, unchanged, without } from '../probes/request-mutations.js';
import { clientProbe, refusesResponse, requests, takesResponse } from './client-run.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const request = 'RFC 6455 §4.1';

const one = (head: Head, name: string): string | undefined => {
  const values = head.values(name);
  return values.length === 1 ? values[0] : undefined;
};
const shown = (head: Head, name: string): string => head.values(name).join(' and ') || 'none';

type RequestRow = readonly [id: string, rule: string, expects: string, judge: (head: Head) => string | undefined];

const requestRows: readonly RequestRow[] = [
  ['request-method', 'asks with GET', 'GET', ({ startLine }) => (startLine.startsWith('GET ') ? undefined : startLine)],
  [
    'request-version',
    'asks in HTTP/1.1',
    'HTTP/1.1',
    ({ startLine }) => (startLine.endsWith(' HTTP/1.1') ? undefined : startLine),
  ],
  [
    'request-target',
    'asks for a path, or for the URL when it goes through a proxy, without a fragment',
    'a target that begins with "/"',
    ({ startLine }) => (/^\S+ (?:\/|wss?:|https?:)[^\s#]* \S+$/.test(startLine) ? undefined : startLine),
  ],
  [
    'host',
    'sends one Host',
    'a Host field with a host, and a port that is not the default one',
    (head) => (/^[^\s/?#@]+$/.test(one(head, 'host') ?? '') ? undefined : `Host: ${shown(head, 'host')}`),
  ],
  [
    'upgrade',
    'asks for the upgrade to websocket',
    'an Upgrade field with "websocket"',
    (head) => (head.tokens('upgrade').includes('websocket') ? undefined : `Upgrade: ${shown(head, 'upgrade')}`),
  ],
  [
    'connection',
    'says that Upgrade is for this connection',
    'a Connection field with "Upgrade"',
    (head) => (head.tokens('connection').includes('upgrade') ? undefined : `Connection: ${shown(head, 'connection')}`),
  ],
  [
    'key',
    'sends one key, 16 bytes in base64',
    'one Sec-WebSocket-Key of 24 characters',
    (head) =>
      /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(one(head, 'sec-websocket-key') ?? '')
        ? undefined
        : `Sec-WebSocket-Key: ${shown(head, 'sec-websocket-key')}`,
  ],
  [
    'version',
    'asks for version 13, and no other',
    'one Sec-WebSocket-Version: 13',
    (head) =>
      one(head, 'sec-websocket-version') === '13'
        ? undefined
        : `Sec-WebSocket-Version: ${shown(head, 'sec-websocket-version')}`,
  ],
  [
    'protocol-offer',
    'offers subprotocols that are tokens, each once, or none',
    'no Sec-WebSocket-Protocol, or distinct tokens in it',
    (head) => {
      const offered = head.values('sec-websocket-protocol').flatMap(listElements);
      const isFine = offered.every(isToken) && new Set(offered).size === offered.length;
      const isEmpty = head.values('sec-websocket-protocol').length > 0 && offered.length === 0;
      return isFine && !isEmpty ? undefined : `Sec-WebSocket-Protocol: ${shown(head, 'sec-websocket-protocol')}`;
    },
  ],
  [
    'extension-offer',
    'offers extensions by the grammar, or none',
    'no Sec-WebSocket-Extensions, or a list of extensions',
    (head) => {
      const values = head.values('sec-websocket-extensions');
      try {
        if (values.length > 0) parseExtensionList(values.join(','));
        return undefined;
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return error.message;
      }
    },
  ],
  [
    'no-body',
    'sends no body with its request',
    'neither Transfer-Encoding nor a Content-Length above 0',
    (head) =>
      head.values('transfer-encoding').length === 0 &&
      head.values('content-length').every((value) => Number(value) === 0)
        ? undefined
        : 'a request with a body',
  ],
];

const own: readonly Probe[] = [
  clientProbe(
    {
      id: 'handshake-request-syntax',
      reference: 'RFC 9112 §3, §5',
      level: MUST,
      rule: 'sends a request that keeps to the grammar of HTTP/1.1',
      sends: 'nothing: this is about the request',
    },
    'a request line and fields, each line with CR and LF behind it',
    async (run) => {
      const hello = await run.hello();
      return hello.kind === 'none' ? broken(MUST, hello.got) : pass(`${hello.head.fields.length} fields`);
    },
  ),
  ...requestRows.map(([id, rule, expects, judge]) =>
    requests({ id: `handshake-${id}`, reference: request, level: MUST, rule }, expects, judge),
  ),
  clientProbe(
    {
      id: 'handshake-key-fresh',
      reference: request,
      level: MUST,
      rule: 'chooses a key at random for each connection',
      sends: 'nothing: this is about the requests of two connections',
    },
    'another Sec-WebSocket-Key the second time',
    async (run) => {
      const first = await run.greet();
      // Only then does a client come again that has one connection at a time.
      first.connection.destroy();
      const keys = [first, await run.greet()].map(({ head }) => shown(head, 'sec-websocket-key'));
      return keys[0] === keys[1] ? broken(MUST, `the key ${keys[0]} twice`) : pass('two keys');
    },
  ),
  clientProbe(
    {
      id: 'handshake-waits',
      reference: request,
      level: MUST,
      rule: 'sends nothing more before the response is there',
      sends: 'nothing, for a while',
    },
    'nothing behind the request',
    async (run) => {
      const { connection } = await run.greet();
      const received = await connection.next(performance.now() + run.times.grace);
      if (received.kind === 'frame') return broken(MUST, 'a frame before the response');
      return received.kind === 'silence' ? pass('nothing') : broken(MUST, 'it did not wait');
    },
  ),
];

type ResponseRow = readonly [id: string, what: string, mutate: Mutation, level?: Level];

const inUpperCase: Mutation = ({ line: start, fields }) => ({
  line: start,
  fields: fields.map(([name, value]) => [name.toUpperCase(), value] as const),
});

const taken: readonly ResponseRow[] = [
  ['response', 'a correct response', unchanged],
  ['names-case', 'field names in capitals', inUpperCase],
  ['upgrade-case', 'Upgrade: WebSocket', replaced('upgrade', 'WebSocket')],
  ['connection-case', 'Connection: upgrade', replaced('connection', 'upgrade')],
  ['connection-list', 'Connection: keep-alive, Upgrade', replaced('connection', 'keep-alive, Upgrade')],
  ['connection-lines', 'two lines of Connection', replaced('connection', 'keep-alive', 'Upgrade')],
  [
    'fields-more',
    'fields that it does not know',
    added(['Server', 'audit'], ['X-Audit', 'a, b; c="d"'], ['X-Empty', '']),
  ],
  [
    'fields-order',
    'the fields in another order',
    ({ line: start, fields }) => ({ line: start, fields: fields.toReversed() }),
  ],
  ['reason', 'another reason phrase', line(() => 'HTTP/1.1 101 Web Socket Protocol Handshake')],
  ['reason-empty', 'an empty reason phrase', line(() => 'HTTP/1.1 101 ')],
];

const changeAccept =
  (edit: (accept: string) => string): Mutation =>
  ({ line: start, fields }) => ({
    line: start,
    fields: fields.map(([name, value]) => [name, name === 'Sec-WebSocket-Accept' ? edit(value) : value] as const),
  });

const status = (text: string): Mutation => {
  const start = line(() => `HTTP/1.1 ${text}`);
  return (response) => added(['Content-Length', '0'])(start(response));
};

const refused: readonly ResponseRow[] = [
  ...(
    [
      ['200 OK', '200'],
      ['204 No Content', '204'],
      ['301 Moved Permanently', '301'],
      ['400 Bad Request', '400'],
      ['403 Forbidden', '403'],
      ['404 Not Found', '404'],
      ['426 Upgrade Required', '426'],
      ['500 Internal Server Error', '500'],
      ['503 Service Unavailable', '503'],
    ] as const
  ).map(
    ([text, code]): ResponseRow => [`status-${code}`, `a response with ${text}, all fields as for 101`, status(text)],
  ),
  ['http-1.0', 'a 101 in HTTP/1.0', line(() => 'HTTP/1.0 101 Switching Protocols'), SHOULD],
  ['upgrade-missing', 'a 101 without Upgrade', without('upgrade')],
  ['upgrade-other', 'Upgrade: websocketx', replaced('upgrade', 'websocketx')],
  ['connection-missing', 'a 101 without Connection', without('connection')],
  ['connection-other', 'Connection: keep-alive', replaced('connection', 'keep-alive')],
  ['accept-missing', 'a 101 without Sec-WebSocket-Accept', without('sec-websocket-accept')],
  ['accept-empty', 'an empty Sec-WebSocket-Accept', changeAccept(() => '')],
  ['accept-other', 'the Sec-WebSocket-Accept of another key', changeAccept(() => 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')],
  [
    'accept-case',
    'a Sec-WebSocket-Accept with the case of its letters swapped',
    changeAccept((accept) =>
      accept.replace(/[A-Za-z]/g, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase())),
    ),
  ],
  ['accept-longer', 'a Sec-WebSocket-Accept with something behind it', changeAccept((accept) => `${accept}AAAA`)],
  ['accept-doubled', 'two lines of Sec-WebSocket-Accept', doubled('sec-websocket-accept'), SHOULD],
  ['protocol-unoffered', 'a subprotocol that was not offered', replacedProtocol('audit.unoffered')],
  ['protocol-doubled', 'two subprotocols in two lines', replacedProtocol('audit.one', 'audit.two')],
  [
    'extension-unoffered',
    'an extension that was not offered',
    added(['Sec-WebSocket-Extensions', 'x-audit-unoffered']),
  ],
  ['extension-syntax', 'extensions that break the grammar', added(['Sec-WebSocket-Extensions', ';;'])],
  ['space-before-colon', 'white space before the colon of a field', added(['X-Audit ', '1']), SHOULD],
  ['not-http', 'something that is not HTTP', () => ({ line: 'SSH-2.0-audit', fields: [] })],
];

function replacedProtocol(...values: string[]): Mutation {
  return (response) =>
    added(...values.map((value) => ['Sec-WebSocket-Protocol', value] as const))(
      without('sec-websocket-protocol')(response),
    );
}

const responses: readonly Probe[] = [
  ...taken.map(([id, what, mutate, level = MUST]) =>
    takesResponse(
      { id: `handshake-takes-${id}`, reference: 'RFC 6455 §4.1, §4.2.2', level, rule: `takes ${what}`, sends: what },
      mutate,
    ),
  ),
  takesResponse(
    {
      id: 'handshake-takes-pieces',
      reference: request,
      level: MUST,
      rule: 'reads the response in whatever pieces TCP delivers it',
      sends: 'a correct response, in writes of 7 bytes',
    },
    unchanged,
    7,
  ),
  ...refused.map(([id, what, mutate, level = MUST]) =>
    refusesResponse(
      {
        id: `handshake-refuses-${id}`,
        reference: request,
        level,
        rule: `fails the connection on ${what}`,
        sends: what,
      },
      () => mutate,
    ),
  ),
];

export const clientHandshakeProbes: readonly Probe[] = [...own, ...responses];
