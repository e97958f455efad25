/** The DevTools protocol of Chromium, which playwright and the like speak, over our WebSocket class. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { WebSocket } from '../../lib/web/web.js';
import { atExit } from '../peer/at-exit.js';

const chromium = '/usr/bin/chromium';
const skip = existsSync(chromium) ? false : `needs ${chromium}`;

interface Answer {
  readonly targetId: string;
  readonly sessionId: string;
  readonly result: { readonly value: unknown };
}

it('a session of the DevTools protocol, with large messages', { skip, timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-devtools-'));
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'];
  // A group of its own: Chromium's children end with it.
  const browser = spawn(chromium, [...args, `--user-data-dir=${folder}`, 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const end = (): void => {
    try {
      process.kill(-browser.pid!, 'SIGKILL');
    } catch {
      // it has ended
    }
  };
  const forget = atExit(end);
  t.after(async () => {
    const ended = new Promise((resolve) => browser.once('close', resolve));
    end();
    await ended;
    forget();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  let told = '';
  let url: string | undefined;
  for await (const chunk of browser.stderr) {
    told += chunk;
    url = /ws:\/\/\S+/.exec(told)?.[0];
    if (url !== undefined) break;
  }
  const ws = new WebSocket(url!, { proxy: 'no-proxy' });
  const answers = new Map<number, (answer: Answer) => void>();
  ws.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data as string) as { id?: number; result: Answer };
    if (id !== undefined) answers.get(id)?.(result);
  };
  await new Promise((resolve) => ws.addEventListener('open', resolve));
  let id = 0;
  const call = (method: string, params: object, sessionId?: string): Promise<Answer> =>
    new Promise((resolve) => {
      answers.set(++id, resolve);
      ws.send(JSON.stringify({ id, method, params, sessionId }));
    });
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const text = 'y'.repeat(2_000_000);
  const { result } = await call('Runtime.evaluate', { expression: `${JSON.stringify(text)} + "!"` }, sessionId);
  assert.equal(result.value, `${text}!`);
  const closed = new Promise<boolean>((resolve) => ws.addEventListener('close', ({ wasClean }) => resolve(wasClean)));
  ws.close();
  assert.equal(await closed, true);
});
