import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { AuditError, audit, defaultTimes } from '../../lib/audit/audit.js';
import type { AuditReport, Handling, ProbeResult } from '../../lib/audit/probe.js';
import { selectProbes } from '../../lib/audit/probes/all.js';
import { auditDialer } from '../../lib/cli/audit/dialer.js';
import { type Fault, startFaultyServer } from './faulty-server.js';

interface Options {
  only: string[];
  client?: WebSocketClientOptions;
  grace?: number;
  totalTime?: number;
  concurrency?: number;
  recoverTime?: number;
  onProgress?: (done: number, total: number, result: ProbeResult) => void;
}

async function auditOf(fault: Fault, { only, client = {}, grace = 50, ...more }: Options): Promise<AuditReport> {
  const server = await startFaultyServer(fault);
  const { dial, target, fields, subprotocols } = planConnect(server.url, { proxy: 'no-proxy', ...client });
  const times = { ...defaultTimes, probe: 10_000, grace };
  try {
    return await audit({
      url: server.url,
      target: { ...target, fields, subprotocols },
      dial: auditDialer(dial),
      probes: selectProbes(only, []),
      times,
      ...more,
    });
  } finally {
    await server.close();
  }
}

describe('an audit', () => {
  const handlings: [title: string, fault: Fault, text: Handling, binary: Handling][] = [
    ['echoes', {}, 'echo', 'echo'],
    ['echoes text only', { echo: (opcode, payload) => (opcode === 1 ? payload : undefined) }, 'echo', 'accepted'],
    ['answers with something else', { echo: () => Buffer.from('thanks') }, 'accepted', 'accepted'],
    ['ends the connection on binary', { refuses: ({ opcode }) => (opcode === 2 ? 1003 : undefined) }, 'echo', 'closed'],
  ];
  for (const [title, fault, text, binary] of handlings) {
    it(`finds out that a server ${title}`, async () => {
      const { capabilities } = await auditOf(fault, { only: ['ping-empty'] });
      assert.deepEqual(capabilities, { text, binary, server: undefined });
    });
  }

  it('says "not observable" of what only an echo could show', async () => {
    const { results } = await auditOf(
      { echo: () => undefined },
      { only: ['frame-text-125', 'utf8-byte-ff', 'ping-empty'] },
    );
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['not observable', 'pass', 'pass'],
    );
    assert.equal(results[0]!.got, 'the server does not echo text messages');
  });

  it('says "not observable" when the server refuses the connection of a probe', async () => {
    let requests = 0;
    const { results } = await auditOf(
      { status: (_request, status) => (++requests > 4 ? 429 : status) },
      { only: ['ping-empty'] },
    );
    assert.deepEqual(
      results.map(({ verdict, got }) => [verdict, got]),
      [['not observable', 'the opening handshake was answered with 429 Because']],
    );
  });

  it('does not begin when a correct handshake is refused', async () => {
    await assert.rejects(
      auditOf({ status: () => 404 }, { only: ['ping-empty'] }),
      (error) => error instanceof AuditError && /404 Because, expected 101/.test(error.message),
    );
  });

  it('does not begin when nothing listens, and says so', async () => {
    const server = await startFaultyServer();
    await server.close();
    const { dial, target, fields, subprotocols } = planConnect(server.url, { proxy: 'no-proxy' });
    const options = {
      url: server.url,
      target: { ...target, fields, subprotocols },
      dial: auditDialer(dial),
      probes: selectProbes(['ping-empty'], []),
    };
    await assert.rejects(audit(options), /no connection: .*refused/i);
  });

  it("sends the user's fields with every request, and keeps credentials out of the evidence", async () => {
    const seen: string[] = [];
    const fault: Fault = {
      status: (request, status) => {
        seen.push([...request.values('authorization'), ...request.values('sec-websocket-protocol')].join(' + '));
        return status;
      },
      fields: (fields) => [...fields, 'Set-Cookie: session=hidden'],
    };
    const client = { header: { Authorization: 'Bearer hidden', Cookie: 'a=hidden' }, protocol: 'chat, talk' };
    const report = await auditOf(fault, { only: ['ping-empty', 'handshake-status'], client });
    assert.ok(seen.length > 3 && seen.every((one) => one === 'Bearer hidden + chat, talk'), seen.join('\n'));
    assert.ok(!JSON.stringify(report).includes('hidden'));
    assert.ok(JSON.stringify(report).includes('Authorization: (redacted)'));
  });

  it('writes down what passed, with times, text and bytes', async () => {
    const { results } = await auditOf({}, { only: ['ping-payload'] });
    const lines = results[0]!.evidence.map(({ direction, kind, summary }) => `${direction} ${kind} ${summary}`);
    assert.deepEqual(lines, [
      'event connected connected',
      'sent head GET / HTTP/1.1',
      'received head HTTP/1.1 101 Because',
      'sent frame Ping "ping payload", masked',
      'received frame Pong "ping payload", unmasked',
    ]);
    assert.equal(results[0]!.evidence[4]!.hex, '8a 0c 70 69 6e 67 20 70 61 79 6c 6f 61 64');
    const times = results[0]!.evidence.map(({ time }) => time);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  it('reports progress, and keeps the order of the probes however many run at once', async () => {
    const done: number[] = [];
    const { results } = await auditOf(
      {},
      { only: ['ping'], concurrency: 5, onProgress: (count, total) => done.push(count / total) },
    );
    assert.deepEqual(
      results.map(({ id }) => id),
      selectProbes(['ping'], []).map(({ id }) => id),
    );
    assert.equal(done.length, results.length);
    assert.equal(done.at(-1), 1);
  });

  it('stops asking when its time is over', async () => {
    const { results } = await auditOf({}, { only: ['ping'], totalTime: 0 });
    assert.deepEqual(new Set(results.map(({ verdict }) => verdict)), new Set(['not observable']));
    assert.match(results[0]!.got, /not asked/);
  });

  it('takes a server that only drops TCP for one that fails connections', async () => {
    const { results } = await auditOf(
      { failsSilently: true },
      { only: ['frame-rsv1', 'utf8-byte-ff', 'close-body-1'] },
    );
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['pass', 'pass', 'pass'],
    );
  });

  it('warns of a failed connection with a code that does not fit', async () => {
    const fault: Fault = {
      sends: (frame) => (frame.opcode === 8 ? { ...frame, payload: Buffer.from([0x03, 0xf3]) } : frame),
    };
    const { results } = await auditOf(fault, { only: ['frame-rsv1'] });
    assert.deepEqual(
      results.map(({ verdict, got }) => [verdict, got]),
      [['warning', 'a Close frame with 1011; 1002 would be fitting']],
    );
  });
});

