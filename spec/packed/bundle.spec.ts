import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { certificates } from '../peer/certificates.js';
import { bundle } from './bundle.js';
import { consumer } from './package.js';
import { conversation, programs } from './programs.js';
import { runNode } from './run-node.js';
import { hasEsbuild } from './tool.js';

describe('a program in one minified file', { skip: hasEsbuild() ? false : 'make matrix fetches the bundler' }, () => {
  let folder: string;
  let server: EchoServer;
  let secure: EchoServer;

  before(async () => {
    const { server: identity } = await certificates();
    server = await startEchoServer();
    secure = await startEchoServer({ tls: identity.pem() });
    folder = await consumer(programs);
    await bundle(join(folder, 'program.mjs'), join(folder, 'bundled/program.mjs'), 'esm');
    await bundle(join(folder, 'program.mjs'), join(folder, 'bundled/program.cjs'), 'cjs');
  });
  after(() => Promise.all([server.close(), secure.close()]));

  for (const program of ['bundled/program.mjs', 'bundled/program.cjs']) {
    it(`runs as ${program}`, async () => {
      assert.deepEqual(await runNode(folder, [program, server.url]), { status: 0, stdout: conversation, stderr: '' });
    });

    it(`has TLS and compression in it, loaded when they are needed: ${program}`, async () => {
      const { root } = await certificates();
      const options = JSON.stringify({ caPath: root, perMessageDeflate: true });
      const { status, stdout } = await runNode(folder, [program, secure.url, options]);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: conversation });
    });
  }

  it('names nothing of audit and cli', () => {
    assert.doesNotMatch(readFileSync(join(folder, 'bundled/program.mjs'), 'utf8'), /startEchoServer|transcript/i);
  });
});
