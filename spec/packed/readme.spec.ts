import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { atExit } from '../peer/at-exit.js';
import { consumer } from './package.js';
import { runNode } from './run-node.js';

it('the first program of README runs against the server that stands before it', { timeout: 60_000 }, async () => {
  const folder = await consumer();
  const installed = join(folder, 'node_modules/ohos-websocket');
  const readme = readFileSync(join(installed, 'README.md'), 'utf8');
  const program = /```js.*\n([^]*?)```/.exec(readme)![1]!;
  const [, port] = /^npx ohos-websocket echo-server --port (\d+)/m.exec(readme)!;
  assert.ok(program.includes(`ws://127.0.0.1:${port}/`), 'the program connects to the port that the server listens on');

  // The port of README may be taken: the server gets a free one here, and the program is given that.
  const server = spawn(process.execPath, [join(installed, 'dist/lib/cli/main.js'), 'echo-server', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const forget = atExit(() => server.kill());
  try {
    let url: string | undefined;
    for await (const line of createInterface(server.stdout)) {
      url = /ws:\/\/\S+/.exec(line)?.[0];
      if (url !== undefined) break;
    }
    writeFileSync(join(folder, 'first.mjs'), program.replace(`ws://127.0.0.1:${port}/`, url!));
    const ended = await runNode(folder, ['first.mjs']);
    assert.deepEqual(ended, { status: 0, stdout: 'Hello, server!\n', stderr: '' });
  } finally {
    server.kill();
    forget();
  }
});
