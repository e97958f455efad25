import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { planConnect } from '../../../lib/api/options.js';
import type { LoadPlan } from '../../../lib/cli/bench/load-plan.js';
import { LoadWorker } from '../../../lib/cli/bench/load-worker.js';
import { type LoadOutcome, LoadRecord } from '../../../lib/cli/bench/outcome.js';
import type { ConnectionValues } from '../../../lib/cli/connection-options.js';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { closeFrame, text } from '../../peer/link.js';
import { type AnsweringOptions, startAnsweringPeer } from './answering-peer.js';

const plain: LoadPlan = {
  connections: 3,
  processes: 1,
  rate: undefined,
  inFlight: 1,
  rampUp: 0,
  warmUp: 0,
  duration: 0.2,
  messages: { kind: 'sizes', sizes: [{ size: 100, weight: 1 }], binary: false },
  reaction: 'echo',
  expect: undefined,
  greetings: 0,
  answerTimeout: 2,
  reopen: false,
};

async function run(url: string, more: Partial<LoadPlan>, stopAfter?: number, compress = false): Promise<LoadOutcome> {
  const load = { ...plain, ...more };
  const record = new LoadRecord({ url, values: {} as ConnectionValues, load });
  const plan = planConnect(url, { proxy: 'no-proxy', closeTimeout: 2000, perMessageDeflate: compress });
  const worker = new LoadWorker(
    load,
    { process: 0, processes: 1 },
    () => plan,
    (tick) => record.add(tick),
  );
  if (stopAfter !== undefined) setTimeout(() => worker.stop(), stopAfter);
  await worker.open();
  await worker.run();
  return record.outcome(false);
}

/** Runs on a server of its own. */
async function runAgainst(options: AnsweringOptions, more: Partial<LoadPlan>): Promise<LoadOutcome> {
  const peer = await startAnsweringPeer(options);
  try {
    return await run(peer.url, more);
  } finally {
    await peer.close();
  }
}

const kinds = ({ errors }: LoadOutcome): Record<string, number> =>
  Object.fromEntries(errors.map(({ kind, count }) => [kind, count]));

describe('a load on an echo server', { timeout: 60_000 }, () => {
  let echo: EchoServer;
  before(async () => {
    echo = await startEchoServer({ perMessageDeflate: true });
  });
  after(() => echo.close());

  it('has an answer to every message, and a latency of each', async () => {
    for (const binary of [false, true]) {
      const sizes = [0, 15, 16, 70_000].map((size) => ({ size, weight: 1 }));
      const outcome = await run(echo.url, { inFlight: 5, messages: { kind: 'sizes', sizes, binary } });
      assert.deepEqual(kinds(outcome), {});
      assert.deepEqual([outcome.attempted, outcome.opened, outcome.open], [3, 3, 3]);
      assert.ok(outcome.received > 0);
      assert.equal(outcome.latency.count, outcome.due);
      assert.deepEqual([outcome.unasked, outcome.late], [0, 0]);
    }
  });

  it('is compressed when it should be', async () => {
    assert.ok((await run(echo.url, {}, undefined, true)).received > 0);
  });

  it('sends at the rate, spread over the connections, growing in the ramp-up', async () => {
    const outcome = await run(echo.url, { rate: 200, rampUp: 0.2, duration: 0.5 });
    assert.deepEqual(kinds(outcome), {});
    assert.ok(Math.abs(outcome.due - 100) <= 30, `${outcome.due}`);
    assert.equal(outcome.latency.count, outcome.due);
    assert.equal(outcome.service.count, outcome.due);
    assert.ok(outcome.latency.max >= outcome.service.max);
  });

  it('takes what comes back in any order, or twice, for what it is', async () => {
    const waiting: string[] = [];
    const answer = (message: string, { write }: { write(bytes: Uint8Array): void }): undefined => {
      waiting.unshift(message);
      if (waiting.length === 3) for (const one of [...waiting.splice(0), message]) write(text(one));
    };
    const outcome = await runAgainst(
      { answer: (message, link) => answer(message, { write: (bytes) => link.write(bytes) }) },
      { connections: 1, inFlight: 3 },
    );
    assert.ok(outcome.received > 10);
    assert.ok(outcome.late > 3);
  });

  it('that is read only has a pong at its end', async () => {
    const outcome = await run(echo.url, { reaction: 'nothing', duration: 2 });
    assert.deepEqual(kinds(outcome), {});
    assert.ok(outcome.sentInTime > 0);
  });

  it('ends early when it is stopped, at any time', async () => {
    for (const stopAfter of [0, 50]) {
      const outcome = await run(echo.url, { duration: 100, connections: 200 }, stopAfter);
      assert.ok(outcome.seconds < 50);
      assert.deepEqual(kinds(outcome), {});
    }
  });
});

