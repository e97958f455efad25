import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { audit, defaultTimes } from '../../lib/audit/audit.js';
import { AuditError } from '../../lib/audit/explore.js';
import { type AuditReport, countVerdicts, type Handling, type ProbeResult } from '../../lib/audit/probe.js';
import { selectProbes } from '../../lib/audit/probes/all.js';
import { auditDialer } from '../../lib/cli/audit/dialer.js';
import { type Fault, startFaultyServer } from './faulty-server.js';

interface Options {
  only: string[];
  skip?: string[];
  client?: WebSocketClientOptions;
  grace?: number;
  totalTime?: number;
  concurrency?: number;
  recoverTime?: number;
  onProgress?: (done: number, total: number, result: ProbeResult) => void;
}

async function auditOf(
  fault: Fault,
  { only, skip = [], client = {}, grace = 50, ...more }: Options,
): Promise<AuditReport> {
  const server = await startFaultyServer(fault);
  const { dial, target, fields, subprotocols } = planConnect(server.url, { proxy: 'no-proxy', ...client });
  const times = { ...defaultTimes, probe: 10_000, grace };
  try {
    return await audit({
      url: server.url,
      target: { ...target, fields, subprotocols },
      dial: auditDialer(dial),
      probes: selectProbes(only, skip),
      times,
      ...more,
    });
  } finally {
    await server.close();
  }
}

