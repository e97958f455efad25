/** A turn of the event loop is short: whatever has arrived, timers and other connections get theirs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createWebSocket } from '../../lib/api/websocket.js';
import { frame } from '../peer/frames.js';
import { greeting, startPeer } from '../peer/scripted.js';

/** Keeps the processor for so many milliseconds, as a program that computes. */
function compute(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Connects, and counts the turns of the event loop between the first message and `done`. */
async function turnsDuring(url: string, onMessage: () => void): Promise<{ turns: number; messages: number }> {
  const ws = createWebSocket();
  let turns = 0;
  let messages = 0;
  let counting = false;
  const count = (): void => {
    if (!counting) return;
    turns++;
    setImmediate(count);
  };
  const done = new Promise<void>((resolve) => {
    ws.on('message', (_error, message) => {
      if (message === 'done') {
        counting = false;
        return resolve();
      }
      if (!counting) {
        counting = true;
        setImmediate(count);
      }
      messages++;
      onMessage();
    });
  });
  await ws.connect(url, { proxy: 'no-proxy' });
  await done;
  await ws.close();
  return { turns, messages };
}

describe('what arrives at once', () => {
  it('is handed to a program that computes in many turns', async (t) => {
    const backlog = Array.from({ length: 100 }, (_, index) => frame(2, `${index}`));
    const peer = await startPeer(t, greeting(...backlog, frame(1, 'done')));
    const { turns, messages } = await turnsDuring(peer.url, () => compute(2));
    assert.equal(messages, 100);
    assert.ok(turns >= 10, `200 ms of work took ${turns} turns of the event loop`);
  });
});
