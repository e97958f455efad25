import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, it } from 'node:test';
import { Overhearing } from '../../lib/audit/overheard.js';
import { probes, selectProbes } from '../../lib/audit/probes/all.js';
import { type Fault, type FaultyServer, type Sent, startFaultyServer } from './faulty-server.js';
import { auditThrough } from './tagged-server.js';

/** Adds, or changes, a field of one 101 only: of requests with another Upgrade than usual. */
const field = (edit: (fields: string[]) => string[]): Fault => ({
  fields: (fields, request, status) =>
    status === 101 && request.values('upgrade')[0] === 'WebSOCKET' ? edit(fields) : fields,
});
const replaced = (start: string, line: string): Fault =>
  field((fields) => fields.map((one) => (one.startsWith(start) ? line : one)));
/** Changes what is sent as the answer to one probe's payload. */
const frame = (payload: string, change: (sent: Sent) => Sent): Fault => ({
  sends: (sent) => (sent.payload.toString() === payload ? change(sent) : sent),
});
const pong = 'after the pong';

/** A fault in the traffic of one probe, and the probe that has to fail of it. */
const rows: readonly [what: string, fault: Fault, traffic: string, rule: string, got: RegExp][] = [
  [
    'a masked frame',
    frame(pong, (sent) => ({ ...sent, masked: true })),
    'ping-after-pong',
    'frame-own-unmasked',
    /a masked frame/,
  ],
  ['RSV2', frame(pong, (sent) => ({ ...sent, rsv: 2 })), 'ping-after-pong', 'frame-own-rsv', /bits 010 on opcode 10/],
  [
    'a length in too many bytes',
    frame(pong, (sent) => ({ ...sent, lengthBits: 16 })),
    'ping-after-pong',
    'frame-own-length',
    /in 16 bits/,
  ],
  [
    'a pong without FIN',
    frame(pong, (sent) => ({ ...sent, fin: false })),
    'ping-after-pong',
    'frame-own-control',
    /FIN 0/,
  ],
  [
    'a frame with a reserved opcode',
    {
      also: ({ opcode, payload }, when) =>
        when === 'before' && opcode === 9 && payload.toString() === pong ? [{ opcode: 3, payload: Buffer.of() }] : [],
    },
    'ping-after-pong',
    'frame-own-opcode',
    /opcode 0x3/,
  ],
  [
    'no Upgrade',
    field((fields) => fields.filter((one) => !one.startsWith('Upgrade'))),
    'handshake-upgrade-case',
    'handshake-upgrade',
    /Upgrade: none/,
  ],
  [
    'another Connection',
    replaced('Connection', 'Connection: close'),
    'handshake-upgrade-case',
    'handshake-connection',
    /Connection: "close"/,
  ],
  [
    'a length of a body',
    field((fields) => [...fields, 'Content-Length: 0']),
    'handshake-upgrade-case',
    'handshake-no-body',
    /content-length/,
  ],
  [
    'a subprotocol',
    field((fields) => [...fields, 'Sec-WebSocket-Protocol: a']),
    'handshake-upgrade-case',
    'handshake-protocol-unoffered',
    /Protocol: "a"/,
  ],
  [
    'an extension',
    field((fields) => [...fields, 'Sec-WebSocket-Extensions: x']),
    'handshake-upgrade-case',
    'handshake-extension-unoffered',
    /Extensions: "x"/,
  ],
];

async function audited(fault: Fault, ids: readonly string[]) {
  const server = await startFaultyServer(fault);
  const chosen = ids.flatMap((id) => selectProbes([id], []).filter((one) => one.id === id));
  const report = await auditThrough(server.url, chosen, {});
  await server.close();
  return new Map(report.results.map((result) => [result.id, result]));
}

describe('a fault in the traffic of another probe', () => {
  for (const [what, fault, traffic, rule, got] of rows) {
    it(`is overheard: ${what}`, async () => {
      const both = await audited(fault, [rule, traffic]);
      assert.equal(both.get(rule)!.verdict, 'fail');
      assert.match(both.get(rule)!.got, got);
      assert.match(both.get(rule)!.got, new RegExp(`, in the traffic of ${traffic}$`));
      const alone = await audited(fault, [traffic]);
      assert.equal(alone.get(traffic)!.verdict, 'fail', alone.get(traffic)!.got);
    });
  }

  it('is overheard where no probe asks about it: a message inside another one', async () => {
    const inside: Fault = {
      also: ({ opcode }, when) =>
        when === 'before' && opcode === 9
          ? [
              { opcode: 1, fin: false, payload: Buffer.of(0x61) },
              { opcode: 1, payload: Buffer.of(0xff) },
            ]
          : [],
    };
    const id = 'handshake-upgrade-case';
    assert.match((await audited(inside, [id])).get(id)!.got, /^101 Because; but a message inside another one as well$/);
  });
});

describe('a continuation of nothing', () => {
  it('is no text, whatever came before it', () => {
    const ear = new Overhearing();
    const one = { fin: true, rsv: 0, masked: false, maskingKey: 0, length: 1, lengthBits: 7 } as const;
    ear.receivedFrame({ ...one, opcode: 1, payload: Buffer.from('a') });
    ear.receivedFrame({ ...one, opcode: 0, payload: Buffer.of(0xff) });
    assert.deepEqual(ear.faults, [{ rule: 'message-own-fragments', got: 'a continuation of nothing' }]);
  });
});

describe('a request that is not a usual one', () => {
  it('says nothing about what others get', async () => {
    const old: Fault = {
      status: (request, status) => (request.line.endsWith('1.0') ? 101 : status),
      fields: (fields, request) => (request.line.endsWith('1.0') ? ['Connection: close'] : fields),
    };
    const results = await audited(old, ['handshake-connection', 'handshake-accept', 'handshake-http-1.0']);
    const verdicts = [...results.values()].map(({ id, verdict }) => `${id} ${verdict}`);
    assert.deepEqual(verdicts, ['handshake-connection pass', 'handshake-accept pass', 'handshake-http-1.0 fail']);
  });
});

describe('a correct server', () => {
  let server: FaultyServer;
  before(async () => {
    server = await startFaultyServer();
  });
  after(() => server.close());

  it('is overheard doing nothing wrong, whatever it is asked', async () => {
    const quick = probes.filter(({ id }) => !id.startsWith('limit-'));
    const { results } = await auditThrough(server.url, quick, {});
    assert.deepEqual(
      results.filter(({ verdict }) => verdict !== 'pass').map(({ id, got }) => `${id}: ${got}`),
      [],
    );
  });
});
