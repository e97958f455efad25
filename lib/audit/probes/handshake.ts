/** The opening handshake: RFC 6455 §4.2, on top of RFC 9110 and 9112. */
import { Buffer } from 'node:buffer';
import type { Field } from '../../protocol/http1.js';
import type { Probe } from '../probe.js';
import type { Change, RequestHead } from '../visit.js';
import { accepts, answers, broken, describeOutcome, notObservable, pass, probe, refuses, warning } from './kinds.js';

const is = (name: string) => (field: Field): boolean => field[0].toLowerCase() === name.toLowerCase();

const without = (name: string): Change => ({ line, fields }) => ({ line, fields: fields.filter((field) => !is(name)(field)) });

/** The field with other values, in as many lines, in the place of the first. */
const replaced = (name: string, ...values: string[]): Change => ({ line, fields }) => ({
  line,
  fields: fields.flatMap((field) => (is(name)(field) ? values.map((value): Field => [field[0], value]) : [field])),
});

const added = (...more: Field[]): Change => ({ line, fields }) => ({ line, fields: [...fields, ...more] });

const line = (edit: (line: string) => string): Change => (request) => ({ ...request, line: edit(request.line) });

const doubled = (name: string): Change => ({ line, fields }) => ({
  line,
  fields: fields.flatMap((field) => (is(name)(field) ? [field, field] : [field])),
});

/** White space around the values that a handshake depends on. */
const padded = (space: string): Change => ({ line, fields }) => ({
  line,
  fields: fields.map((field): Field =>
    /^(?:upgrade|connection|sec-websocket-key)$/i.test(field[0]) ? [field[0], `${space}${field[1]}${space}`] : field,
  ),
});

const unchanged: Change = (request) => request;

/** The offer of subprotocols, instead of the user's own. */
const offering = (...values: string[]): Change => (request) =>
  added(...values.map((value): Field => ['Sec-WebSocket-Protocol', value]))(without('sec-websocket-protocol')(request));

const offeringExtensions = (value: string): Change => (request) =>
  added(['Sec-WebSocket-Extensions', value])(without('sec-websocket-extensions')(request));

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const server = 'RFC 6455 §4.2.1';
const response = 'RFC 6455 §4.2.2';

const base64 = (size: number): string => Buffer.alloc(size, 0x2a).toString('base64');

