/** A server that sends as much as it can of what costs it little: time and memory stay bounded. */
import { webSocket } from '../../lib/index.js';
import { type Check, sample } from './sample.js';

interface Flood {
  readonly title: string;
  readonly path: string;
  /** Messages before `done`; a message in fragments is one. */
  readonly messages: number;
  readonly code: number;
}

const floods: readonly Flood[] = [
  { title: '1 000 000 pings', path: 'pings?1000000', messages: 0, code: 1000 },
  { title: '1 000 000 pings, pongs not read', path: 'deaf-pings?1000000', messages: 0, code: 1000 },
  { title: '131 072 empty fragments', path: 'fragments?131072', messages: 1, code: 1000 },
  { title: '131 073 empty fragments', path: 'fragments?131073', messages: 0, code: 1009 },
  { title: '131 072 fragments of 1 byte', path: 'small-fragments?131072', messages: 1, code: 1000 },
  { title: '1 000 000 messages of 1 byte', path: 'small-messages?1000000', messages: 1_000_000, code: 1000 },
];

const mostSeconds = 60;
const mostMemory = 64;

export async function flood(url: string, check: Check): Promise<void> {
  for (const { title, path, messages, code } of floods) {
    const before = sample();
    const start = performance.now();
    let peak = 0;
    const watch = setInterval(() => {
      const { heapUsed, external } = process.memoryUsage();
      peak = Math.max(peak, (heapUsed + external) / 2 ** 20);
    }, 10);
    const ws = webSocket.createWebSocket();
    let count = 0;
    let isDone = false;
    const closed = new Promise<number>((resolve) => ws.on('close', (_error, result) => resolve(result.code)));
    ws.on('error', () => {});
    ws.on('message', (_error, message) => {
      if (message === 'done') {
        isDone = true;
        void ws.close();
      } else {
        count++;
      }
    });
    await ws.connect(`${url}${path}`, { proxy: 'no-proxy' });
    const got = await closed;
    clearInterval(watch);
    const seconds = (performance.now() - start) / 1000;
    const grown = Math.max(0, peak - before.heap - before.external);
    const left = sample().heap - before.heap;
    const detail = `${seconds.toFixed(2)} s, ${grown.toFixed(1)} MiB at the most, ${left.toFixed(1)} MiB left`;
    const asExpected = got === code && count === messages && isDone === (code === 1000);
    const isBounded = seconds < mostSeconds && grown < mostMemory && left < 2;
    check(`flood: ${title}`, asExpected && isBounded, `${got}, ${detail}`);
  }
}
