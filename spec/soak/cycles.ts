/** Connect, close, again: what a connection leaves behind adds up. */
import { webSocket } from '../../lib/index.js';
import { type Check, describe, settled } from './sample.js';

const parallel = 50;

export async function cycles(url: string, count: number, check: Check): Promise<void> {
  let started = 0;
  let closed = 0;
  let unclean = 0;
  const worker = async (until: number): Promise<void> => {
    while (started++ < until) {
      const ws = webSocket.createWebSocket();
      ws.on('close', (_error, { code }) => {
        closed++;
        if (code !== 1000) unclean++;
      });
      await ws.connect(url, { proxy: 'no-proxy' });
      await ws.close();
    }
  };
  const run = async (until: number): Promise<void> => {
    started = closed;
    await Promise.all(Array.from({ length: parallel }, () => worker(until)));
  };
  const start = performance.now();
  await run(Math.floor(count / 10));
  const warm = await settled(0);
  console.log(`${closed} connections opened and closed; ${describe(warm)}`);
  await run(count);
  const seconds = (performance.now() - start) / 1000;
  const after = await settled(warm.handles);
  console.log(`${closed} in ${seconds.toFixed(1)} s, ${(closed / seconds).toFixed(0)} a second; ${describe(after)}`);
  check('cycles: every one closed with 1000', closed === count && unclean === 0, `${closed}, ${unclean} otherwise`);
  const growth = `${warm.heap.toFixed(1)} to ${after.heap.toFixed(1)} MiB`;
  check('cycles: the heap does not grow', after.heap < warm.heap * 1.1 + 2, growth);
  check('cycles: handles do not grow', after.handles <= warm.handles, `${warm.handles} to ${after.handles}`);
}
