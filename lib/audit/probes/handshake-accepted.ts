/** Requests that look unusual, and open a connection all the same (RFC 6455 §4.2.1, on top of RFC 9110 and 9112). */
import { Buffer } from 'node:buffer';
import type { Field } from '../../protocol/http/field.js';
import type { Probe, RequestHead } from '../probe-run.js';
import { accepts, broken, describeOutcome, pass, probe } from './probe-shapes.js';
import { added, line, padded, replaced, unchanged } from './request-mutations.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const server = 'RFC 6455 §4.2.1';

const accepted: readonly Probe[] = [
  accepts(
    {
      id: 'handshake-upgrade-case',
      reference: server,
      level: MUST,
      rule: 'compares "websocket" in Upgrade without regard to case',
      sends: 'Upgrade: WebSOCKET',
    },
    replaced('upgrade', 'WebSOCKET'),
  ),
  accepts(
    {
      id: 'handshake-upgrade-list',
      reference: 'RFC 6455 §4.2.1, RFC 9110 §7.8',
      level: SHOULD,
      rule: 'finds "websocket" among other protocols',
      sends: 'Upgrade: example/1, websocket',
    },
    replaced('upgrade', 'example/1, websocket'),
  ),
  accepts(
    {
      id: 'handshake-connection-case',
      reference: server,
      level: MUST,
      rule: 'compares "Upgrade" in Connection without regard to case',
      sends: 'Connection: uPGRADE',
    },
    replaced('connection', 'uPGRADE'),
  ),
  accepts(
    {
      id: 'handshake-connection-list',
      reference: server,
      level: MUST,
      rule: 'finds the token "Upgrade" in a list',
      sends: 'Connection: keep-alive, Upgrade',
    },
    replaced('connection', 'keep-alive, Upgrade'),
  ),
  accepts(
    {
      id: 'handshake-connection-lines',
      reference: 'RFC 6455 §4.2.1, RFC 9110 §5.3',
      level: MUST,
      rule: 'takes field lines of the same name as one list',
      sends: 'Connection: keep-alive and Connection: Upgrade',
    },
    replaced('connection', 'keep-alive', 'Upgrade'),
  ),
  accepts(
    {
      id: 'handshake-names-case',
      reference: 'RFC 9110 §5.1',
      level: MUST,
      rule: 'compares field names without regard to case',
      sends: 'all field names in turns of upper and lower case',
    },
    ({ line, fields }) => ({ line, fields: fields.map(([name, value]): Field => [alternating(name), value]) }),
  ),
  accepts(
    {
      id: 'handshake-fields-order',
      reference: server,
      level: MUST,
      rule: 'does not depend on the order of the fields',
      sends: 'the fields in reverse order',
    },
    ({ line, fields }) => ({ line, fields: fields.toReversed() }),
  ),
  accepts(
    {
      id: 'handshake-fields-unknown',
      reference: server,
      level: MUST,
      rule: 'ignores fields that it does not know',
      sends: 'X-Audit: anything; at all="1"',
    },
    added(['X-Audit', 'anything; at all="1"']),
  ),
  accepts(
    {
      id: 'handshake-spaces',
      reference: 'RFC 9112 §5.1',
      level: MUST,
      rule: 'leaves out spaces around a field value',
      sends: 'spaces around the values of Upgrade, Connection and the key',
    },
    padded('  '),
  ),
  accepts(
    {
      id: 'handshake-tabs',
      reference: 'RFC 9112 §5.1, RFC 9110 §5.6.3',
      level: MUST,
      rule: 'leaves out tabs around a field value',
      sends: 'tabs around the values of Upgrade, Connection and the key',
    },
    padded('\t'),
  ),
  accepts(
    {
      id: 'handshake-key-any',
      reference: server,
      level: MUST,
      rule: 'takes any 16 bytes as a key',
      sends: 'a key of 16 zero bytes',
    },
    replaced('sec-websocket-key', Buffer.alloc(16).toString('base64')),
  ),
  accepts(
    {
      id: 'handshake-pieces',
      reference: 'RFC 9112 §2.2',
      level: MUST,
      rule: 'reads a request in whatever pieces TCP delivers it',
      sends: 'the request in writes of 7 bytes',
    },
    unchanged,
    7,
  ),
  probe(
    {
      id: 'handshake-absolute-form',
      reference: 'RFC 6455 §4.2.1, RFC 9112 §3.2.2',
      level: MUST,
      rule: 'takes an absolute URI as the request target',
      sends: 'GET http://host/…',
    },
    '101 Switching Protocols',
    async (run) => {
      const { secure, hostField } = run.target;
      const origin = `${secure ? 'https' : 'http'}://${hostField}`;
      const { outcome } = await run.handshake(line((text) => text.replace(/^GET /, `GET ${origin}`)));
      const got = describeOutcome(outcome);
      return outcome.kind === 'response' && outcome.status.status === 101 ? pass(got) : broken(MUST, got);
    },
  ),
];
function alternating(name: string): string {
  return [...name].map((char, index) => (index % 2 === 0 ? char.toLowerCase() : char.toUpperCase())).join('');
}

/** A head far above what servers take: being refused is fine, not coming back is not. */
const largeHead = probe(
  {
    id: 'handshake-head-large',
    reference: 'RFC 6455 §10.4',
    level: MUST,
    rule: 'survives a request head of 128 KiB',
    sends: 'a request with 128 KiB of field lines, then a correct one',
  },
  'an answer of any kind, and 101 for the next client',
  async (run) => {
    const large = await run.handshake((request: RequestHead) =>
      added(...Array.from({ length: 32 }, (_, index): Field => [`X-Audit-${index}`, 'x'.repeat(4070)]))(request),
    );
    const { outcome } = await run.handshake();
    if (outcome.kind === 'response' && outcome.status.status === 101)
      return pass(`${describeOutcome(large.outcome)}; then 101`);
    return broken(MUST, `${describeOutcome(large.outcome)}; then ${describeOutcome(outcome)}`);
  },
);

export const acceptedHandshakeProbes: readonly Probe[] = [...accepted, largeHead];
