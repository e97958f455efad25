/** As a single executable: the bundled program inside a copy of Node. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { bundle } from './bundle.js';
import { consumer } from './package.js';
import { type Partners, startPartners } from './partners.js';
import { conversation, programs } from './programs.js';
import { isNode, runNode } from './run-node.js';
import { hasEsbuild, otherNode, presentPostject } from './tool.js';

const run = promisify(execFile);

describe('a single executable', { skip: hasEsbuild() ? false : 'make matrix fetches the bundler' }, () => {
  let folder: string;
  let bundled: string;
  let partners: Partners;

  before(async () => {
    partners = await startPartners();
    folder = await consumer(programs);
    bundled = await bundle(join(folder, 'program.mjs'), join(folder, 'one.cjs'), 'cjs');
  });
  after(() => partners.close());

  /** Runs the executable where nothing of the package is. */
  async function converses(executable: string): Promise<void> {
    for (const args of partners.talks) {
      const { status, stdout, stderr } = await runNode('/', args, executable);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: conversation }, stderr);
    }
  }

  const injector = presentPostject();
  const noInjection =
    process.platform === 'linux' ? injector === undefined && 'make runtimes fetches postject' : 'tried on Linux';
  it('made by postject runs a conversation', { skip: noInjection, timeout: 110_000 }, async () => {
    const config = join(folder, 'sea.json');
    const blob = join(folder, 'sea.blob');
    const executable = join(folder, 'one');
    writeFileSync(config, JSON.stringify({ main: bundled, output: blob, disableExperimentalSEAWarning: true }));
    await run(process.execPath, ['--experimental-sea-config', config]);
    copyFileSync(process.execPath, executable);
    chmodSync(executable, 0o755);
    const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
    await run(process.execPath, [injector!, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse]);
    await converses(executable);
  });

  const builder = isNode(26) ? process.execPath : otherNode('26');
  it('made by --build-sea runs a conversation', {
    skip: builder === undefined && 'make matrix fetches Node 26',
    timeout: 110_000,
  }, async () => {
    const config = join(folder, 'build.json');
    const executable = join(folder, 'built');
    writeFileSync(config, JSON.stringify({ main: bundled, output: executable, disableExperimentalSEAWarning: true }));
    await run(builder!, ['--build-sea', config]);
    await converses(executable);
  });
});
