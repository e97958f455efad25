import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { planConnect } from '../../../lib/api/options.js';
import { ask as put } from '../../../lib/audit/ask.js';
import { defaultTimes } from '../../../lib/audit/audit.js';
import type { ProbeResult } from '../../../lib/audit/probe.js';
import type { Probe, ProbeTimes } from '../../../lib/audit/probe-run.js';
import { probes, selectProbes } from '../../../lib/audit/probes/all.js';
import { auditDialer } from '../../../lib/cli/audit/dialer.js';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { faults } from '../faults.js';
import { type FaultyServer, startFaultyServer } from '../faulty-server.js';

async function ask(probe: Probe, url: string, times: ProbeTimes): Promise<ProbeResult> {
  const { dial, target, fields, subprotocols } = planConnect(url, { proxy: 'no-proxy' });
  const options = { target: { ...target, fields, subprotocols }, dial: auditDialer(dial), times };
  return (await put(probe, options)).result;
}

/** What a correct server does comes as soon as it can; only what never comes takes all of the time. */
const patient: ProbeTimes = { ...defaultTimes, probe: 60_000, linger: 60_000 };
const impatient: ProbeTimes = { probe: 3000, grace: 50, linger: 300 };

describe('every probe', { concurrency: 8 }, () => {
  let correct: FaultyServer;
  let embedded: EchoServer;
  before(async () => {
    correct = await startFaultyServer();
    embedded = await startEchoServer({ perMessageDeflate: true });
  });
  after(() => Promise.all([correct.close(), embedded.close()]));

  for (const probe of probes) {
    it(`${probe.id} passes on correct servers, and finds a server that has its fault`, async () => {
      for (const { url } of [correct, embedded]) {
        const { verdict, got, evidence } = await ask(probe, url, patient);
        assert.equal(verdict, 'pass', `${got}\n${evidence.map(({ summary }) => summary).join('\n')}`);
      }
      const fault = faults[probe.id];
      assert.ok(fault !== undefined, 'there is no fault for it in spec/audit/faults.ts');
      const faulty = await startFaultyServer(fault);
      const { verdict, got, evidence } = await ask(probe, faulty.url, impatient);
      await faulty.close();
      assert.equal(verdict, probe.level === 'MUST' ? 'fail' : 'warning', got);
      assert.ok(evidence.length > 0);
    });
  }
});

describe('the probes of compression', { concurrency: 8 }, () => {
  let server: FaultyServer;
  before(async () => {
    server = await startFaultyServer({ deflate: null });
  });
  after(() => server.close());

  for (const probe of selectProbes(['deflate'], [])) {
    it(`${probe.id} is not observable where every offer is declined`, async () => {
      const { verdict, got } = await ask(probe, server.url, patient);
      assert.equal(verdict, 'not observable');
      assert.match(got, /declines/);
    });
  }
});

describe('the table of probes', () => {
  it('has at least 70, each with an id of its own, and no fault without a probe', () => {
    const ids = probes.map(({ id }) => id);
    assert.ok(ids.length >= 70);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      Object.keys(faults).filter((id) => !ids.includes(id)),
      [],
    );
  });

  it('is selected from by id, by the start of ids, and by patterns', () => {
    const ids = (only: string[], skip: string[] = []): string[] => selectProbes(only, skip).map(({ id }) => id);
    assert.deepEqual(ids(['ping-empty']), ['ping-empty']);
    assert.deepEqual(
      ids(
        ['close-code-100'].map((start) => `${start}*`),
        ['close-code-1001'],
      ).slice(0, 2),
      ['close-code-1002', 'close-code-1003'],
    );
    assert.equal(ids(['handshake-version']).length, 7);
    assert.equal(
      ids([], ['handshake', 'frame', 'message', 'utf8', 'ping', 'close', 'deflate']).every((id) =>
        id.startsWith('limit-'),
      ),
      true,
    );
    assert.throws(() => selectProbes(['clsoe'], []), /no probe is called "clsoe"/);
  });
});
