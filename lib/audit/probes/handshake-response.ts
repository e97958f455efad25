/** What a server answers to a correct request (RFC 6455 §4.2.2), and to offers of subprotocols and extensions. */
import type { Probe } from '../probe-run.js';
import { describeStatus } from '../refusal.js';
import { answers, broken, describeOutcome, notObservable, pass, probe, warning } from './probe-shapes.js';
import { offering, offeringExtensions, unchanged, without } from './request-mutations.js';

const MUST = 'MUST';
const response = 'RFC 6455 §4.2.2';

export const handshakeResponseProbes: readonly Probe[] = [
  answers(
    {
      id: 'handshake-status',
      reference: response,
      level: MUST,
      rule: 'answers a correct request with HTTP/1.1 101',
      sends: 'a correct request',
    },
    'HTTP/1.1 101',
    unchanged,
    (outcome) =>
      outcome.status.status === 101 && outcome.status.version === '1.1'
        ? undefined
        : `HTTP/${outcome.status.version} ${describeOutcome(outcome)}`,
  ),
  answers(
    {
      id: 'handshake-upgrade',
      reference: response,
      level: MUST,
      rule: 'answers with Upgrade: websocket',
      sends: 'a correct request',
    },
    'an Upgrade field with the value "websocket"',
    unchanged,
    ({ head }) =>
      head.tokens('upgrade').join() === 'websocket'
        ? undefined
        : `Upgrade: ${head.values('upgrade').join(', ') || 'none'}`,
  ),
  answers(
    {
      id: 'handshake-connection',
      reference: response,
      level: MUST,
      rule: 'answers with Connection: Upgrade',
      sends: 'a correct request',
    },
    'a Connection field with the token "Upgrade"',
    unchanged,
    ({ head }) =>
      head.tokens('connection').includes('upgrade')
        ? undefined
        : `Connection: ${head.values('connection').join(', ') || 'none'}`,
  ),
  answers(
    {
      id: 'handshake-accept',
      reference: response,
      level: MUST,
      rule: 'computes Sec-WebSocket-Accept from the key',
      sends: 'a correct request with a random key',
    },
    'Sec-WebSocket-Accept: base64 of the SHA-1 of the key and the GUID',
    unchanged,
    ({ head, accept }) => {
      const values = head.values('sec-websocket-accept');
      return values.length === 1 && values[0] === accept
        ? undefined
        : `Sec-WebSocket-Accept: ${values.join(', ') || 'none'}, expected ${accept}`;
    },
  ),
  answers(
    {
      id: 'handshake-no-body',
      reference: 'RFC 9110 §8.6, RFC 9112 §6.1',
      level: MUST,
      rule: 'sends neither Content-Length nor Transfer-Encoding with 101',
      sends: 'a correct request',
    },
    'a 101 without Content-Length and Transfer-Encoding',
    unchanged,
    ({ status, head }) => {
      const names = ['content-length', 'transfer-encoding'].filter((name) => head.values(name).length > 0);
      return status.status !== 101 || names.length === 0 ? undefined : `101 with ${names.join(' and ')}`;
    },
  ),
  answers(
    {
      id: 'handshake-protocol-unoffered',
      reference: response,
      level: MUST,
      rule: 'chooses no subprotocol when none was offered',
      sends: 'no Sec-WebSocket-Protocol',
    },
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
    [
      'handshake-protocol-lines',
      'chooses at most one subprotocol of those in several lines',
      ['audit.one', 'audit.two'],
    ],
    ['handshake-protocol-case', 'keeps the case of the subprotocol that it chooses', ['AUDIT.Example']],
  ]),
  answers(
    {
      id: 'handshake-extension-unoffered',
      reference: 'RFC 6455 §4.2.2, §9.1',
      level: MUST,
      rule: 'uses no extension when none was offered',
      sends: 'no Sec-WebSocket-Extensions',
    },
    'no Sec-WebSocket-Extensions in the response',
    without('sec-websocket-extensions'),
    ({ head }) => extensionProblem(head.tokens('sec-websocket-extensions'), () => false),
  ),
  answers(
    {
      id: 'handshake-extension-unknown',
      reference: 'RFC 6455 §9.1',
      level: MUST,
      rule: 'ignores an extension that it does not know',
      sends: 'Sec-WebSocket-Extensions: x-audit-unknown; a=1',
    },
    '101 without that extension',
    offeringExtensions('x-audit-unknown; a=1'),
    ({ status, head }) =>
      status.status === 101
        ? extensionProblem(head.tokens('sec-websocket-extensions'), () => false)
        : describeStatus(status),
  ),
  answers(
    {
      id: 'handshake-deflate-parameters',
      reference: 'RFC 7692 §7.1.2',
      level: MUST,
      rule: 'answers an offer of permessage-deflate with parameters that fit it, or declines it',
      sends: 'Sec-WebSocket-Extensions: permessage-deflate',
    },
    'no extension, or permessage-deflate without client_max_window_bits',
    offeringExtensions('permessage-deflate'),
    ({ head }) => extensionProblem(head.tokens('sec-websocket-extensions'), isFittingDeflate),
  ),
  answers(
    {
      id: 'handshake-deflate-unknown',
      reference: 'RFC 7692 §7.1',
      level: MUST,
      rule: 'declines permessage-deflate with a parameter that it does not know',
      sends: 'Sec-WebSocket-Extensions: permessage-deflate; x-audit=1',
    },
    'no extension',
    offeringExtensions('permessage-deflate; x-audit=1'),
    ({ head }) => extensionProblem(head.tokens('sec-websocket-extensions'), () => false),
  ),
  answers(
    {
      id: 'handshake-deflate-window',
      reference: 'RFC 7692 §7.1.2.1',
      level: MUST,
      rule: 'declines permessage-deflate with a window that does not exist',
      sends: 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16',
    },
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
    return probe({ id, reference: response, level: MUST, rule, sends }, expects, async (run) => {
      const { outcome } = await run.handshake(offering(...offer));
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
  return (
    name === 'permessage-deflate' &&
    parameters.every((parameter) => known.test(parameter)) &&
    new Set(names).size === names.length
  );
}
