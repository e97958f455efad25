/** Peers that are slow all the time, and alive: whatever the heartbeat is, everything arrives. */
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { webSocket } from '../../lib/index.js';
import type { Check } from './sample.js';

interface SlowPeer {
  readonly title: string;
  /** To the server, or from it: the path says how fast the server reads or writes, in bytes a second. */
  readonly direction: 'to' | 'from';
  readonly rate: number;
  readonly size: number;
  readonly options: WebSocketClientOptions;
}

const quick = { pingInterval: 2, pongTimeout: 2 };
const peers: readonly SlowPeer[] = [
  { title: '12 MB to 150 KB/s, default heartbeat', direction: 'to', rate: 150_000, size: 12e6, options: {} },
  { title: '12 MB from 150 KB/s, default heartbeat', direction: 'from', rate: 150_000, size: 12e6, options: {} },
  { title: '12 MB to 1.5 MB/s, heartbeat 2 s', direction: 'to', rate: 1_500_000, size: 12e6, options: quick },
  { title: '3 MB from 600 KB/s, heartbeat 2 s', direction: 'from', rate: 600_000, size: 3e6, options: quick },
  {
    title: '20 MiB from 2 MB/s, heartbeat 1 s',
    direction: 'from',
    rate: 2_000_000,
    size: 20 * 2 ** 20,
    options: { pingInterval: 1, pongTimeout: 1 },
  },
];

/** All of them at once: the slowest take 80 s. */
export async function slowPeers(url: string, check: Check): Promise<void> {
  await Promise.all(
    peers.map(async (peer) => {
      const start = performance.now();
      const outcome = await exchange(url, peer);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      check(`slow: ${peer.title}`, outcome === `${peer.size} bytes, 1000`, `${outcome}, ${seconds} s`);
    }),
  );
}

async function exchange(url: string, { direction, rate, size, options }: SlowPeer): Promise<string> {
  const ws = webSocket.createWebSocket();
  let got = 'nothing';
  let lost = '';
  const closed = new Promise<number>((resolve) => ws.on('close', (_error, { code }) => resolve(code)));
  ws.on('error', (error) => (lost = ` (${error.message})`));
  ws.on('message', (_error, message) => {
    got = typeof message === 'string' ? message : `${message.byteLength}`;
    void ws.close();
  });
  await ws.connect(`${url}slow-${direction}?${rate}&${size}`, { proxy: 'no-proxy', ...options });
  if (direction === 'to') void ws.send(new Uint8Array(size));
  return `${await closed.then((code) => `${got} bytes, ${code}`)}${lost}`;
}
