import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { consumer } from './package.js';
import { conversation, programs } from './programs.js';
import { runNode } from './run-node.js';

describe('the packed package', () => {
  let folder: string;
  let server: EchoServer;

  before(async () => {
    server = await startEchoServer();
    folder = await consumer({
      ...programs,
      'worker.mjs': `import { Worker } from 'node:worker_threads';
        new Worker(new URL('./program.mjs', import.meta.url), { argv: process.argv.slice(2) });`,
      'same.cjs': `const required = require('ohos-websocket');
        import('ohos-websocket').then((imported) => {
          console.log(required.webSocket === imported.webSocket && imported.default === required.webSocket);
        });`,
    });
  });
  after(() => server.close());

  for (const [program, how] of [
    ['program.mjs', 'import'],
    ['program.cjs', 'require'],
    ['worker.mjs', 'import in a worker thread'],
  ] as const) {
    it(`works by ${how}, without a warning`, async () => {
      assert.deepEqual(await runNode(folder, [program, server.url]), { status: 0, stdout: conversation, stderr: '' });
    });
  }

  it('compresses, with a server that does', async () => {
    const { status, stdout } = await runNode(folder, ['program.mjs', server.url, '{"perMessageDeflate":true}']);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: conversation });
  });

  it('is the same module by import and by require', async () => {
    assert.deepEqual(await runNode(folder, ['same.cjs']), { status: 0, stdout: 'true\n', stderr: '' });
  });

  it('does without what only a Node with ICU has', async () => {
    const withoutIcu = `data:text/javascript,
      delete globalThis.Intl;
      const missing = () => { throw new Error('this Node has no ICU') };
      const names = ['normalize', 'localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase'];
      for (const name of names) String.prototype[name] = missing;
      for (const type of [Number, Date, Array]) type.prototype.toLocaleString = missing;
      globalThis.TextDecoder = class { constructor() { missing() } };`;
    const { status, stdout, stderr } = await runNode(folder, ['--import', withoutIcu, 'program.mjs', server.url]);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: conversation, stderr: '' });
  });
});
