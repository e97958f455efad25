import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { auditClient } from '../../../lib/audit/client/client-audit.js';
import { clientProbes } from '../../../lib/audit/client/client-probes.js';
import { AuditError } from '../../../lib/audit/explore.js';
import type { AuditReport } from '../../../lib/audit/probe.js';
import { selectProbes } from '../../../lib/audit/probes/all.js';
import { listenForClients } from '../../../lib/cli/audit/client-listener.js';
import { type ClientFault, startFaultyClient } from './faulty-client.js';

interface Options {
  /** How many connections the client makes. */
  most?: number;
  totalTime?: number;
}

async function auditOf(
  fault: ClientFault,
  only: string[],
  { most = Infinity, ...more }: Options = {},
): Promise<AuditReport> {
  let count = 0;
  const listener = await listenForClients({
    host: '127.0.0.1',
    port: 0,
    waitTime: 60_000,
    start: (url, ended) => {
      if (count++ < most) return startFaultyClient(url, fault);
      setImmediate(() => ended('it is gone'));
      return { stop: () => {} };
    },
  });
  try {
    return await auditClient({
      url: listener.url,
      clients: listener,
      probes: selectProbes(only, [], clientProbes),
      ...more,
    });
  } finally {
    await listener.close();
  }
}

describe('an audit of a client', () => {
  it('finds out what the client calls itself, and whether it echoes', async () => {
    const named = { request: (lines: string[]) => [...lines, 'User-Agent: test/1'] };
    assert.deepEqual((await auditOf(named, ['ping-empty'])).capabilities, {
      text: 'echo',
      binary: 'echo',
      server: 'test/1',
    });
    const mute: ClientFault = { echo: () => undefined };
    const { capabilities, results } = await auditOf(mute, ['frame-text-125', 'utf8-byte-ff']);
    assert.deepEqual(capabilities, { text: 'accepted', binary: 'accepted', server: undefined });
    assert.deepEqual(
      results.map(({ verdict, got }) => [verdict, got.startsWith('the client does not echo')]),
      [
        ['not observable', true],
        ['pass', false],
      ],
    );
  });

  it('does not begin when no client comes, or none opens a connection', async () => {
    const noClient = auditOf({}, ['ping'], { most: 0 });
    await assert.rejects(
      noClient,
      (error) => error instanceof AuditError && /no client came: it is gone/.test(error.message),
    );
    await assert.rejects(auditOf({ request: () => ['nonsense'] }, ['ping']), /no opening handshake/);
  });

  it('gives up when no client comes any more, and when its time is over', async () => {
    const { results } = await auditOf({}, ['ping'], { most: 4 });
    assert.deepEqual(
      results.slice(0, 2).map(({ verdict }) => verdict),
      ['pass', 'pass'],
    );
    assert.match(results[2]!.got, /not asked: no client came: it is gone/);
    assert.match(results.at(-1)!.got, /not asked: no client came any more/);
    const late = await auditOf({}, ['ping'], { totalTime: 0 });
    assert.ok(late.results.every(({ got }) => got === 'not asked: the time for the audit was over'));
  });
});
