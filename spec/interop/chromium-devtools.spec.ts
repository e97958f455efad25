/** The DevTools protocol of Chromium, which playwright and the like speak, over our WebSocket class. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { WebSocket } from '../../lib/web/web.js';
import { noChromium, startChromium } from './chromium.js';

interface Answer {
  readonly targetId: string;
  readonly sessionId: string;
  readonly result: { readonly value: unknown };
}

it('a session of the DevTools protocol, with large messages', { skip: noChromium, timeout: 60_000 }, async (t) => {
  const url = await startChromium(t);
  const ws = new WebSocket(url, { proxy: 'no-proxy' });
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
