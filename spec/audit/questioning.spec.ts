import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { type AuditReport, countVerdicts } from '../../lib/audit/probe.js';
import type { Probe } from '../../lib/audit/probe-run.js';
import { probes, selectProbes } from '../../lib/audit/probes/all.js';
import { type FaultyServer, startFaultyServer } from './faulty-server.js';
import { auditThrough, type Obstacle } from './tagged-server.js';

/** The others: one of each kind of end. */
const innocent = selectProbes(['ping-empty', 'frame-rsv2', 'close-reply', 'handshake-host-missing'], []);
/** A part of all probes, another one every day; `PROBES=all`: all of them. */
const share = process.env['PROBES'] === 'all' ? 1 : 20;
const day = Math.floor(Date.now() / 86_400_000);
const sample = probes.filter((_probe, index) => index % share === day % share);

let server: FaultyServer;
before(async () => {
  server = await startFaultyServer();
});
after(() => server.close());

const among = (probe: Probe): Probe[] => {
  const others = innocent.filter(({ id }) => id !== probe.id);
  return [...others.slice(0, 2), probe, ...others.slice(2)];
};
const verdicts = ({ results }: AuditReport): string =>
  results.map(({ id, verdict, got }) => `${id}: ${verdict}: ${got}`).join('\n');

/** How many writes the busiest connection of a probe sees, but two at most: a head, and what follows. */
async function writesOf(probe: Probe): Promise<number> {
  let most = 1;
  await auditThrough(server.url, [probe], {
    writes: (asking, count) => {
      if (asking !== undefined) most = Math.max(most, Math.min(count, 2));
      return false;
    },
  });
  return most;
}

describe('a server that dies of one probe', { concurrency: 16 }, () => {
  for (const probe of sample) {
    it(`has died of ${probe.id}, and nothing else changes its verdict`, async () => {
      const last = await writesOf(probe);
      let away = 0;
      const report = await auditThrough(server.url, among(probe), {
        dials: () => {
          if (away > 0) throw new Error(`connection refused (${away--} more)`);
        },
        writes: (asking, count, connection) => {
          if (asking !== probe.id || count !== last) return false;
          away = 6;
          connection.endAll();
          return true;
        },
      });
      assert.deepEqual(report.deaths, [{ probes: [probe.id], isProved: true, recovered: true }], verdicts(report));
      for (const { id, verdict, got } of report.results) {
        assert.equal(verdict, id === probe.id ? 'fail' : 'pass', verdicts(report));
        if (id === probe.id) assert.match(got, /^the server stopped answering; before that: /);
      }
    });
  }
});

describe('a server that is restarted at once when it dies', () => {
  const restarted = (killer: string): Obstacle => ({
    writes: (asking, count, connection) => {
      if (asking !== killer || count !== 2) return false;
      connection.endAll();
      return true;
    },
  });

  it('has died of the probe that ends the connections of all others as well', async () => {
    for (const id of ['frame-unmasked', 'utf8-byte-ff', 'ping-125']) {
      const [killer] = selectProbes([id], []);
      const report = await auditThrough(server.url, among(killer!), restarted(id));
      assert.deepEqual(report.deaths, [{ probes: [id], isProved: true, recovered: true }], verdicts(report));
      assert.equal(countVerdicts(report.results).fail, 1, verdicts(report));
    }
  });

  it('has not died when idle connections end by chance', async () => {
    const asked = new Set<string | undefined>();
    const report = await auditThrough(server.url, selectProbes(['close', 'frame-rsv', 'frame-opcode'], []), {
      writes: (asking, count, connection) => {
        const isFirst = asking?.startsWith('frame') && count === 2 && asked.size < 6 && !asked.has(asking);
        asked.add(asking);
        if (isFirst) connection.endAll('idle');
        return false;
      },
    });
    assert.deepEqual(
      [report.deaths, countVerdicts(report.results).pass],
      [[], report.results.length],
      verdicts(report),
    );
  });
});

describe('a server that dies and does not come back', () => {
  it('is waited for once', async () => {
    const [killer, ...others] = ['ping-empty', 'ping-payload', 'frame-rsv1'];
    let isDead = false;
    let dials = 0;
    const report = await auditThrough(
      server.url,
      selectProbes([killer!, ...others], []).filter(({ id }) => [killer, ...others].includes(id)),
      {
        dials: () => {
          if (isDead) throw new Error(`connection refused (${++dials})`);
        },
        writes: (asking, count, connection) => {
          if (asking !== killer || count !== 2) return false;
          isDead = true;
          connection.endAll();
          return true;
        },
      },
      { concurrency: 1, recoverTime: 0 },
    );
    assert.deepEqual(report.deaths, [{ probes: [killer], isProved: true, recovered: false }], verdicts(report));
    // A control handshake, three more since any may be lost by chance, and one that looks whether it is back.
    assert.equal(dials, 5);
  });
});

describe('a server that dies when a probe is over', () => {
  it('has died of that one, and not of the next', async () => {
    const killer = 'ping-payload';
    let away = 0;
    const report = await auditThrough(
      server.url,
      ['ping-empty', killer, 'ping-binary', 'frame-rsv1'].flatMap((id) => selectProbes([id], [])),
      {
        dials: () => {
          if (away > 0) throw new Error(`connection refused (${away--} more)`);
        },
        leaves: (asking, connection) => {
          if (asking !== killer) return;
          away = 6;
          connection.endAll();
        },
      },
      { concurrency: 1 },
    );
    assert.deepEqual(report.deaths, [{ probes: [killer], isProved: true, recovered: true }], verdicts(report));
  });
});

describe('a limit that a probe meets', { concurrency: 16 }, () => {
  const refusals = ['403 Forbidden', '420 Calm', '502 Bad Gateway', '400 Bad', '503 Full', 'end', 'refused'] as const;
  /** Turns away these connections, and leaves those alone that are open. */
  const limiter = (how: (typeof refusals)[number], isMet: (asking: string | undefined) => boolean): Obstacle => ({
    dials: (asking) => {
      if (how === 'refused' && isMet(asking)) throw new Error('connection refused');
    },
    writes: (asking, count, connection) => {
      if (how === 'refused' || count !== 1 || !isMet(asking)) return false;
      connection.answer(how === 'end' ? '' : `HTTP/1.1 ${how}\r\nContent-Length: 0\r\n\r\n`);
      return true;
    },
  });

  for (const [index, probe] of sample.entries()) {
    const how = refusals[(index + day) % refusals.length]!;
    it(`changes no verdict when it is gone again: ${how} to ${probe.id}`, async () => {
      let left = 4;
      const isMet = (asking: string | undefined): boolean => (left < 4 || asking === probe.id) && left-- > 0;
      const report = await auditThrough(server.url, [probe], limiter(how, isMet));
      assert.deepEqual([report.deaths, report.results[0]!.verdict], [[], 'pass'], verdicts(report));
    });

    it(`is not a rule that is broken when it stays: ${how} from ${probe.id} on`, async () => {
      let isThere = false;
      const isMet = (asking: string | undefined): boolean => (isThere ||= asking === probe.id);
      const report = await auditThrough(server.url, among(probe), limiter(how, isMet), { recoverTime: 300 });
      const { fail, warning } = countVerdicts(report.results);
      assert.deepEqual([report.deaths, fail, warning], [[], 0, 0], verdicts(report));
      assert.equal(report.results.find(({ id }) => id === probe.id)!.verdict, 'not observable', verdicts(report));
    });
  }
});