const refused: Probe[] = [
  refuses(
    { id: 'handshake-method', reference: server, level: MUST, rule: 'opens no connection for a method other than GET', sends: 'a POST request' },
    line((text) => text.replace(/^GET/, 'POST')),
  ),
  refuses(
    { id: 'handshake-http-1.0', reference: server, level: MUST, rule: 'opens no connection below HTTP/1.1', sends: 'a request with HTTP/1.0' },
    line((text) => text.replace(/1\.1$/, '1.0')),
  ),
  refuses(
    { id: 'handshake-host-missing', reference: 'RFC 6455 §4.2.1, RFC 9112 §3.2', level: MUST, rule: 'refuses a request without Host', sends: 'no Host' },
    without('host'),
  ),
  refuses(
    { id: 'handshake-host-doubled', reference: 'RFC 9112 §3.2', level: MUST, rule: 'refuses a request with more than one Host', sends: 'two Host lines' },
    doubled('host'),
  ),
  refuses(
    { id: 'handshake-upgrade-missing', reference: server, level: MUST, rule: 'opens no connection without Upgrade', sends: 'no Upgrade' },
    without('upgrade'),
  ),
  refuses(
    { id: 'handshake-upgrade-other', reference: server, level: MUST, rule: 'opens no connection unless Upgrade has "websocket"', sends: 'Upgrade: websocketx' },
    replaced('upgrade', 'websocketx'),
  ),
  refuses(
    { id: 'handshake-connection-missing', reference: server, level: MUST, rule: 'opens no connection without Connection', sends: 'no Connection' },
    without('connection'),
  ),
  refuses(
    { id: 'handshake-connection-other', reference: server, level: MUST, rule: 'opens no connection unless Connection has the token "Upgrade"', sends: 'Connection: keep-alive' },
    replaced('connection', 'keep-alive'),
  ),
  refuses(
    { id: 'handshake-key-missing', reference: server, level: MUST, rule: 'refuses a request without Sec-WebSocket-Key', sends: 'no Sec-WebSocket-Key' },
    without('sec-websocket-key'),
  ),
  refuses(
    { id: 'handshake-key-empty', reference: server, level: MUST, rule: 'refuses an empty Sec-WebSocket-Key', sends: 'an empty Sec-WebSocket-Key' },
    replaced('sec-websocket-key', ''),
  ),
  refuses(
    { id: 'handshake-key-doubled', reference: 'RFC 6455 §4.2.1, §11.3.1', level: MUST, rule: 'refuses more than one Sec-WebSocket-Key', sends: 'two Sec-WebSocket-Key lines' },
    replaced('sec-websocket-key', base64(16), Buffer.alloc(16, 7).toString('base64')),
  ),
  refuses(
    { id: 'handshake-key-short', reference: server, level: MUST, rule: 'refuses a key that is not 16 bytes', sends: 'a key of 15 bytes' },
    replaced('sec-websocket-key', base64(15)),
  ),
  refuses(
    { id: 'handshake-key-long', reference: server, level: MUST, rule: 'refuses a key that is not 16 bytes', sends: 'a key of 17 bytes' },
    replaced('sec-websocket-key', base64(17)),
  ),
  refuses(
    { id: 'handshake-key-base64', reference: server, level: MUST, rule: 'refuses a key that is not base64', sends: 'a key of 24 characters that are not all of base64' },
    replaced('sec-websocket-key', '!!!!!!!!!!!!!!!!!!!!!!=='),
  ),
  refuses(
    { id: 'handshake-version-missing', reference: server, level: MUST, rule: 'refuses a request without Sec-WebSocket-Version', sends: 'no Sec-WebSocket-Version' },
    without('sec-websocket-version'),
  ),
  refuses(
    { id: 'handshake-version-doubled', reference: 'RFC 6455 §4.2.1, §11.3.5', level: MUST, rule: 'refuses more than one Sec-WebSocket-Version', sends: 'two Sec-WebSocket-Version lines, 13 and 12' },
    replaced('sec-websocket-version', '13', '12'),
  ),
  refuses(
    { id: 'handshake-version-syntax', reference: server, level: MUST, rule: 'refuses a version that is no number', sends: 'Sec-WebSocket-Version: 13.0' },
    replaced('sec-websocket-version', '13.0'),
  ),
  refuses(
    { id: 'handshake-version-12', reference: response, level: MUST, rule: 'aborts the handshake for a version that it does not speak', sends: 'Sec-WebSocket-Version: 12' },
    replaced('sec-websocket-version', '12'),
  ),
  refuses(
    { id: 'handshake-version-255', reference: response, level: MUST, rule: 'aborts the handshake for a version that does not exist', sends: 'Sec-WebSocket-Version: 255' },
    replaced('sec-websocket-version', '255'),
  ),
  refuses(
    { id: 'handshake-space-before-colon', reference: 'RFC 9112 §5.1', level: MUST, rule: 'refuses white space between a field name and the colon', sends: '"X-Audit : 1"' },
    added(['X-Audit ', '1']),
  ),
];

const versionNegotiation: Probe[] = [
  answers(
    { id: 'handshake-version-offered', reference: 'RFC 6455 §4.2.2, §4.4', level: MUST, rule: 'names the versions that it speaks when it refuses one', sends: 'Sec-WebSocket-Version: 12' },
    'Sec-WebSocket-Version with 13 in the response',
    replaced('sec-websocket-version', '12'),
    ({ status, head }) => {
      if (status.status === 101) return '101: the version was not looked at';
      const versions = head.tokens('sec-websocket-version');
      return versions.includes('13') ? undefined : `${status.status} with ${versions.length === 0 ? 'no Sec-WebSocket-Version' : versions.join(', ')}`;
    },
  ),
  answers(
    { id: 'handshake-version-426', reference: 'RFC 6455 §4.2.2', level: SHOULD, rule: 'refuses a version with 426 Upgrade Required', sends: 'Sec-WebSocket-Version: 12' },
    '426 Upgrade Required',
    replaced('sec-websocket-version', '12'),
    (outcome) => (outcome.status.status === 426 ? undefined : describeOutcome(outcome)),
  ),
];

