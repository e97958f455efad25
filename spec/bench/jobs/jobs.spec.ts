import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../../../bench/certificate.js';
import { type ClientName, loadClient } from '../../../bench/clients/names.js';
import { DelayWatch } from '../../../bench/jobs/flood.js';
import { jobs } from '../../../bench/jobs/names.js';
import { readOptions } from '../../../bench/options.js';
import { findPeers } from '../../../bench/peers.js';
import { type Cell, otherNodePlan, plan } from '../../../bench/plan.js';
import { measure, type RunningServer, startServer } from '../../../bench/processes.js';
import type { Task } from '../../../bench/task.js';

const ours: ClientName = 'ohos-websocket';
const peers = existsSync(fileURLToPath(new URL('../../../../bench/node_modules/ws', import.meta.url)));

describe('the jobs of the benchmark', () => {
  let folder = '';
  let server: RunningServer;
  let tls: ReturnType<typeof makeCertificate>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-jobs-'));
    tls = makeCertificate(folder);
    server = await startServer(tls);
  });

  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const taskOf = (cell: Cell, client: ClientName): Task => {
    const { job, kind, size, secure, each, connections } = cell;
    const address = server.address;
    return { job, client, kind, size, secure, each, connections, warmMs: 1, measureMs: 1, server: address };
  };
  const cellsOf = (...areas: readonly string[]): Cell[] => plan(true).filter(({ area }) => areas.includes(area));

  it('gives figures with processor time of floods, feeds and first seconds', async () => {
    for (const cell of cellsOf('delay', 'compression')) {
      if (cell.column !== '200 B' && cell.job !== 'flood') continue;
      const sample = await measure(taskOf(cell, ours));
      assert.ok(sample.value > 0 && sample.cpu! >= 0, `${cell.row}: ${JSON.stringify(sample)}`);
      if (cell.job === 'flood') assert.ok(sample.more!['delay']! >= 0);
    }
  });

  it('times import and first connect together in a fresh process', async () => {
    const cell = cellsOf('first').find(({ job }) => job === 'start')!;
    const sample = await measure(taskOf(cell, ours));
    assert.ok(sample.value > 0 && sample.cpu! > 0);
  });

  it('compares the first half second with what comes after two', async () => {
    const cell = cellsOf('first').find(({ job, each }) => job === 'first' && each > 0)!;
    const { value, more } = await measure(taskOf(cell, ours));
    assert.ok(Math.abs(value - more!['first']! / more!['steady']!) < 1e-9);
  });

  for (const name of ['ohos-websocket', 'ws', 'raw'] as const) {
    const skip = name === 'ws' && !peers && 'npm ci --prefix bench';
    it(`opens and closes over TLS with ${name}`, { skip }, async () => {
      if (tls === undefined) return;
      const cell = cellsOf('handshakes').find(({ secure }) => secure)!;
      const sample = await measure(taskOf(cell, name));
      assert.ok(sample.value > 0);
    });
  }

  const others = ['bun', 'deno', 'prototype'] as const;
  const found = findPeers(others, readOptions([]).prototype);
  for (const name of others) {
    it(`echoes and sends with ${name}`, { skip: found.missing[name] ?? false }, async () => {
      for (const cell of cellsOf('echo', 'turns').filter(({ column }) => column === '16 B' || column === '4')) {
        const sample = await measure(taskOf(cell, name), found.programs);
        assert.ok(sample.value > 0, cell.row);
      }
    });
  }

  it('knows every job that a plan names', () => {
    for (const { job } of [...plan(false), ...plan(true), ...otherNodePlan()]) {
      assert.ok(job === 'import' || job === 'start' || job in jobs, job);
    }
  });
});

describe('DelayWatch', () => {
  it('counts the turn in which it is stopped, which may be the only one', () => {
    let now = 100;
    const watch = new DelayWatch(() => now);
    watch.start();
    now = 151;
    assert.deepEqual(watch.stop(), { delay: 50 });
  });

  it('finds nothing late where nothing was', () => {
    const watch = new DelayWatch(() => 7);
    watch.start();
    assert.deepEqual(watch.stop(), { delay: 0 });
  });
});

describe('loadClient', () => {
  it('loads another build of this package by its path', async () => {
    await assert.rejects(loadClient(ours, join(tmpdir(), 'no-such-build.js')), /no-such-build/);
  });
});
