import assert from 'node:assert/strict';
import { copyFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { certificates } from '../peer/certificates.js';
import { consumer } from './package.js';
import { conversation, programs } from './programs.js';
import { isNode, runNode } from './run-node.js';

/** Node 25 put the network under the permission model. */
const guardsNetwork = isNode(25);

describe('under the permission model', () => {
  let folder: string;
  let server: EchoServer;
  let secure: EchoServer;
  /** The flags that `lib/api/README.md` names: to read the program and the package, and (Node >= 25) to use the network. */
  let read: string[];
  let flags: string[];

  before(async () => {
    folder = realpathSync(await consumer(programs));
    const { server: identity, root } = await certificates();
    copyFileSync(root, join(folder, 'root.pem'));
    server = await startEchoServer();
    secure = await startEchoServer({ tls: identity.pem() });
    read = [isNode(22, 13) ? '--permission' : '--experimental-permission', `--allow-fs-read=${folder}/`];
    flags = guardsNetwork ? [...read, '--allow-net'] : read;
  });
  after(() => Promise.all([server.close(), secure.close()]));

  for (const program of ['program.mjs', 'program.cjs']) {
    it(`${program} needs to read itself and its packages${guardsNetwork ? ', and the network' : ''}`, async () => {
      const { status, stdout } = await runNode(folder, [...flags, program, server.url]);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: conversation });
    });
  }

  it('a private CA has to be readable', async () => {
    const options = JSON.stringify({ caPath: join(folder, 'root.pem') });
    const { status, stdout } = await runNode(folder, [...flags, 'program.mjs', secure.url, options]);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: conversation });
  });

  it('a file that may not be read is 201', async () => {
    const { root } = await certificates();
    const options = JSON.stringify({ caPath: root });
    const { status, stdout } = await runNode(folder, [...flags, 'program.mjs', secure.url, options]);
    assert.equal(status, 0);
    assert.match(stdout, /^failed 201 Permission denied\. .*caPath/);
  });

  it('a network that may not be used is 201', {
    skip: guardsNetwork ? false : 'Node guards it from 25 on',
  }, async () => {
    const { status, stdout } = await runNode(folder, [...read, 'program.mjs', server.url]);
    assert.equal(status, 0);
    assert.match(stdout, /^failed 201 Permission denied\. .*network/);
  });
});
