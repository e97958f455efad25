/** A server that sends as much as it can of what costs it little: time and memory stay bounded. */
import { webSocket } from '../../lib/index.js';
import { type Check, sample } from './sample.js';
import { watchStalls } from './stalls.js';

interface Flood {
  readonly title: string;
  readonly path: string;
  /** Messages before `done`; a message in fragments is one. */
  readonly messages: number;
  /** How it ends; 1000 after everything has come. */
  readonly codes: readonly number[];
  readonly compressed?: true;
}

const floods: readonly Flood[] = [
  { title: '1 000 000 pings', path: 'pings?1000000', messages: 0, codes: [1000] },
  { title: '1 000 000 pings, pongs not read', path: 'deaf-pings?1000000', messages: 0, codes: [1000] },
  { title: '131 072 empty fragments', path: 'fragments?131072', messages: 1, codes: [1000] },
  { title: '131 073 empty fragments', path: 'fragments?131073', messages: 0, codes: [1009] },
  { title: '131 072 fragments of 1 byte', path: 'small-fragments?131072', messages: 1, codes: [1000] },
  { title: '1 000 000 messages of 1 byte', path: 'small-messages?1000000', messages: 1_000_000, codes: [1000] },
  { title: '1 000 000 empty pings', path: 'empty-pings?1000000', messages: 0, codes: [1000] },
  { title: '1 000 000 pongs', path: 'pongs?1000000', messages: 0, codes: [1000] },
  { title: '1 000 000 empty pongs', path: 'empty-pongs?1000000', messages: 0, codes: [1000] },
  { title: '1 000 000 empty messages', path: 'empty-messages?1000000', messages: 1_000_000, codes: [1000] },
  {
    title: '1.3 MB of empty final blocks',
    path: 'final-blocks?650000',
    messages: 0,
    codes: [1007, 1009],
    compressed: true,
  },
  {
    title: '500 messages of 2 KiB of empty final blocks',
    path: 'small-final-blocks?500',
    messages: 500,
    codes: [1000],
    compressed: true,
  },
];

const mostSeconds = 60;
const mostMemory = 64;
/** Milliseconds. */
const mostStall = 50;

/** @param other a server that another connection is made to meanwhile */
export async function flood(url: string, other: string, check: Check): Promise<void> {
  for (const one of floods) {
    const before = sample();
    const start = performance.now();
    const memory = watchMemory();
    const stalls = watchStalls();
    const [outcome] = await Promise.all([endure(url, one), converse(other)]);
    const stall = stalls.stop();
    const seconds = (performance.now() - start) / 1000;
    const grown = Math.max(0, memory.stop() - before.heap - before.external);
    const left = sample().heap - before.heap;
    const detail =
      `${outcome.code}, ${seconds.toFixed(2)} s, ${stall.toFixed(0)} ms of stall, ` +
      `${grown.toFixed(1)} MiB at the most, ${left.toFixed(1)} MiB left`;
    const isBounded = seconds < mostSeconds && grown < mostMemory && left < 2 && stall < mostStall;
    check(`flood: ${one.title}`, isExpected(one, outcome) && isBounded, detail);
  }
}

interface Outcome {
  readonly code: number;
  readonly messages: number;
  readonly isDone: boolean;
}

function isExpected({ codes, messages }: Flood, outcome: Outcome): boolean {
  if (!codes.includes(outcome.code)) return false;
  return outcome.code === 1000 ? outcome.isDone && outcome.messages === messages : !outcome.isDone;
}

async function endure(url: string, { path, compressed }: Flood): Promise<Outcome> {
  const ws = webSocket.createWebSocket();
  let messages = 0;
  let isDone = false;
  const closed = new Promise<number>((resolve) => ws.on('close', (_error, result) => resolve(result.code)));
  ws.on('error', () => {});
  ws.on('message', (_error, message) => {
    isDone = message === 'done';
    if (isDone) void ws.close();
    else messages++;
  });
  await ws.connect(`${url}${path}`, { proxy: 'no-proxy', ...(compressed && { perMessageDeflate: true }) });
  return { code: await closed, messages, isDone };
}

/** Another connection of the process: it connects, has an echo and closes, whatever the flood does. */
async function converse(url: string): Promise<void> {
  const ws = webSocket.createWebSocket();
  const echoed = new Promise((resolve) => ws.on('message', resolve));
  await ws.connect(url, { proxy: 'no-proxy', handshakeTimeout: 5000 });
  await ws.send('meanwhile');
  await echoed;
  await ws.close();
}

function watchMemory(): { stop(): number } {
  let peak = 0;
  const timer = setInterval(() => {
    const { heapUsed, external } = process.memoryUsage();
    peak = Math.max(peak, (heapUsed + external) / 2 ** 20);
  }, 10);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}
