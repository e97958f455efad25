/** Thousands of connections that exchange messages while the server loses some of them. */
import { webSocket } from '../../lib/index.js';
import { type Check, describe, type Sample, sample, settled } from './sample.js';

export interface LoadPlan {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

const counts = { opened: 0, failed: 0, ended: 0, sent: 0, received: 0, lost: 0, wrong: 0, unsettled: 0, twice: 0 };

/** Messages a second, all connections together. */
const rate = 5000;
const tick = 50;

/** Connects, and connects again whenever it has been lost, until `stop` is called. */
class Client {
  readonly #url: string;
  readonly #waiting: string[] = [];
  #ws: webSocket.WebSocket | undefined;
  #number = 0;
  #stopped = false;
  /** Resolves when the connection of the moment has ended. */
  ended: Promise<void> = Promise.resolve();

  constructor(url: string) {
    this.#url = url;
  }

  async start(): Promise<void> {
    while (!this.#stopped) {
      const ws = webSocket.createWebSocket();
      let closes = 0;
      const closed = new Promise<void>((resolve) => {
        ws.on('close', () => {
          if (++closes > 1) counts.twice++;
          counts.ended++;
          // What was on its way is lost, and this event says so.
          counts.lost += this.#waiting.splice(0).length;
          this.#ws = undefined;
          resolve();
        });
      });
      ws.on('error', () => {});
      ws.on('message', (_error, message) => {
        if (this.#waiting.shift() === message) counts.received++;
        else counts.wrong++;
      });
      try {
        await ws.connect(this.#url, { proxy: 'no-proxy', closeTimeout: 5000 });
      } catch {
        counts.failed++; // lost while connecting
        continue;
      }
      counts.opened++;
      this.#ws = closes === 0 ? ws : undefined;
      this.ended = closed;
      if (this.#stopped) void ws.close();
      await closed;
    }
  }

  send(): void {
    const ws = this.#ws;
    if (ws === undefined || this.#stopped) return;
    const message = `${this.#number++} ${'x'.repeat((this.#number * 37) % 300)}`;
    this.#waiting.push(message);
    counts.sent++;
    counts.unsettled++;
    ws.send(message).then(
      () => counts.unsettled--,
      () => counts.unsettled--,
    );
  }

  stop(): void {
    this.#stopped = true;
    if (this.#ws !== undefined) void this.#ws.close();
  }
}

export async function load({ url, connections, seconds }: LoadPlan, check: Check): Promise<void> {
  const before = sample();
  const clients = Array.from({ length: connections }, () => new Client(url));
  const done: Promise<void>[] = [];
  for (const client of clients) {
    done.push(client.start());
    if (done.length % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  let at = 0;
  const sending = setInterval(() => {
    for (let count = (rate * tick) / 1000; count > 0; count--) clients[at++ % clients.length]!.send();
  }, tick);

  const samples: Sample[] = [];
  const start = performance.now();
  const period = Math.max(5000, (seconds * 1000) / 12);
  while (performance.now() - start < seconds * 1000) {
    await new Promise((resolve) => setTimeout(resolve, period));
    samples.push(sample());
    const { opened, ended, sent, received, lost } = counts;
    const time = ((performance.now() - start) / 1000).toFixed(0).padStart(4);
    const story = `${opened - ended} open, ${ended} ended, ${sent} sent, ${received} back, ${lost} lost`;
    console.log(`${time} s  ${story}; ${describe(samples.at(-1)!)}`);
  }
  clearInterval(sending);
  for (const client of clients) client.stop();
  await Promise.all(done);
  const after = await settled(before.handles);

  // The first minute, or half the time when there is less, is for warming up.
  const warm = samples[Math.min(samples.length - 2, Math.ceil(Math.min(60_000, seconds * 500) / period))]!;
  const last = samples.at(-1)!;
  const growth = `${warm.heap.toFixed(1)} to ${last.heap.toFixed(1)} MiB`;
  check('load: the heap does not grow', last.heap < warm.heap * 1.1 + 4, growth);
  // A connection that is being replaced has two for a moment.
  const mostHandles = connections + before.handles + 100;
  check('load: handles do not grow', last.handles <= mostHandles, `${warm.handles} to ${last.handles}`);
  const { opened, ended, failed, sent, received, lost, wrong, twice, unsettled } = counts;
  check('load: connections came and went', ended > 0 && opened === ended, `${opened}, and ${failed} attempts failed`);
  const sum = `${sent} = ${received} + ${lost}`;
  check('load: sent = received + reported lost', sent === received + lost && sent > 0, sum);
  check('load: nothing damaged, doubled or out of order', wrong === 0, `${wrong}`);
  check('load: one end for each connection', twice === 0, `${twice} twice`);
  check('load: every send settled', unsettled === 0, `${unsettled} pending`);
  check('load: no handle left', after.handles <= before.handles, `${before.handles} before, ${after.handles} after`);
}
