/** Links that are slow stay alive, and links on which nothing moves do not; a turn of the event loop stays short. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { record } from '../api/recorder.js';

interface Report {
  readonly port?: number;
  /** Bytes of messages so far. */
  readonly message?: number;
  /** Bytes of messages before the Close frame. */
  readonly close?: number;
}

/** Starts `slow-peer.ts`; `reported` resolves with the first report that has the member. */
async function start(t: TestContext, mode: string, ...numbers: number[]) {
  // Bun reads ahead of a program that has paused.
  const execPath = 'bun' in process.versions ? 'node' : process.execPath;
  const child = fork(fileURLToPath(new URL('slow-peer.js', import.meta.url)), [mode, ...numbers.map(String)], {
    execPath,
  });
  t.after(() => child.kill());
  const reports: Report[] = [];
  let wake = (): void => {};
  child.on('message', (report) => {
    reports.push(report as Report);
    wake();
  });
  const reported = async (member: keyof Report, least = 0): Promise<number> => {
    for (;;) {
      const found = reports.find((report) => (report[member] ?? -1) >= least)?.[member];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { url: `ws://127.0.0.1:${await reported('port')}/`, reported };
}

const second = { pingInterval: 1, pongTimeout: 1 };

describe('a link that is slow', { concurrency: true }, () => {
  it('takes a large message although no pong can come before its end', async (t) => {
    const { url, reported } = await start(t, 'reads', 3_000_000);
    const { ws, errors } = record();
    await ws.connect(url, second);
    const size = 14_000_000; // more than the system's buffers take, for some seconds
    assert.equal(await ws.send(new Uint8Array(size)), true);
    assert.equal(await reported('message', size), size);
    await ws.close();
    assert.deepEqual(errors, []);
  });

  it('brings a large message although the pong is behind it', async (t) => {
    const { url } = await start(t, 'sends', 1_500_000, 4_500_000);
    const { ws, errors, messages, next } = record();
    await ws.connect(url, second);
    while (messages.length === 0) await next('message');
    assert.equal((messages[0] as ArrayBuffer).byteLength, 4_500_000);
    assert.deepEqual(errors, []);
    await ws.close();
  });

  it('gets all that was sent before close, and the Close frame, however long that takes', async (t) => {
    const { url, reported } = await start(t, 'reads', 4_000_000);
    const { ws, errors, closes } = record();
    await ws.connect(url, { closeTimeout: 1500 });
    for (let index = 0; index < 16; index++) void ws.send(new Uint8Array(1 << 20));
    await ws.close();
    assert.equal(await reported('close'), 16 << 20);
    assert.deepEqual([closes[0]?.code, errors], [1000, []]);
  });
});

describe('a link on which nothing moves', { concurrency: true }, () => {
  it('is dead after pingInterval and pongTimeout', async (t) => {
    const { url } = await start(t, 'deaf');
    const { ws, errors, next } = record();
    await ws.connect(url, second);
    const closed = next('close');
    void ws.send(new Uint8Array(12_000_000));
    await closed;
    assert.match(errors[0]!.message, /No pong within 1 s/);
  });

  it('is given up in closeTimeout', async (t) => {
    const { url } = await start(t, 'deaf');
    const { ws, errors, closes } = record();
    await ws.connect(url, { closeTimeout: 500 });
    void ws.send(new Uint8Array(24_000_000));
    await ws.close();
    assert.match(errors[0]!.message, /did not answer our Close frame within closeTimeout/);
    assert.equal(closes[0]?.code, 1006);
  });
});

describe('a peer that goes away while the program is busy', () => {
  it('has its last message and its Close frame delivered before a send fails', async (t) => {
    const { url } = await start(t, 'resets');
    const { ws, messages, closes, errors, next } = record();
    await ws.connect(url);
    const closed = next('close');
    const end = performance.now() + 300;
    while (performance.now() < end);
    void ws.send('too late');
    await closed;
    assert.deepEqual([messages, closes, errors], [['the last'], [{ code: 1008, reason: 'go away' }], []]);
  });
});

describe('a peer that floods', () => {
  it('leaves timers and other connections their turns', async (t) => {
    const { url } = await start(t, 'floods');
    const other = await start(t, 'reads', 1_000_000);
    const { ws } = record();
    await ws.connect(url);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const before = performance.now();
    const second = record();
    await second.ws.connect(other.url);
    while (performance.now() - before < 1500) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(timer);
    // Without bounds there were stalls of a second: a handful of ticks.
    assert.ok(ticks > 20, `${ticks} ticks in 1.5 s`);
    await Promise.all([ws.close(), second.ws.close()]);
  });
});
