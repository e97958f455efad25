import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';

type Ws = webSocket.WebSocket;

/** What fails without any I/O, and is tried again at once from where it is reported. */
const ways: [string, (ws: Ws, again: () => void) => void][] = [
  ['connect with a bad URL', (ws, again) => ws.connect('nonsense', again)],
  ['connect with a bad option', (ws, again) => ws.connect('ws://127.0.0.1/', { caPath: 1 as never }, again)],
  ['send without a connection', (ws, again) => ws.send('x', again)],
  ['close without a connection', (ws, again) => ws.close(again)],
  [
    'connect that a signal has aborted already',
    (ws, again) => ws.connect('ws://127.0.0.1:1/', { signal: AbortSignal.abort() }, again),
  ],
  [
    'connect that is closed at once',
    (ws, again) => {
      ws.connect('ws://127.0.0.1:1/', { proxy: 'no-proxy' }, again);
      ws.close(() => {});
    },
  ],
  [
    'a method with another this',
    ({ connect }, again) => Reflect.apply(connect as (...args: never[]) => void, {}, ['ws://127.0.0.1/', again]),
  ],
];

describe('a program that tries again as soon as it hears of a failure', () => {
  for (const [title, fail] of ways) {
    it(`leaves timers their turn: ${title}`, async () => {
      const ws = webSocket.createWebSocket();
      let rang = false;
      let rounds = 0;
      setTimeout(() => (rang = true), 1);
      await new Promise<void>((resolve) => {
        const again = (): void => {
          // A microtask loop would get here without end, and the timer never.
          if (rang || ++rounds > 100_000) resolve();
          else fail(ws, again);
        };
        again();
      });
      assert.ok(rang, `${rounds} rounds, and the timer did not ring`);
    });
  }
});
