/** Offers of permessage-deflate in every legal and illegal form (RFC 7692 §5, §7.1). */
import type { Level } from '../probe.js';
import type { Probe } from '../probe-run.js';
import { DeflatePeer, readAnswer } from './deflate-peer.js';
import { broken, describeOutcome, notObservable, pass, probe, warning } from './probe-shapes.js';
import { offeringExtensions } from './request-mutations.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const name = 'permessage-deflate';
const parameters = 'RFC 7692 §7.1';

interface Row {
  readonly id: string;
  readonly rule: string;
  /** Lines of the field. */
  readonly offer: readonly string[];
  /** Which part of the offer may be accepted. Default: all of it. */
  readonly legal?: string;
  readonly reference?: string;
  readonly level?: Level;
  /** When the handshake is refused for it: a server may do that for any reason, if not for a good one. */
  readonly refused?: Level;
}

const shown = (offer: readonly string[]): string =>
  offer.map((value) => `Sec-WebSocket-Extensions: ${value}`).join(' and ');

/** Offers that a server may accept, with parameters that fit. */
function legal(row: Row): Probe {
  const { id, rule, offer, legal: legalPart = offer.join(', '), reference = parameters, level = MUST } = row;
  const expects = '101, permessage-deflate with parameters that fit the offer (nothing to see when it is declined)';
  return probe({ id, reference, level, rule, sends: shown(offer) }, expects, async (run) => {
    const { outcome } = await run.handshake(offeringExtensions(...offer));
    if (outcome.kind !== 'response' || outcome.status.status !== 101)
      return broken(row.refused ?? level, describeOutcome(outcome));
    const answer = readAnswer(outcome.head, legalPart);
    if (answer.kind === 'wrong') return broken(level, answer.problem);
    return answer.kind === 'declined' ? notObservable('the server declines this offer') : pass(answer.text);
  });
}

/** Offers that a server has to decline; one that declines every offer has not looked at them. */
function illegal({ id, rule, offer, reference = parameters, level = MUST }: Row): Probe {
  return probe({ id, reference, level, rule, sends: shown(offer) }, 'no extension', async (run) => {
    const { outcome } = await run.handshake(offeringExtensions(...offer));
    if (outcome.kind !== 'response') return broken(level, outcome.got);
    const values = outcome.head.values('sec-websocket-extensions');
    if (outcome.status.status === 101 && values.length > 0)
      return broken(level, `Sec-WebSocket-Extensions: ${values.join(', ')}`);
    await DeflatePeer.open(run);
    return pass(`${describeOutcome(outcome)}, no extension`);
  });
}

/** Offers that break the grammar: the handshake has to fail (RFC 6455 §9.1). */
function malformed({ id, rule, offer }: Row): Probe {
  const question = { id, reference: 'RFC 6455 §9.1', level: MUST, rule, sends: shown(offer) } as const;
  return probe(question, 'an error status, not 101', async (run) => {
    const { outcome } = await run.handshake(offeringExtensions(...offer));
    const got = describeOutcome(outcome);
    const values = outcome.kind === 'response' ? outcome.head.values('sec-websocket-extensions') : [];
    const isOpen = outcome.kind === 'response' && outcome.status.status === 101;
    if (isOpen && values.length > 0) return broken(MUST, `Sec-WebSocket-Extensions: ${values.join(', ')}`);
    await DeflatePeer.open(run);
    if (isOpen) return warning(`${got}: the offer was declined, the handshake should fail`);
    return outcome.kind === 'response' ? pass(got) : warning(`refused, but not with an HTTP response: ${got}`);
  });
}

