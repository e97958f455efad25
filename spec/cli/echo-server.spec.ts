import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { echoServerCommand } from '../../lib/cli/echo-server.js';

describe('ohos-websocket echo-server', () => {
  it('prints its URL and ends with status 0 on SIGTERM', async () => {
    const module = new URL('../../lib/cli/echo-server.js', import.meta.url).href;
    const script = `process.exitCode = await (await import(${JSON.stringify(module)})).echoServerCommand.run([])`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    assert.match(String(line), /^ws:\/\/127\.0\.0\.1:\d+\/\n$/);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('is status 2 for a port that is none', async (t) => {
    t.mock.method(process.stderr, 'write', () => true);
    assert.equal(await echoServerCommand.run(['--port', '70000']), 2);
  });
});
