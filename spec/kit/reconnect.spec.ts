/** Programs that connect again, in the shapes that public programs have, under both semantics. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BusinessError } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, text } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';
import { type AnyWebSocket, makers } from './both.js';

const direct = { proxy: 'no-proxy' } as const;

/** Until nothing is left to do but to wait: connections to this machine take a few turns of the event loop. */
async function settled(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function underBoth<T>(run: (make: () => AnyWebSocket) => Promise<T>): Promise<{ package: T; platform: T }> {
  return { package: await run(makers.package), platform: await run(makers.platform) };
}

describe('a program that connects again 2 s after an error event, and when connect rejects', () => {
  /** How often it has called connect after each 2 s, with a server that refuses. */
  async function attempts(t: TestContext, make: () => AnyWebSocket, oneObject: boolean): Promise<number[]> {
    const { url } = await startPeer(t, async (link) => {
      await link.request();
      link.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    });
    /** The program's timers of 2 s; the connections keep the real clock. */
    let timers: (() => void)[] = [];
    let called = 0;
    let failed = 0;
    let ws = make();
    const again = (): void => void timers.push(connect);
    const listen = (): void =>
      ws.on('error', () => {
        failed++;
        again();
      });
    function connect(): void {
      called++;
      if (!oneObject && called > 1) {
        ws = make();
        listen();
      }
      ws.connect(url, direct).catch(again);
    }
    listen();
    connect();
    const counts: number[] = [];
    for (let round = 0; round < 4; round++) {
      const before = failed;
      await settled(() => failed > before);
      const due = timers;
      timers = [];
      for (const timer of due) timer();
      counts.push(called);
    }
    return counts;
  }

  it('makes one attempt in 2 s on one object; the package: more and more', async (t) => {
    const told = await underBoth((make) => attempts(t, make, true));
    assert.deepEqual(told.platform, [2, 3, 4, 5]);
    assert.ok(told.package[3]! > 10, `${told.package}`);
  });

  it('and with an object for each attempt', async (t) => {
    const told = await underBoth((make) => attempts(t, make, false));
    assert.deepEqual(told.platform, [2, 3, 4, 5]);
    assert.ok(told.package[3]! > 10, `${told.package}`);
  });
});

describe('a program that registers its listeners anew on the same object at each reconnect', () => {
  it('gets each message once; the package: once more with each connection', async (t) => {
    let connection = 0;
    const { url } = await startPeer(t, async (link) => {
      await link.accept([], text(`hello ${++connection}`));
      await link.serve();
    });
    const told = await underBoth(async (make) => {
      connection = 0;
      const heard: unknown[] = [];
      const ws = make();
      for (let round = 0; round < 3; round++) {
        await new Promise<void>((closed) => {
          ws.on('message', (_error, message) => {
            heard.push(message);
            void ws.close();
          });
          ws.on('close', () => closed());
          ws.connect(url, direct, () => {});
        });
      }
      return heard;
    });
    assert.deepEqual(told, {
      package: ['hello 1', 'hello 2', 'hello 2', 'hello 3', 'hello 3', 'hello 3'],
      platform: ['hello 1', 'hello 2', 'hello 3'],
    });
  });
});

describe('a program that sets its state in connect’s callback and reads it in its listener of open', () => {
  it('finds it set; the package: not yet', async (t) => {
    const { url } = await startPeer(t, async (link) => {
      await link.accept();
      await link.serve();
    });
    const told = await underBoth(async (make) => {
      const ws = make();
      let state = 'closed';
      const seen = new Promise<string>((resolve) => ws.on('open', () => resolve(state)));
      ws.connect(url, direct, (error: BusinessError | undefined) => {
        if (error === undefined) state = 'connected';
      });
      const inOpen = await seen;
      await ws.close();
      return inOpen;
    });
    assert.deepEqual(told, { package: 'closed', platform: 'connected' });
  });
});

describe('a program that connects again in its listener of error', () => {
  it('starts a new attempt, and what it sent in the old one is not sent in the new one', async (t) => {
    let came = 0;
    const texts: string[] = [];
    const { url } = await startPeer(t, async (link) => {
      if (++came === 1) return link.reset();
      await link.accept();
      for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
        if (next.opcode === Opcode.close) return link.end(closeFrame(1000));
        texts.push(next.payload.toString());
      }
    });
    const ws = makers.platform();
    const outcomes: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      ws.on('error', (error) => {
        assert.ok(error instanceof BusinessError);
        ws.connect(url, direct, (failure: BusinessError | undefined) => outcomes.push(failure?.code ?? 'connected'));
        ws.send('second', () => void ws.close().then(() => resolve()));
      });
    });
    ws.connect(url, direct, () => outcomes.push('begun'));
    ws.send('first', ({ code }) => outcomes.push(`first ${code}`));
    await done;
    assert.deepEqual(texts, ['second']);
    assert.deepEqual(outcomes, ['begun', 'first 2302999', 'connected']);
  });
});