describe('a load on a server that', { timeout: 60_000 }, () => {
  it('refuses a part goes on with the rest', async () => {
    const outcome = await runAgainst({ answer: (message) => message, refuses: (number) => number % 3 === 0 }, {});
    assert.deepEqual([outcome.opened, kinds(outcome)], [2, { 'status 503': 1 }]);
    assert.ok(outcome.received > 0);
  });

  it('is not there has errors only, and does not wait', async () => {
    const peer = await startAnsweringPeer({});
    await peer.close();
    const outcome = await run(peer.url, { duration: 60 });
    assert.deepEqual([outcome.opened, kinds(outcome)], [0, { refused: 3 }]);
  });

  it('answers with something else counts what does not match', async () => {
    let number = 0;
    const outcome = await runAgainst(
      { answer: () => (number++ % 4 === 0 ? 'error 7' : 'ok') },
      { reaction: 'answer', expect: /^ok$/ },
    );
    assert.deepEqual(Object.keys(kinds(outcome)), ['mismatch']);
    assert.equal(outcome.errors[0]!.example, 'an answer was "error 7"');
    assert.ok(outcome.received > outcome.errors[0]!.count);
  });

  it('changes what it sends back has mismatches', async () => {
    for (const size of [10, 100]) {
      const messages = { kind: 'sizes', sizes: [{ size, weight: 1 }], binary: false } as const;
      const outcome = await runAgainst({ answer: (message) => `${message.slice(0, -1)}!` }, { messages });
      assert.deepEqual([Object.keys(kinds(outcome)), outcome.received], [['mismatch'], 0]);
    }
  });

  it('does not answer has timeouts, and messages that nobody asked for are counted apart', async () => {
    const outcome = await runAgainst({ answer: () => 'something' }, { answerTimeout: 0.1 });
    assert.deepEqual([Object.keys(kinds(outcome)), outcome.received], [['timeout of an answer'], 0]);
    assert.ok(outcome.unasked >= 3);
  });

  it('answers late has late answers, in their order', async () => {
    const answer = (_: string, link: { write(bytes: Uint8Array): void }): undefined => {
      setTimeout(() => link.write(text('ok')), 300);
    };
    const outcome = await runAgainst(
      { answer: (message, link) => answer(message, { write: (bytes) => link.write(bytes) }) },
      { reaction: 'answer', answerTimeout: 0.05, duration: 0.6 },
    );
    assert.ok(outcome.late >= 3 && outcome.received === 0, `${outcome.late} ${outcome.received}`);
  });

  it('closes, or resets, ends the load by kind, or is opened again', async () => {
    const closing = {
      answer: (message: string) => message,
      opened: (link: { end(bytes: Uint8Array): void }) => link.end(closeFrame(1011)),
    };
    const outcome = await runAgainst(
      { opened: (link) => closing.opened({ end: (bytes) => link.end(bytes) }) },
      { duration: 60 },
    );
    assert.equal(kinds(outcome)['closed with 1011'], 3);
    const reset = await runAgainst({ answer: (_, link) => void link.reset() }, { duration: 60 });
    assert.deepEqual(kinds(reset), { reset: 3, 'unanswered: connection ended': 3 });
    const reopened = await runAgainst({ answer: (_, link) => void link.reset() }, { duration: 1.5, reopen: true });
    assert.ok(reopened.opened > 3);
  });

  it('greets is listened to first', async () => {
    const outcome = await runAgainst(
      { opened: (link) => link.write(Buffer.concat([text('hello'), text('welcome')])), answer: () => 'ok' },
      { greetings: 2, reaction: 'answer', expect: /^ok$/ },
    );
    assert.deepEqual([kinds(outcome), outcome.unasked], [{}, 0]);
    assert.ok(outcome.received > 0);
  });

  it('feeds is subscribed to, and counted', async () => {
    const subscribed: string[] = [];
    const outcome = await runAgainst(
      {
        answer: (message, link) => {
          subscribed.push(message);
          const timer = setInterval(() => link.write(text('{"price":1}')), 5);
          link.socket.on('close', () => clearInterval(timer));
          return undefined;
        },
      },
      { reaction: 'feed', messages: { kind: 'texts', texts: ['subscribe'], binary: false }, connections: 2 },
    );
    assert.deepEqual(subscribed, ['subscribe', 'subscribe']);
    assert.deepEqual(kinds(outcome), {});
    assert.ok(outcome.received > 0 && outcome.latency.count === 0);
  });
});

describe('a server that stalls', { timeout: 60_000 }, () => {
  /** Milliseconds. */
  const stall = 400;

  /** Nothing is answered for a while, once, in the middle of the measured second. */
  const stalling = (): AnsweringOptions => {
    const held: (() => void)[] = [];
    let [count, isStalled] = [0, false];
    return {
      answer: (message, link) => {
        if (++count === 20) {
          isStalled = true;
          setTimeout(() => {
            isStalled = false;
            for (const release of held.splice(0)) release();
          }, stall);
        }
        if (!isStalled) return message;
        held.push(() => link.write(text(message)));
        return undefined;
      },
    };
  };

  it('cannot hide it from the open model: all that was due meanwhile waited', async () => {
    const outcome = await runAgainst(stalling(), { rate: 100, duration: 1, inFlight: 1 });
    assert.deepEqual(kinds(outcome), {});
    // 40 of 100 messages were due in the stall; half of them waited for more than half of it.
    assert.ok(outcome.latency.quantile(0.85) >= stall / 2, `${outcome.latency.quantile(0.85)}`);
    // Most of them could only be sent after it: from sending, the stall is that of one message a connection.
    assert.ok(outcome.service.quantile(0.85) < outcome.latency.quantile(0.85));
  });

  it('hides it from the closed model: only what was in flight waited', async () => {
    const outcome = await runAgainst(stalling(), { duration: 1, connections: 1 });
    assert.ok(outcome.latency.max >= stall * 0.9);
    const share = [0.5, 0.9, 0.99].filter((q) => outcome.latency.quantile(q) >= stall / 2);
    assert.deepEqual(share, outcome.latency.count > 100 ? [] : share);
  });
});
