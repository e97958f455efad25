import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { auditClient, defaultClientTimes } from '../../../lib/audit/client/client-audit.js';
import { clientProbes } from '../../../lib/audit/client/client-probes.js';
import type { ProbeResult } from '../../../lib/audit/probe.js';
import type { Probe, ProbeTimes } from '../../../lib/audit/probe-run.js';
import { listenForClients, type StartedClient } from '../../../lib/cli/audit/client-listener.js';
import webSocket from '../../../lib/index.js';
import { clientFaults } from './client-faults.js';
import { startFaultyClient } from './faulty-client.js';

/** Our own client, as an echo. */
function startOwn(url: string): StartedClient {
  const client = webSocket.createWebSocket();
  client.on('error', () => {});
  client.on('message', (_error, data) => void client.send(data).catch(() => {}));
  client.connect(url, { proxy: 'no-proxy', perMessageDeflate: true, closeTimeout: 60_000 }).catch(() => {});
  return { stop: () => void client.close().catch(() => {}) };
}

/** Both send everything back. */
const capabilities = { text: 'echo', binary: 'echo', server: undefined } as const;
const patient: ProbeTimes = { ...defaultClientTimes, probe: 60_000, grace: 400 };
const impatient: ProbeTimes = { probe: 3000, grace: 100, linger: 100 };

async function ask(probe: Probe, start: (url: string) => StartedClient, times: ProbeTimes): Promise<ProbeResult> {
  const listener = await listenForClients({ host: '127.0.0.1', port: 0, waitTime: 60_000, start });
  try {
    const { results } = await auditClient({
      url: listener.url,
      clients: listener,
      probes: [probe],
      times,
      capabilities,
    });
    return results[0]!;
  } finally {
    await listener.close();
  }
}

describe('every probe for clients', { concurrency: 8 }, () => {
  for (const probe of clientProbes) {
    it(`${probe.id} passes on our client and another one, and finds a client that has its fault`, async () => {
      for (const start of [startOwn, (url: string) => startFaultyClient(url)]) {
        const { verdict, got, evidence } = await ask(probe, start, patient);
        assert.equal(verdict, 'pass', `${got}\n${evidence.map(({ summary }) => summary).join('\n')}`);
      }
      const fault = clientFaults[probe.id];
      assert.ok(fault !== undefined, 'there is no fault for it in spec/audit/client/client-faults.ts');
      const { verdict, got } = await ask(probe, (url) => startFaultyClient(url, fault), impatient);
      assert.equal(verdict, probe.level === 'MUST' ? 'fail' : 'warning', got);
    });
  }
});

describe('the table of probes for clients', () => {
  it('has at least 60, each with an id of its own', () => {
    const ids = clientProbes.map(({ id }) => id);
    assert.ok(ids.length >= 60);
    assert.equal(new Set(ids).size, ids.length);
  });
});
