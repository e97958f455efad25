/** `reconnecting` while real servers are killed and started again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { reconnecting } from '../../lib/index.js';
import { atExit } from '../peer/at-exit.js';

const command = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url));

interface Server {
  readonly port: number;
  /** Without a word to its clients. */
  kill(): Promise<void>;
}

async function startServer(t: TestContext, port = 0): Promise<Server> {
  const child = spawn(process.execPath, [command, 'echo-server', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const forget = atExit(() => child.kill('SIGKILL'));
  const kill = async (): Promise<void> => {
    forget();
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(kill);
  for await (const line of createInterface(child.stdout)) {
    const found = /ws:\/\/\S+:(\d+)/.exec(line)?.[1];
    if (found !== undefined) return { port: Number(found), kill };
  }
  throw new Error('the server did not start');
}

describe('a server that is killed and started again', () => {
  it('is connected to again, and gets what was sent meanwhile, in order', { timeout: 60_000 }, async (t) => {
    let server = await startServer(t);
    const { port } = server;
    await using ws = reconnecting(`ws://127.0.0.1:${port}/`, { proxy: 'no-proxy', minDelay: 10, maxDelay: 50 });
    const got: unknown[] = [];
    let arrived = (): void => {};
    ws.on('message', (_error, message) => {
      got.push(message);
      arrived();
    });
    const until = (count: number): Promise<void> =>
      new Promise((resolve) => {
        arrived = () => {
          if (got.length >= count) resolve();
        };
        arrived();
      });
    const lost = (): Promise<void> =>
      new Promise((resolve) => {
        const noticed = (): void => {
          ws.off('retry', noticed);
          resolve();
        };
        ws.on('retry', noticed);
      });
    await ws.send('0');
    await until(1);
    for (let round = 1; round <= 3; round++) {
      const noticed = lost();
      await server.kill();
      await noticed;
      const sent = [ws.send(`${round} a`), ws.send(`${round} b`)];
      server = await startServer(t, port);
      assert.deepEqual(await Promise.all(sent), [true, true]);
      await until(1 + 2 * round);
    }
    assert.deepEqual(got, ['0', '1 a', '1 b', '2 a', '2 b', '3 a', '3 b']);
    assert.equal(ws.state, 'open');
  });
});
