/** Messages that are larger than what the process may grow by; `SPEC_LARGE=1` has them of 512 MiB. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { controls, messages, webSocket } from '../../lib/index.js';
import { atExit } from '../peer/at-exit.js';

const size = (process.env['SPEC_LARGE'] === undefined ? 64 : 512) * 2 ** 20;
/** By how much the process may grow, in bytes: less than the message. */
const most = 60 * 2 ** 20;
const piece = Buffer.alloc(1 << 18, 'b');

let url: string;
let end: () => void;

before(async () => {
  const script = fileURLToPath(new URL('./streaming-peer.js', import.meta.url));
  const child = spawn(process.execPath, [script, String(size)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const forget = atExit(() => child.kill('SIGKILL'));
  end = () => {
    forget();
    child.kill('SIGKILL');
  };
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  url = `ws://127.0.0.1:${Number(line.toString())}/`;
});
after(() => end());

/** The resident memory now, and its largest value while something runs. */
async function growth(run: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let largest = before;
  const timer = setInterval(() => (largest = Math.max(largest, process.memoryUsage.rss())), 5);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return largest - before;
}

async function* pieces(): AsyncGenerator<Buffer> {
  for (let given = 0; given < size; given += piece.length) yield piece;
}

describe('a message larger than memory', () => {
  const sources = {
    'an async iterable': () => pieces(),
    'a ReadableStream': () => ReadableStream.from(pieces()) as ReadableStream<Buffer>,
    'one large piece of an async iterable': async function* () {
      // The same memory for all of it: what counts is what is made of it.
      for (let given = 0; given < size; given += large.length) yield large;
    },
  };
  const large = Buffer.alloc(2 ** 25, 'c');
  for (const [name, source] of Object.entries(sources)) {
    it(`is sent from ${name}`, { timeout: 60_000 }, async () => {
      await using ws = webSocket.createWebSocket();
      await ws.connect(url, { proxy: 'no-proxy' });
      const answer = messages(ws);
      const grown = await growth(async () => {
        await ws.send(source());
        assert.equal((await answer.next()).value, 'ok');
      });
      assert.ok(grown < most, `grew by ${Math.round(grown / 2 ** 20)} MiB`);
      controls(ws).terminate();
    });
  }

  it('is received in pieces, and the pings between them are reported', { timeout: 60_000 }, async () => {
    await using ws = webSocket.createWebSocket();
    let pings = 0;
    controls(ws).on('ping', () => pings++);
    const all = messages(ws, { stream: true });
    let read = 0;
    const grown = await growth(async () => {
      await ws.connect(`${url}get`, { proxy: 'no-proxy' });
      for await (const { length } of (await all.next()).value!) read += length;
    });
    assert.equal(read, size);
    assert.equal(pings, size / 2 ** 20);
    assert.ok(grown < most, `grew by ${Math.round(grown / 2 ** 20)} MiB`);
    controls(ws).terminate();
  });
});
