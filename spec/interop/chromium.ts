/** A headless Chromium whose DevTools protocol is spoken. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atExit } from '../peer/at-exit.js';

const chromium = '/usr/bin/chromium';

/** Why there is none. */
export const noChromium = existsSync(chromium) ? false : `needs ${chromium}`;

/** @returns the URL of its DevTools */
export async function startChromium(t: TestContext): Promise<string> {
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
  return new Promise((resolve, reject) => {
    browser.stderr.on('data', (chunk) => {
      told += chunk;
      const url = /ws:\/\/\S+/.exec(told)?.[0];
      if (url !== undefined) resolve(url);
    });
    browser.once('exit', () => reject(new Error(`Chromium ended: ${told.slice(-300)}`)));
  });
}