const turnedAway = (status: string): string =>
  `the opening handshake was answered with ${status}: the server limits its clients, ask fewer questions at once`;

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

  it('lets through what a server says unasked, and still finds what is wrong', async () => {
    const only = ['ping-payload', 'message-fragments-text', 'frame-rsv1', 'close-reply'];
    const { capabilities, results } = await auditOf({ greeting: 'Welcome!' }, { only });
    assert.deepEqual(capabilities, { text: 'echo', binary: 'echo', talks: true, server: undefined });
    for (const { id, verdict, got } of results) assert.equal(verdict, 'pass', `${id}: ${got}`);
    const faulty = await auditOf(
      { greeting: 'Welcome!', pong: (payload) => (payload.includes('ping') ? Buffer.from('no') : payload) },
      { only: ['ping-payload'] },
    );
    assert.equal(faulty.results[0]!.verdict, 'fail');
  });

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
      { status: (_request, status) => (++requests > 3 ? 429 : status) },
      { only: ['ping-empty'], recoverTime: 0 },
    );
    assert.deepEqual(
      results.map(({ verdict, got }) => [verdict, got]),
      [['not observable', `not asked: ${turnedAway('429 Because')}`]],
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
    // The ping behind shows that nothing else came.
    assert.match(lines[5]!, /^sent frame Ping "anything else\? /);
    assert.match(lines[6]!, /^received frame Pong "anything else\? /);
    assert.deepEqual(lines.slice(0, 5), [
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
    assert.deepEqual((await auditOf(fault, { only: ['ping'], recoverTime: 0 })).deaths, []);
  });
});

/** Probes of every shape, with one that takes several connections. */
const ofEachShape = ['ping', 'handshake-upgrade', 'handshake-key', 'frame-rsv', 'close-code-100*', 'limit-announced'];

describe('a server that limits its clients', () => {
  const verdicts = ({ results }: AuditReport): string[] => results.map(({ id, verdict }) => `${id}: ${verdict}`);

  it('is asked fewer questions at once, and every verdict is what it is without the limit', async () => {
    const limits = (open: number): string[] | undefined => (open > 4 ? ['HTTP/1.1 503 Full'] : undefined);
    const limited = await auditOf({ limits }, { only: ofEachShape, concurrency: 8 });
    assert.deepEqual(limited.deaths, []);
    for (const { id, verdict, got } of limited.results) assert.equal(verdict, 'pass', `${id}: ${got}`);
    const fault: Fault = { overlooks: (_frame, rule) => rule === 'rsv', close: () => undefined };
    const free = await auditOf(fault, { only: ofEachShape });
    assert.deepEqual(verdicts(await auditOf({ ...fault, limits }, { only: ofEachShape })), verdicts(free));
    assert.ok(free.results.some(({ verdict }) => verdict === 'fail'));
  });

  it('changes the verdict of no probe', async () => {
    const limits = (open: number): string[] | undefined => (open > 4 ? ['HTTP/1.1 503 Full'] : undefined);
    const { results, deaths } = await auditOf({ limits }, { only: ['*'], skip: ['deflate'], concurrency: 8 });
    assert.deepEqual(deaths, []);
    for (const { id, verdict, got } of results) assert.equal(verdict, 'pass', `${id}: ${got}`);
  });

  it('that takes one client at a time breaks no rule, and what takes two clients is not observable', async () => {
    const limits = (open: number): string[] | undefined => (open > 1 ? ['HTTP/1.1 503 Full'] : undefined);
    const { results } = await auditOf({ limits }, { only: ofEachShape });
    for (const { id, verdict, got } of results) {
      const expected = id.startsWith('limit-') ? 'not observable' : 'pass';
      assert.equal(verdict, expected, `${id}: ${got}`);
      if (verdict !== 'pass') assert.equal(got, turnedAway('503 Full'));
    }
  });

  it('and takes no more of them at all breaks no rule: what is left is not asked', async () => {
    const limits = (_open: number, total: number): string[] | undefined =>
      total > 20 ? ['HTTP/1.1 429 Enough'] : undefined;
    const { results, deaths } = await auditOf({ limits }, { only: ofEachShape, recoverTime: 0 });
    assert.deepEqual(deaths, []);
    const counts = countVerdicts(results);
    assert.equal(counts.fail + counts.warning, 0, verdicts({ results } as AuditReport).join('\n'));
    assert.ok(counts.pass > 0);
    assert.equal(results.at(-1)!.got, `not asked: ${turnedAway('429 Enough')}`);
  });

  it('and takes only every other one is asked until it answers', async () => {
    const limits = (_open: number, total: number): string[] | undefined =>
      total > 6 && total % 2 === 0 ? ['HTTP/1.1 429 Later', 'Retry-After: 0'] : undefined;
    const { results } = await auditOf({ limits }, { only: ['ping-empty', 'handshake-upgrade', 'frame-rsv1'] });
    for (const { id, verdict, got } of results) assert.equal(verdict, 'pass', `${id}: ${got}`);
  });
});

describe('a connection that is lost by chance', () => {
  const kinds = ['at once', 'before the answer', 'before a frame'] as const;
  /** A quarter of all connections, by a generator of random numbers that always starts the same. */
  const atRandom = (): NonNullable<Fault['resets']> => {
    const lost = new Map<number, (typeof kinds)[number] | undefined>();
    let state = 1;
    return (total) => {
      if (!lost.has(total)) {
        state = (state * 48271) % 2147483647;
        lost.set(total, total > 3 && (state >> 9) % 4 === 0 ? kinds[state % 3] : undefined);
      }
      return lost.get(total);
    };
  };

  it('changes no verdict of a correct server', async () => {
    const { results, deaths } = await auditOf({ resets: atRandom() }, { only: ofEachShape, concurrency: 1 });
    assert.deepEqual(deaths, []);
    for (const { id, verdict, got } of results) assert.equal(verdict, 'pass', `${id}: ${got}`);
  });

  it('does not hide a fault, though the end of TCP is what a failed connection looks like', async () => {
    const fault: Fault = { resets: atRandom(), overlooks: (_frame, rule) => rule === 'rsv' || rule === 'opcode' };
    const { results } = await auditOf(fault, { only: ['frame-rsv', 'frame-opcode'], concurrency: 1 });
    for (const { id, verdict, got } of results) assert.equal(verdict, 'fail', `${id}: ${got}`);
  });

  it('is believed when it is lost again', async () => {
    const fault: Fault = { resets: (total) => (total > 3 ? 'before a frame' : undefined) };
    const { results } = await auditOf(fault, { only: ['frame-rsv1', 'ping-empty'], concurrency: 1 });
    assert.deepEqual(
      results.map(({ verdict, got }) => `${verdict}: ${got}`),
      ['pass: connection lost (ECONNRESET) without a Close frame', 'fail: connection lost (ECONNRESET)'],
    );
  });
});
