import assert from 'node:assert/strict';
import { it } from 'node:test';
import { makeWorker } from '../../../lib/cli/bench/load-share.js';
import { readArguments } from '../../../lib/cli/command.js';
import { connectionOptions } from '../../../lib/cli/connection-options.js';
import { startAnsweringPeer } from './answering-peer.js';
import { samplePlan } from './outcomes.js';

/** Elsewhere than on Linux only 127.0.0.1 is there by itself. */
const skip = process.platform === 'linux' ? false : 'needs the whole of 127.0.0.0/8';

it('connections come from the addresses that they are given, in turn', { skip }, async () => {
  const peer = await startAnsweringPeer({ answer: (message) => message });
  const { values } = readArguments(['--no-proxy'], connectionOptions);
  const load = { ...samplePlan, connections: 6, processes: 2, warmUp: 0, duration: 0.05 };
  const sources = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
  for (const process of [0, 1]) {
    const worker = makeWorker({ url: peer.url, values, load, sources }, { process, processes: 2 }, () => {});
    await worker.open();
    await worker.run();
  }
  await peer.close();
  assert.deepEqual([...peer.sources].sort(), sources);
});