describe('a server that dies of a probe', () => {
  const killer = 'frame-rsv3';
  const mortal = (isBackAfter: number): Fault => ({ diesOf: ({ rsv }) => rsv === 1, isBackAfter });

  it('is asked on when it is back, and what killed it is found among what was asked at once', async () => {
    const only = ['ping', 'frame-rsv1', killer, 'frame-rsv2', 'close-reply'];
    const { deaths, results } = await auditOf(mortal(20), { only, concurrency: 3 });
    assert.deepEqual(deaths, [{ probes: [killer], isProved: true, recovered: true }]);
    for (const { id, verdict, got } of results) assert.equal(verdict, id === killer ? 'fail' : 'pass', `${id}: ${got}`);
    assert.match(results.find(({ id }) => id === killer)!.got, /^the server stopped answering; before that: /);
  });

  it('is known to have died of the only probe that was asked, and what follows is not asked', async () => {
    const options = { only: ['frame-rsv1', killer, 'close-reply'], concurrency: 1, recoverTime: 0 };
    const { deaths, results } = await auditOf(mortal(Infinity), options);
    assert.deepEqual(deaths, [{ probes: [killer], isProved: true, recovered: false }]);
    assert.deepEqual(
      results.map(({ id, verdict }) => `${id}: ${verdict}`),
      ['frame-rsv1: pass', `${killer}: fail`, 'close-reply: not observable'],
    );
    assert.equal(results[2]!.got, 'not asked: the server stopped answering');
  });

  it('is not taken for dead when it limits its clients', async () => {
    let requests = 0;
    const fault: Fault = { status: (_request, status) => (++requests > 6 ? 429 : status) };
    assert.deepEqual((await auditOf(fault, { only: ['ping'] })).deaths, []);
  });
});