const legalOffers: readonly Row[] = [
  {
    id: 'deflate-offer-client-window',
    rule: 'answers an offer of a client window that it may choose',
    offer: [`${name}; client_max_window_bits`],
    reference: 'RFC 7692 §7.1.2.2',
  },
  {
    id: 'deflate-offer-client-window-10',
    rule: 'does not raise the window that the client offers for itself',
    offer: [`${name}; client_max_window_bits=10`],
    reference: 'RFC 7692 §7.1.2.2',
  },
  ...[8, 10, 15].map((bits) => ({
    id: `deflate-offer-server-window-${bits}`,
    rule: `accepts a wish for a server window of 2^${bits} bytes by naming one that is not larger`,
    offer: [`${name}; server_max_window_bits=${bits}`],
    reference: 'RFC 7692 §7.1.2.1',
  })),
  {
    id: 'deflate-offer-server-no-takeover',
    rule: 'accepts a wish for no context takeover by repeating it',
    offer: [`${name}; server_no_context_takeover`],
    reference: 'RFC 7692 §7.1.1.1',
  },
  {
    id: 'deflate-offer-client-no-takeover',
    rule: 'takes the hint that the client does without context takeover',
    offer: [`${name}; client_no_context_takeover`],
    reference: 'RFC 7692 §7.1.1.2',
  },
  {
    id: 'deflate-offer-all',
    rule: 'accepts all parameters at once, or none',
    offer: [
      `${name}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=11`,
    ],
  },
  {
    id: 'deflate-offer-quoted',
    rule: 'reads a value in quotes as the value itself',
    offer: [`${name}; server_max_window_bits="10"`],
    reference: 'RFC 6455 §9.1',
  },
  {
    id: 'deflate-offer-spaces',
    rule: 'reads white space around semicolons as nothing',
    offer: [`${name}  ;server_max_window_bits=10 ;  server_no_context_takeover`],
    reference: 'RFC 6455 §4.3, §9.1',
  },
  {
    id: 'deflate-offer-spaces-value',
    rule: 'reads white space around the equals sign as nothing',
    offer: [`${name}; server_max_window_bits = 10`],
    reference: 'RFC 6455 §4.3, §9.1',
    level: SHOULD,
  },
  {
    id: 'deflate-offer-fallback',
    rule: 'accepts one of two offers, and fits it',
    offer: [`${name}; server_max_window_bits=10, ${name}; server_no_context_takeover`],
    reference: 'RFC 7692 §5.1, §5.2',
  },
  {
    id: 'deflate-offer-lines',
    rule: 'accepts one of two offers in lines of their own',
    offer: [`${name}; server_max_window_bits=10`, `${name}; server_no_context_takeover`],
    reference: 'RFC 6455 §9.1',
  },
  {
    id: 'deflate-offer-twice',
    rule: 'accepts the same offer once, however often it is made',
    offer: [`${name}, ${name}, ${name}`],
    reference: 'RFC 7692 §5.1',
  },
  {
    id: 'deflate-offer-after-unknown',
    rule: 'finds the offer behind an extension that it does not know',
    offer: [`x-audit-unknown; a="b", ${name}`],
    legal: name,
    reference: 'RFC 6455 §9.1',
  },
  {
    id: 'deflate-offer-after-illegal',
    rule: 'declines an illegal offer, and looks at the next one',
    offer: [`${name}; x-audit=1, ${name}; server_no_context_takeover`],
    legal: `${name}; server_no_context_takeover`,
    refused: SHOULD,
    reference: 'RFC 7692 §5.1, §7.1',
  },
  {
    id: 'deflate-offer-empty-elements',
    rule: 'ignores empty elements of the list',
    offer: [`, ${name},`],
    legal: name,
    reference: 'RFC 9110 §5.6.1.2',
    level: SHOULD,
  },
];

const illegalRows: readonly (readonly [id: string, what: string, parameters: string])[] = [
  ['server-window-empty', 'a server window without a value', 'server_max_window_bits'],
  ['server-window-7', 'a server window of 7 bits', 'server_max_window_bits=7'],
  ['server-window-0', 'a server window of 0 bits', 'server_max_window_bits=0'],
  ['server-window-16-quoted', 'a server window of 16 bits in quotes', 'server_max_window_bits="16"'],
  ['server-window-zero', 'a server window with a leading zero', 'server_max_window_bits=010'],
  ['server-window-sign', 'a server window with a sign', 'server_max_window_bits=+10'],
  ['server-window-fraction', 'a server window with a fraction', 'server_max_window_bits=10.0'],
  ['server-window-word', 'a server window that is not a number', 'server_max_window_bits=ten'],
  ['client-window-7', 'a client window of 7 bits', 'client_max_window_bits=7'],
  ['client-window-16', 'a client window of 16 bits', 'client_max_window_bits=16'],
  ['client-window-zero', 'a client window with a leading zero', 'client_max_window_bits=08'],
  ['server-takeover-value', 'server_no_context_takeover with a value', 'server_no_context_takeover=1'],
  ['client-takeover-value', 'client_no_context_takeover with a value', 'client_no_context_takeover=true'],
  ['doubled-takeover', 'a parameter twice', 'server_no_context_takeover; server_no_context_takeover'],
  ['doubled-window', 'a parameter twice with one value', 'server_max_window_bits=10; server_max_window_bits=10'],
  ['doubled-values', 'a parameter twice with two values', 'client_max_window_bits; client_max_window_bits=10'],
  [
    'unknown-among',
    'an unknown parameter among known ones',
    'server_no_context_takeover; x-audit; client_max_window_bits',
  ],
];

const malformedRows: readonly (readonly [id: string, what: string, offer: string])[] = [
  ['semicolon', 'a semicolon with nothing behind it', `${name};`],
  ['no-value', 'an equals sign with nothing behind it', `${name}; server_max_window_bits=`],
  ['no-name', 'a parameter without the name of an extension', '; server_no_context_takeover'],
  ['quote', 'a quote that does not end', `${name}; server_max_window_bits="10`],
  ['space', 'white space where a separator belongs', `${name} server_no_context_takeover`],
];

export const deflateOfferProbes: readonly Probe[] = [
  ...legalOffers.map(legal),
  ...illegalRows.map(([id, what, rest]) =>
    illegal({
      id: `deflate-illegal-${id}`,
      rule: `declines permessage-deflate with ${what}`,
      offer: [`${name}; ${rest}`],
    }),
  ),
  ...malformedRows.map(([id, what, offer]) =>
    malformed({
      id: `deflate-malformed-${id}`,
      rule: `fails a handshake that offers extensions with ${what}`,
      offer: [offer],
    }),
  ),
];