const accepted: Probe[] = [
  accepts(
    { id: 'handshake-upgrade-case', reference: server, level: MUST, rule: 'compares "websocket" in Upgrade without regard to case', sends: 'Upgrade: WebSOCKET' },
    replaced('upgrade', 'WebSOCKET'),
  ),
  accepts(
    { id: 'handshake-upgrade-list', reference: 'RFC 6455 §4.2.1, RFC 9110 §7.8', level: SHOULD, rule: 'finds "websocket" among other protocols', sends: 'Upgrade: example/1, websocket' },
    replaced('upgrade', 'example/1, websocket'),
  ),
  accepts(
    { id: 'handshake-connection-case', reference: server, level: MUST, rule: 'compares "Upgrade" in Connection without regard to case', sends: 'Connection: uPGRADE' },
    replaced('connection', 'uPGRADE'),
  ),
  accepts(
    { id: 'handshake-connection-list', reference: server, level: MUST, rule: 'finds the token "Upgrade" in a list', sends: 'Connection: keep-alive, Upgrade' },
    replaced('connection', 'keep-alive, Upgrade'),
  ),
  accepts(
    { id: 'handshake-connection-lines', reference: 'RFC 6455 §4.2.1, RFC 9110 §5.3', level: MUST, rule: 'takes field lines of the same name as one list', sends: 'Connection: keep-alive and Connection: Upgrade' },
    replaced('connection', 'keep-alive', 'Upgrade'),
  ),
  accepts(
    { id: 'handshake-names-case', reference: 'RFC 9110 §5.1', level: MUST, rule: 'compares field names without regard to case', sends: 'all field names in turns of upper and lower case' },
    ({ line, fields }) => ({ line, fields: fields.map(([name, value]): Field => [alternating(name), value]) }),
  ),
  accepts(
    { id: 'handshake-fields-order', reference: server, level: MUST, rule: 'does not depend on the order of the fields', sends: 'the fields in reverse order' },
    ({ line, fields }) => ({ line, fields: fields.toReversed() }),
  ),
  accepts(
    { id: 'handshake-fields-unknown', reference: server, level: MUST, rule: 'ignores fields that it does not know', sends: 'X-Audit: anything; at all="1"' },
    added(['X-Audit', 'anything; at all="1"']),
  ),
  accepts(
    { id: 'handshake-spaces', reference: 'RFC 9112 §5.1', level: MUST, rule: 'leaves out spaces around a field value', sends: 'spaces around the values of Upgrade, Connection and the key' },
    padded('  '),
  ),
  accepts(
    { id: 'handshake-tabs', reference: 'RFC 9112 §5.1, RFC 9110 §5.6.3', level: MUST, rule: 'leaves out tabs around a field value', sends: 'tabs around the values of Upgrade, Connection and the key' },
    padded('\t'),
  ),
  accepts(
    { id: 'handshake-key-any', reference: server, level: MUST, rule: 'takes any 16 bytes as a key', sends: 'a key of 16 zero bytes' },
    replaced('sec-websocket-key', Buffer.alloc(16).toString('base64')),
  ),
  accepts(
    { id: 'handshake-pieces', reference: 'RFC 9112 §2.2', level: MUST, rule: 'reads a request in whatever pieces TCP delivers it', sends: 'the request in writes of 7 bytes' },
    unchanged,
    7,
  ),
  probe(
    { id: 'handshake-absolute-form', reference: 'RFC 6455 §4.2.1, RFC 9112 §3.2.2', level: MUST, rule: 'takes an absolute URI as the request target', sends: 'GET http://host/…' },
    '101 Switching Protocols',
    async (visit) => {
      const { secure, hostField } = visit.target;
      const origin = `${secure ? 'https' : 'http'}://${hostField}`;
      const { outcome } = await visit.handshake(line((text) => text.replace(/^GET /, `GET ${origin}`)));
      const got = describeOutcome(outcome);
      return outcome.kind === 'response' && outcome.status.status === 101 ? pass(got) : broken(MUST, got);
    },
  ),
];

