/** In the places where programs embed Node: workers, single executables, and under flags that forbid what others use. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { bundle } from './bundle.js';
import { consumer } from './package.js';
import { type Partners, startPartners } from './partners.js';
import { conversation, programs } from './programs.js';
import { isNode, runNode } from './run-node.js';
import { hasEsbuild } from './tool.js';

const inWorker = `
import { Worker } from 'node:worker_threads';
const [url, options] = process.argv.slice(2);
const worker = new Worker(new URL('./program.mjs', import.meta.url), { argv: [url, options] });
worker.on('error', (error) => console.log('failed', error));
`;

/** Many at once, and each ended in the middle of its conversation. */
const endedWorkers = `
import { Worker } from 'node:worker_threads';
const ends = Array.from({ length: 4 }, () => new Promise((resolve) => {
  const worker = new Worker(new URL('./talk.mjs', import.meta.url), { argv: [process.argv[2]] });
  worker.once('message', async () => resolve(await worker.terminate()));
  worker.once('error', resolve);
}));
console.log(String(await Promise.all(ends)));
`;
const talk = `
import { parentPort } from 'node:worker_threads';
import { webSocket } from 'ohos-websocket';
const ws = webSocket.createWebSocket();
ws.on('message', () => parentPort.postMessage('talking'));
await ws.connect(process.argv[2], { proxy: 'no-proxy' });
for (;;) await ws.send('x'.repeat(1000));
`;

/** 40 MiB through a heap of 20. */
const heavy = `
import { messages, webSocket } from 'ohos-websocket';
const ws = webSocket.createWebSocket();
const incoming = messages(ws);
await ws.connect(process.argv[2], { proxy: 'no-proxy' });
let size = 0;
for (let index = 0; index < 40; index++) {
  await ws.send(index % 2 === 0 ? new Uint8Array(1 << 20) : 'x'.repeat(1 << 20));
  const { value } = await incoming.next();
  size += value.byteLength ?? value.length;
}
await ws.close();
console.log(size);
`;

let folder: string;
let partners: Partners;

before(async () => {
  partners = await startPartners();
  folder = await consumer({
    ...programs,
    'worker.mjs': inWorker,
    'ended.mjs': endedWorkers,
    'talk.mjs': talk,
    'heavy.mjs': heavy,
  });
});
after(() => partners.close());

describe('in a worker thread', () => {
  it('a conversation runs, with TLS and compression too', async () => {
    for (const args of partners.talks) {
      const { status, stdout } = await runNode(folder, ['worker.mjs', ...args]);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: conversation });
    }
  });

  it('several may be ended in the middle of one', async () => {
    const { status, stdout, stderr } = await runNode(folder, ['ended.mjs', partners.url]);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '1,1,1,1\n', stderr: '' });
  });
});

describe('under the flag', () => {
  for (const flags of [
    ['--disallow-code-generation-from-strings'],
    ['--frozen-intrinsics'],
    ['--jitless'],
    ['--disable-proto=throw'],
    ['--no-experimental-websocket'],
  ]) {
    const unknown = flags[0] === '--no-experimental-websocket' && !isNode(22);
    it(`${flags[0]} a conversation runs, with TLS and compression too`, {
      skip: unknown && 'this Node has no such flag',
    }, async () => {
      for (const args of partners.talks) {
        const { status, stdout, stderr } = await runNode(folder, [...flags, 'program.mjs', ...args]);
        assert.deepEqual({ status, stdout }, { status: 0, stdout: conversation }, stderr);
      }
    });
  }

  it('--max-old-space-size=20 40 MiB go there and back', async () => {
    const { status, stdout, stderr } = await runNode(folder, ['--max-old-space-size=20', 'heavy.mjs', partners.url]);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: `${40 * 2 ** 20}\n` }, stderr);
  });
});

describe('in one file', { skip: hasEsbuild() ? false : 'make matrix fetches the bundler' }, () => {
  let bundled: string;
  before(async () => {
    bundled = await bundle(join(folder, 'program.mjs'), join(folder, 'one.cjs'), 'cjs');
  });

  it('that comes on standard input, with no permission but that for the network', async () => {
    const guard = isNode(25)
      ? ['--permission', '--allow-net']
      : [isNode(22, 13) ? '--permission' : '--experimental-permission'];
    for (const args of partners.talks) {
      const { NODE_V8_COVERAGE: _coverage, NODE_TEST_CONTEXT: _test, ...env } = process.env;
      const child = spawn(process.execPath, [...guard, '-', ...args], {
        cwd: folder,
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      child.stdin.end(readFileSync(bundled));
      const [stdout, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
      assert.equal(stdout, conversation, stderr);
    }
  });
});
