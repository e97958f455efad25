/** A program of the usual shape, `program/`, run in the two ways that `lib/kit/README.md` documents. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { consumer, root } from '../packed/package.js';
import { type Ended, runNode } from '../packed/run-node.js';
import { esbuild, hasEsbuild, otherNode } from '../packed/tool.js';
import { listen } from '../peer/dialling.js';

const run = promisify(execFile);
const readme = readFileSync(join(root, 'lib/kit/README.md'), 'utf8');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

/** A Node that can hook require: this one, or one that `make matrix` has fetched. */
const hooked = 'registerHooks' in nodeModule ? process.execPath : (otherNode('24') ?? otherNode('22'));

/** What the program says: a server that is gone at first, a reconnect, a text and an upload that come back, a close. */
const conversation = {
  out: [
    'connect: true',
    'retry 1',
    'connect: true',
    'on open, {"status":101,"message":"Switching Protocols"}',
    'TEXT from Ann: Hello, grüße',
    'FILE of <private> sent',
    '10000 bytes came back',
    'closed with 1000, leaving',
    'close: true',
    '',
  ].map((line) => (line === '' ? '' : `I A0FF00/ChatDemo: ${line}`)),
  err: ['E A0FF00/ChatDemo: on error, code 200', ''],
};

describe('an ArkTS program of the usual shape', () => {
  let folder: string;
  let echo: EchoServer;

  before(async () => {
    echo = await startEchoServer();
    folder = await consumer({ 'package.json': '{ "type": "module" }' });
    cpSync(join(root, 'spec/kit/program'), join(folder, 'src'), { recursive: true });
  });
  after(() => echo.close());

  /** An echo server that resets its first connection. */
  async function unreliable(t: TestContext): Promise<string> {
    let came = 0;
    const server = net.createServer((socket) => {
      if (++came === 1) {
        socket.resetAndDestroy();
        return;
      }
      const onward = net.connect(echo.port, '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      onward.on('error', () => socket.destroy());
    });
    return `ws://127.0.0.1:${await listen(t, server)}/chat`;
  }

  /** The program's constants for this run. */
  function configure(files: string, url: string): void {
    const file = join(folder, files, 'common/Config.ts');
    const source = readFileSync(join(root, 'spec/kit/program/common/Config.ts'), 'utf8');
    writeFileSync(file, source.replace('ws://192.168.1.10:8080/chat', url).replace('= 2000', '= 20'));
  }

  function check({ status, stdout, stderr }: Ended): void {
    assert.deepEqual(stderr.split('\n'), conversation.err);
    assert.deepEqual(stdout.split('\n'), conversation.out);
    assert.equal(status, 0);
  }

  it('has what Node’s own TypeScript cannot run', () => {
    const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.e?ts$/.test(name))
      .map((name) => readFileSync(join(folder, 'src', name), 'utf8'))
      .join('\n');
    assert.match(sources, /^export enum /m);
    assert.match(sources, /constructor\(private /);
    assert.match(sources, /from '\.\.?\/[\w/.]*\w+'/);
    assert.doesNotMatch(sources, /from '\.[^']*\.e?ts'|import type/);
  });

  it('runs bundled by the README’s line for esbuild', {
    skip: hasEsbuild() ? false : 'make matrix fetches the bundler',
  }, async (t) => {
    configure('src', await unreliable(t));
    const line = /^esbuild (.*)$/m.exec(readme)![1]!;
    const args = line.replace('src/main/ets/Main.ets', 'src/Index.ets').split(' ');
    await run(await esbuild(), [...args, '--log-level=warning'], { cwd: folder });
    check(await runNode(folder, ['main.mjs']));
  });

  it('runs compiled by TypeScript with the README’s paths, by node --import ohos-websocket/register', {
    skip: existsSync(compiler) ? (hooked === undefined ? 'needs a Node with hooks for require' : false) : 'needs tsc',
  }, async (t) => {
    cpSync(join(folder, 'src'), join(folder, 'compiled/src'), { recursive: true });
    for (const name of readdirSync(join(folder, 'compiled/src'), { recursive: true, encoding: 'utf8' })) {
      const file = join(folder, 'compiled/src', name);
      if (name.endsWith('.ets')) renameSync(file, file.replace(/ets$/, 'ts'));
    }
    configure('compiled/src', await unreliable(t));
    writeFileSync(join(folder, 'compiled/package.json'), '{ "type": "commonjs" }');
    const compilerOptions = { ...settings, rootDir: 'src', outDir: 'out', paths: readmePaths('..') };
    writeFileSync(join(folder, 'compiled/tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    await run(process.execPath, [compiler, '-p', join(folder, 'compiled')]).catch((error: { stdout: string }) =>
      assert.fail(error.stdout),
    );
    check(await runNode(folder, ['--import', 'ohos-websocket/register', 'compiled/out/Index.js'], hooked));
  });
});

/** As for an app: strict, and without Node's types. */
const settings = {
  strict: true,
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: [],
  module: 'commonjs',
  moduleResolution: 'bundler',
};

/** The paths of the README, seen from a folder. */
function readmePaths(up: string): Record<string, string[]> {
  const json = /```json\n(\{\s*"compilerOptions":[^]*?"paths"[^]*?)```/.exec(readme)![1]!;
  const { compilerOptions } = JSON.parse(json) as { compilerOptions: { paths: Record<string, string[]> } };
  return Object.fromEntries(
    Object.entries(compilerOptions.paths).map(([name, files]) => [name, files.map((file) => join(up, file))]),
  );
}