const responses: Probe[] = [
  answers(
    { id: 'handshake-status', reference: response, level: MUST, rule: 'answers a correct request with HTTP/1.1 101', sends: 'a correct request' },
    'HTTP/1.1 101',
    unchanged,
    (outcome) => (outcome.status.status === 101 && outcome.status.version === '1.1' ? undefined : `HTTP/${outcome.status.version} ${describeOutcome(outcome)}`),
  ),
  answers(
    { id: 'handshake-upgrade', reference: response, level: MUST, rule: 'answers with Upgrade: websocket', sends: 'a correct request' },
    'an Upgrade field with the value "websocket"',
    unchanged,
    ({ head }) => (head.tokens('upgrade').join() === 'websocket' ? undefined : `Upgrade: ${head.values('upgrade').join(', ') || 'none'}`),
  ),
  answers(
    { id: 'handshake-connection', reference: response, level: MUST, rule: 'answers with Connection: Upgrade', sends: 'a correct request' },
    'a Connection field with the token "Upgrade"',
    unchanged,
    ({ head }) => (head.tokens('connection').includes('upgrade') ? undefined : `Connection: ${head.values('connection').join(', ') || 'none'}`),
  ),
  answers(
    { id: 'handshake-accept', reference: response, level: MUST, rule: 'computes Sec-WebSocket-Accept from the key', sends: 'a correct request with a random key' },
    'Sec-WebSocket-Accept: base64 of the SHA-1 of the key and the GUID',
    unchanged,
    ({ head, accept }) => {
      const values = head.values('sec-websocket-accept');
      return values.length === 1 && values[0] === accept ? undefined : `Sec-WebSocket-Accept: ${values.join(', ') || 'none'}, expected ${accept}`;
    },
  ),
  answers(
    { id: 'handshake-no-body', reference: 'RFC 9110 §8.6, RFC 9112 §6.1', level: MUST, rule: 'sends neither Content-Length nor Transfer-Encoding with 101', sends: 'a correct request' },
    'a 101 without Content-Length and Transfer-Encoding',
    unchanged,
    ({ status, head }) => {
      const names = ['content-length', 'transfer-encoding'].filter((name) => head.values(name).length > 0);
      return status.status !== 101 || names.length === 0 ? undefined : `101 with ${names.join(' and ')}`;
    },
  ),
  answers(
    { id: 'handshake-protocol-unoffered', reference: response, level: MUST, rule: 'chooses no subprotocol when none was offered', sends: 'no Sec-WebSocket-Protocol' },
    'no Sec-WebSocket-Protocol in the response',
    without('sec-websocket-protocol'),
    ({ head }) => {
      const chosen = head.values('sec-websocket-protocol');
      return chosen.length === 0 ? undefined : `Sec-WebSocket-Protocol: ${chosen.join(', ')}`;
    },
  ),
  ...protocolChoices([
    ['handshake-protocol', 'chooses a subprotocol that was offered, or none', ['audit.example']],
    ['handshake-protocol-list', 'chooses at most one subprotocol of a list', ['audit.one, audit.two']],
    ['handshake-protocol-lines', 'chooses at most one subprotocol of those in several lines', ['audit.one', 'audit.two']],
    ['handshake-protocol-case', 'keeps the case of the subprotocol that it chooses', ['AUDIT.Example']],
  ]),
  answers(
    { id: 'handshake-extension-unoffered', reference: 'RFC 6455 §4.2.2, §9.1', level: MUST, rule: 'uses no extension when none was offered', sends: 'no Sec-WebSocket-Extensions' },
    'no Sec-WebSocket-Extensions in the response',
    without('sec-websocket-extensions'),
    ({ head }) => extensionProblem(head.tokens('sec-websocket-extensions'), () => false),
  ),
  answers(
    { id: 'handshake-extension-unknown', reference: 'RFC 6455 §9.1', level: MUST, rule: 'ignores an extension that it does not know', sends: 'Sec-WebSocket-Extensions: x-audit-unknown; a=1' },
    '101 without that extension',
    offeringExtensions('x-audit-unknown; a=1'),
    ({ status, head }) => (status.status === 101 ? extensionProblem(head.tokens('sec-websocket-extensions'), () => false) : `${status.status} ${status.message}`),
  ),
  answers(
    { id: 'handshake-deflate-parameters', reference: 'RFC 7692 §7.1.2', level: MUST, rule: 'answers an offer of permessage-deflate with parameters that fit it, or declines it', sends: 'Sec-WebSocket-Extensions: permessage-deflate' },
    'no extension, or permessage-deflate without client_max_window_bits',
    offeringExtensions('permessage-deflate'),
    ({ head }) => extensionProblem(head.tokens('sec-websocket-extensions'), isFittingDeflate),
  ),
  answers(
    { id: 'handshake-deflate-unknown', reference: 'RFC 7692 §7.1', level: MUST, rule: 'declines permessage-deflate with a parameter that it does not know', sends: 'Sec-WebSocket-Extensions: permessage-deflate; x-audit=1' },
    'no extension',
    offeringExtensions('permessage-deflate; x-audit=1'),
    ({ head }) => extensionProblem(head.tokens('sec-websocket-extensions'), () => false),
  ),
  answers(
    { id: 'handshake-deflate-window', reference: 'RFC 7692 §7.1.2.1', level: MUST, rule: 'declines permessage-deflate with a window that does not exist', sends: 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16' },
    'no extension',
    offeringExtensions('permessage-deflate; server_max_window_bits=16'),
    ({ head }) => extensionProblem(head.tokens('sec-websocket-extensions'), () => false),
  ),
];

function protocolChoices(rows: readonly (readonly [id: string, rule: string, offer: readonly string[]])[]): Probe[] {
  return rows.map(([id, rule, offer]) => {
    const offered = offer.flatMap((value) => value.split(', '));
    const sends = offer.map((value) => `Sec-WebSocket-Protocol: ${value}`).join(' and ');
    const expects = `no Sec-WebSocket-Protocol in the response, or one of ${offered.join(', ')}`;
    return probe({ id, reference: response, level: MUST, rule, sends }, expects, async (visit) => {
      const { outcome } = await visit.handshake(offering(...offer));
      if (outcome.kind !== 'response') return notObservable(outcome.got);
      // A server may refuse whom it has nothing to talk about with (RFC 6455 §4.2.2: any reason will do).
      if (outcome.status.status !== 101) return notObservable(`refused: ${describeOutcome(outcome)}`);
      const chosen = outcome.head.values('sec-websocket-protocol');
      if (chosen.length === 0) return pass('101, no subprotocol chosen');
      const got = `Sec-WebSocket-Protocol: ${chosen.join(' and ')}`;
      if (chosen.length === 1 && chosen[0] === '') return warning('an empty Sec-WebSocket-Protocol');
      return chosen.length === 1 && offered.includes(chosen[0]!) ? pass(got) : broken(MUST, got);
    });
  });
}

function extensionProblem(extensions: readonly string[], fits: (extension: string) => boolean): string | undefined {
  const wrong = extensions.length > 1 ? extensions : extensions.filter((extension) => !fits(extension));
  return wrong.length === 0 ? undefined : `Sec-WebSocket-Extensions: ${wrong.join(', ')}`;
}

/** RFC 7692 §7.1.2.2: `client_max_window_bits` only answers an offer with it. */
function isFittingDeflate(extension: string): boolean {
  const [name, ...parameters] = extension.split(';').map((part) => part.trim());
  const names = parameters.map((parameter) => parameter.split('=')[0]!.trim());
  const known = /^(?:(?:server|client)_no_context_takeover|server_max_window_bits *= *"?(?:8|9|1[0-5])"?)$/;
  return name === 'permessage-deflate' && parameters.every((parameter) => known.test(parameter)) && new Set(names).size === names.length;
}

function alternating(name: string): string {
  return [...name].map((char, index) => (index % 2 === 0 ? char.toLowerCase() : char.toUpperCase())).join('');
}

/** A head far above what servers take: being refused is fine, not coming back is not. */
const largeHead = probe(
  { id: 'handshake-head-large', reference: 'RFC 6455 §10.4', level: MUST, rule: 'survives a request head of 128 KiB', sends: 'a request with 128 KiB of field lines, then a correct one' },
  'an answer of any kind, and 101 for the next client',
  async (visit) => {
    const large = await visit.handshake((request: RequestHead) => added(...Array.from({ length: 32 }, (_, index): Field => [`X-Audit-${index}`, 'x'.repeat(4070)]))(request));
    const { outcome } = await visit.handshake();
    if (outcome.kind === 'response' && outcome.status.status === 101) return pass(`${describeOutcome(large.outcome)}; then 101`);
    return broken(MUST, `${describeOutcome(large.outcome)}; then ${describeOutcome(outcome)}`);
  },
);

export const handshakeProbes: readonly Probe[] = [...responses, ...accepted, ...refused, ...versionNegotiation, largeHead];
