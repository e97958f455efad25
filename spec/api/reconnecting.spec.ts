/** On a clock that moves only when it is told to, against real servers. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WebSocketCore } from '../../lib/api/core.js';
import { Reconnection } from '../../lib/api/reconnection.js';
import {
  type ReconnectingOptions,
  type ReconnectingOutcome,
  type RetryNotice,
  reconnecting,
  toEmitter,
} from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import type { RetryClock } from '../../lib/transport/retry-clock.js';
import { closeFrame, type Link, text } from '../peer/link.js';
import { type Script, startPeer } from '../peer/scripted.js';
import { closedPort } from '../peer/tunnelling.js';

class FakeClock implements RetryClock {
  time = 0;
  chance = 0;
  /** The waits that were asked for. */
  readonly waits: number[] = [];
  #pending: { at: number; wake: () => void }[] = [];
  now = (): number => this.time;
  date = (): number => Date.UTC(2030, 0, 1) + this.time;
  random = (): number => this.chance;
  wait = (time: number, wake: () => void): (() => void) => {
    const entry = { at: this.time + time, wake };
    this.waits.push(time);
    this.#pending.push(entry);
    return () => void (this.#pending = this.#pending.filter((one) => one !== entry));
  };
  get idle(): boolean {
    return this.#pending.length === 0;
  }
  pass(time: number): void {
    this.time += time;
    for (const { at, wake } of this.#pending.slice()) if (at <= this.time) wake();
  }
}

interface Tried {
  readonly ws: Reconnection;
  readonly clock: FakeClock;
  readonly log: string[];
  /** The next event of a kind that has not been waited for. */
  next<T>(type: 'open' | 'message' | 'close' | 'retry' | 'end' | 'error'): Promise<T>;
}

function tries(t: TestContext, url: unknown, options: ReconnectingOptions = {}): Tried {
  const clock = new FakeClock();
  const ws = new Reconnection(url, { proxy: 'no-proxy', ...options }, new WebSocketCore(), clock);
  const log: string[] = [];
  const seen: { type: string; data: unknown }[] = [];
  let changed = (): void => {};
  const note = (type: string, data: unknown): void => {
    log.push(type);
    seen.push({ type, data });
    changed();
  };
  for (const type of ['open', 'message', 'close'] as const)
    ws.on(type, (_error: unknown, data: unknown) => note(type, data));
  for (const type of ['error', 'retry', 'end'] as const) ws.on(type, (data: unknown) => note(type, data));
  t.after(() => ws.close().catch(() => {}));
  const next = <T>(type: string): Promise<T> =>
    new Promise((resolve) => {
      changed = () => {
        const index = seen.findIndex((one) => one.type === type);
        if (index >= 0) resolve(seen.splice(index, 1)[0]!.data as T);
      };
      changed();
    });
  return { ws, clock, log, next };
}

/** Plays another script for each connection, the last one again and again. */
function inTurn(...scripts: Script[]): Script {
  let at = 0;
  return (link) => scripts[Math.min(at++, scripts.length - 1)]!(link);
}

const drop: Script = async (link) => {
  await link.accept();
  link.reset();
};
const stay: Script = async (link) => {
  await link.accept();
  await link.serve();
};
const closeWith =
  (code: number): Script =>
  async (link) => {
    await link.accept();
    link.write(closeFrame(code));
    await link.frameOf(Opcode.close);
    link.end();
  };
const refuse =
  (status: string, ...fields: string[]): Script =>
  async (link) => {
    await link.request();
    link.end(
      Buffer.from(`HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join('')}Content-Length: 0\r\n\r\n`),
    );
  };
const takes = async (link: Link, log: string[], count: number): Promise<void> => {
  await link.accept();
  for (let index = 0; index < count; index++) log.push((await link.frame())!.payload.toString());
};

describe('reconnecting', () => {
  it('connects again when the connection is lost, later each time, until one lasts', async (t) => {
    const { url } = await startPeer(t, inTurn(drop, drop, drop, stay));
    const { clock, next, ws, log } = tries(t, url);
    for (const delay of [250, 500, 1000]) {
      const notice = await next<RetryNotice>('retry');
      assert.deepEqual([notice.delay, notice.code, notice.attempted], [delay, 1006, true]);
      assert.equal(ws.state, 'waiting');
      clock.pass(delay - 1);
      assert.equal(ws.state, 'waiting');
      clock.pass(1);
    }
    for (let index = 0; index < 4; index++) await next('open');
    assert.equal(ws.state, 'open');
    assert.deepEqual(log.slice(0, 5), ['open', 'error', 'close', 'retry', 'open']);
    await ws.close();
    assert.equal(await next('end'), undefined);
    assert.equal(ws.state, 'closed');
    assert.ok(clock.idle);
  });

  it('begins anew with the delays after a connection that lasted', async (t) => {
    let drop = (): void => {};
    const { url } = await startPeer(t, async (link) => {
      await link.accept();
      await new Promise<void>((resolve) => (drop = resolve));
      link.reset();
    });
    const { clock, next } = tries(t, url, { minUptime: 5000 });
    const delays: number[] = [];
    for (const uptime of [0, 0, 5000, 4999]) {
      await next('open');
      clock.pass(uptime);
      drop();
      const { delay } = await next<RetryNotice>('retry');
      delays.push(delay);
      clock.pass(delay);
    }
    assert.deepEqual(delays, [250, 500, 250, 250]);
  });

  it('tries again where nothing listens, and gives up after maxRetries', async (t) => {
    const { clock, next, ws } = tries(t, `ws://127.0.0.1:${await closedPort()}/`, { maxRetries: 2 });
    for (let index = 0; index < 2; index++) clock.pass((await next<RetryNotice>('retry')).delay);
    const outcome = await next<ReconnectingOutcome>('end');
    assert.deepEqual([outcome.failures, outcome.status, outcome.attempted], [3, 0, true]);
    assert.match(outcome.error!.message, /nothing listens there/);
    assert.equal(ws.state, 'closed');
    await assert.rejects(ws.send('x'), { code: 2302999 });
    await assert.rejects(ws.close(), { code: 2302999 });
  });

  it('does not try again what will be no better, and says why', async (t) => {
    for (const script of [refuse('403 Forbidden'), refuse('404 Not Found'), closeWith(1008), closeWith(1000)]) {
      const { url } = await startPeer(t, script);
      const outcome = await tries(t, url).next<ReconnectingOutcome>('end');
      assert.ok([403, 404, undefined].includes(outcome.status) && [1008, 1000, undefined].includes(outcome.code));
    }
    const { next } = tries(t, 'ws://127.0.0.1:1/', { caPath: '/nowhere' });
    assert.match((await next<RetryNotice>('retry')).error!.message, /nothing listens/);
    const wrong = await tries(t, 'wss://127.0.0.1:1/', { caPath: '/nowhere' }).next<ReconnectingOutcome>('end');
    assert.deepEqual([wrong.attempted, (wrong.error as { code?: number }).code], [false, 2302002]);
  });

  it('waits as long as a server asks for, and a little more', async (t) => {
    const { url } = await startPeer(
      t,
      inTurn(
        refuse('503 Busy', 'Retry-After: 120'),
        refuse('429 Slow', 'Retry-After: Tue, 01 Jan 2030 00:10:00 GMT'),
        stay,
      ),
    );
    const { clock, next } = tries(t, url);
    const first = await next<RetryNotice>('retry');
    assert.deepEqual([first.delay, first.status], [120_250, 503]);
    clock.pass(first.delay);
    const second = await next<RetryNotice>('retry');
    assert.deepEqual([second.delay, second.status], [600_000 - 120_250 + 500, 429]);
    clock.pass(second.delay);
    await next('open');
  });

  it('asks the program whether to try again, which may say when', async (t) => {
    const { url } = await startPeer(t, inTurn(closeWith(1008), drop, refuse('403 Forbidden'), drop));
    const asked: (number | undefined)[] = [];
    const decisions = [7, undefined, Promise.resolve(true), false] as const;
    const { clock, next } = tries(t, url, {
      retry: ({ code, status }) => {
        asked.push(code ?? status);
        return decisions[asked.length - 1];
      },
    });
    const delays: number[] = [];
    for (let index = 0; index < 3; index++) {
      const { delay } = await next<RetryNotice>('retry');
      delays.push(delay);
      clock.pass(delay);
    }
    await next('end');
    assert.deepEqual(asked, [1008, 1006, 403, 1006]);
    assert.deepEqual(delays, [7, 500, 1000]);
    const failing = tries(t, url, {
      retry: () => {
        throw new Error('undecided');
      },
    });
    assert.equal((await failing.next<ReconnectingOutcome>('end')).error!.message, 'undecided');
  });

  it('is given a URL and options anew for each attempt; when they fail, so does the attempt', async (t) => {
    const heads: string[] = [];
    const { url } = await startPeer(t, async (link) => {
      const { startLine, lines } = await link.request();
      heads.push([startLine, ...lines].join('\n'));
      link.reset();
    });
    let count = 0;
    const { clock, next } = tries(
      t,
      async () => {
        if (++count === 1) throw new Error('no token');
        return `${url}${count}`;
      },
      { connectOptions: () => ({ header: { 'X-Token': `${count}` } }) },
    );
    const first = await next<RetryNotice>('retry');
    assert.equal(first.error!.message, 'no token');
    clock.pass(first.delay);
    await next('error');
    assert.match(heads[0]!, /^GET \/2 /);
    assert.match(heads[0]!, /X-Token: 2/);
  });
});

describe('what is sent with reconnecting', () => {
  it('waits for the connection, in order, behind what restores the subscription and what listeners of open send', async (t) => {
    const got: string[] = [];
    const { url } = await startPeer(t, async (link) => {
      await takes(link, got, 5);
      await link.serve();
    });
    const bytes = Buffer.from('two');
    const { ws, next } = tries(t, url, {
      resubscribe: async ({ send, count }) => {
        await send(`subscribe ${count}`);
        void ws.send('meanwhile');
      },
    });
    ws.on('open', () => void ws.send('in open'));
    const sent = [ws.send('one'), ws.send(bytes)];
    bytes.fill(0);
    assert.equal(ws.queued, 2);
    assert.deepEqual(await Promise.all(sent), [true, true]);
    await next('open');
    assert.equal(ws.queued, 0);
    await ws.close();
    assert.deepEqual(got, ['in open', 'subscribe 1', 'one', 'two', 'meanwhile']);
  });

  it('subscribes again with each connection, and starts over when that fails', async (t) => {
    const { url } = await startPeer(t, stay);
    const counts: number[] = [];
    const { ws, clock, next } = tries(t, url, {
      resubscribe: ({ count }) => {
        counts.push(count);
        if (count === 1) throw new Error('not now');
      },
    });
    const waiting = ws.send('waits for the second');
    const notice = await next<RetryNotice>('retry');
    assert.deepEqual([notice.error!.message, notice.code], ['not now', 1011]);
    assert.equal(ws.queued, 1);
    clock.pass(notice.delay);
    assert.equal(await waiting, true);
    assert.deepEqual(counts, [1, 2]);
  });

  it('is bounded in number and bytes, and fails when it is closed', async (t) => {
    const { ws } = tries(t, `ws://127.0.0.1:${await closedPort()}/`, { maxQueue: 2, maxQueueSize: 10 });
    const waiting = ws.send('12345678');
    await assert.rejects(ws.send('€'), {
      code: 2302999,
      message: /No more than 10 bytes may wait for a connection \(maxQueueSize\)/,
    });
    const second = ws.send('9');
    const third = await new Promise<Error>((resolve) => ws.send('0', (error: Error) => resolve(error)));
    assert.match(third.message, /No more than 2 messages may wait for a connection \(maxQueue\)/);
    await assert.rejects(ws.send(1), { code: 401, message: /data must be .*got number/ });
    assert.equal(ws.queued, 2);
    await ws.close();
    for (const one of [waiting, second]) await assert.rejects(one, { message: /closed before there was a connection/ });
  });

  it('that was given to a connection which is lost fails, and is not sent twice', async (t) => {
    const got: string[] = [];
    const { url } = await startPeer(
      t,
      inTurn(async (link) => {
        await takes(link, got, 1);
        link.reset();
      }, stay),
    );
    const { ws, clock, next } = tries(t, url);
    await next('open');
    void ws.send('once');
    const { delay } = await next<RetryNotice>('retry');
    void ws.send('after');
    clock.pass(delay);
    await next('open');
    assert.equal(await next('message'), 'after');
    assert.deepEqual(got, ['once']);
  });
});

describe('the end of reconnecting', () => {
  it('comes with close, wherever it is', async (t) => {
    const { url } = await startPeer(t, inTurn(drop, stay));
    const early = tries(t, url);
    assert.equal(await early.ws.close(), true);
    assert.equal(await early.next('end'), undefined);
    assert.deepEqual(early.log, ['end']);

    const waiting = tries(t, url);
    await waiting.next('retry');
    await waiting.ws.close();
    assert.ok(waiting.clock.idle);
    assert.deepEqual(waiting.log.slice(-1), ['end']);

    const open = tries(t, url);
    await open.next('open');
    await open.ws.close({ code: 3000, reason: 'done' });
    assert.deepEqual(await open.next('close'), { code: 3000, reason: 'done' });
    assert.deepEqual(open.log, ['open', 'close', 'end']);

    let give = (_url: string): void => {};
    const asking = tries(t, () => new Promise<string>((resolve) => (give = resolve)));
    await new Promise(setImmediate);
    await asking.ws.close();
    give(url);
    await new Promise(setImmediate);
    assert.deepEqual(asking.log, ['end']);
  });

  it('comes with the signal, before or after', async (t) => {
    const { url } = await startPeer(t, stay);
    const before = tries(t, url, { signal: AbortSignal.abort() });
    await before.next('end');
    const controller = new AbortController();
    const later = tries(t, url, { signal: controller.signal });
    await later.next('open');
    controller.abort();
    await later.next('end');
    assert.deepEqual(later.log, ['open', 'close', 'end']);
  });

  it('may come in a listener of retry', async (t) => {
    const { url } = await startPeer(t, drop);
    const { ws, next, clock } = tries(t, url);
    ws.on('retry', () => void ws.close());
    await next('end');
    assert.deepEqual(clock.waits, []);
  });
});

describe('the face of reconnecting', () => {
  it('refuses what no attempt could succeed with', () => {
    const wrong: [unknown, unknown, RegExp][] = [
      ['nonsense', {}, /url error/],
      [1, {}, /url must be a string or a URL, got number/],
      ['ws://h.test/', null, /options must be an object, got null/],
      ['ws://h.test/', { caPath: 1 }, /caPath/],
      ['ws://h.test/', { minDelay: -1 }, /minDelay must be a number of at least 0, got -1/],
      ['ws://h.test/', { maxQueue: '1' }, /maxQueue must be a number of at least 0, got string/],
      ['ws://h.test/', { retry: true }, /retry must be a function, got boolean/],
      ['ws://h.test/', { resubscribe: {} }, /resubscribe must be a function, got object/],
      ['ws://h.test/', { signal: {} }, /signal must be an AbortSignal/],
    ];
    for (const [url, options, message] of wrong)
      assert.throws(() => reconnecting(url as string, options as object), { message });
  });

  it('has the events of the documented API, and two of its own', async (t) => {
    const { url } = await startPeer(t, async (link) => {
      await link.accept();
      link.write(text('hello'));
      await link.serve();
    });
    await using ws = reconnecting(url, { proxy: 'no-proxy' });
    const message = new Promise((resolve) => toEmitter(ws).once('message', resolve));
    const never = (): void => assert.fail();
    ws.on('end', never);
    ws.off('end', never);
    ws.on('retry', never);
    ws.off('retry');
    ws.on('open', never);
    ws.off('open', never);
    for (const type of ['opened', 1]) {
      assert.throws(() => ws.on(type as 'open', never), { code: 401, message: /headerReceive, retry, end; got/ });
    }
    assert.throws(() => ws.on('end', 1 as never), { code: 401 });
    assert.equal(await message, 'hello');
  });
});
