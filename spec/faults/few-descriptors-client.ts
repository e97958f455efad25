/** Connects, again when no file descriptor is left, and when there are some; reports to its parent what happened. */
import { closeSync, openSync } from 'node:fs';
import { webSocket } from '../../lib/index.js';

async function attempt(url: string): Promise<string[]> {
  const ws = webSocket.createWebSocket();
  const events: string[] = [];
  ws.on('error', (error) => events.push(`error ${(error as Error).message}`));
  ws.on('close', (_error, { code }) => events.push(`close ${code}`));
  try {
    await ws.connect(url, { proxy: 'no-proxy' });
    events.push('connected');
    await ws.close();
  } catch (error) {
    events.push(`failed ${(error as webSocket.BusinessError).code}`);
  }
  return events;
}

async function main(url: string): Promise<void> {
  const before = await attempt(url);
  const opened: number[] = [];
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch {
    // EMFILE: now there is none left
  }
  const without = await Promise.all([attempt(url), attempt(url), attempt(url)]);
  for (const fd of opened) closeSync(fd);
  process.send!({ before, without, after: await attempt(url) }, () => process.disconnect());
}

process.once('message', (url: string) => void main(url));
