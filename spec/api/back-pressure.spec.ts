import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import type { Link } from '../peer/link.js';
import { frame } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';
import { record } from './recorder.js';

const block = 1 << 20;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a server that stops reading', () => {
  it('holds back an awaited send: what the client keeps is what was not awaited', async (t) => {
    let server: Link | undefined;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      server = link;
      link.socket.pause();
    });
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url, { closeTimeout: 0 });
    const before = process.memoryUsage().arrayBuffers;
    const payload = Buffer.alloc(block);
    let sent = 0;
    let pending = false;
    const pump = (async () => {
      for (; sent < 200; sent++) {
        pending = true;
        await ws.send(payload);
        pending = false;
      }
    })();
    // The kernel's buffers fill, and then nothing moves any more.
    for (let still = 0, last = -1; still < 50; still = sent === last ? still + 1 : 0, last = sent) await turn();
    assert.ok(pending && sent < 100, `expected the pump to be held back, it sent ${sent} MiB`);
    const kept = process.memoryUsage().arrayBuffers - before;
    assert.ok(kept < 4 * block, `expected little more than one message to be kept, got ${kept} bytes`);
    server!.socket.resume();
    const drained = server!.frameOf(Opcode.close).catch(() => {});
    await pump;
    assert.equal(sent, 200);
    await ws.close();
    await drained;
  });

  it('and floods us with pings is not answered from memory: only its last ping is', async (t) => {
    const flood = 20_000;
    const answers: string[] = [];
    let resume = (): void => {};
    const resumed = new Promise<void>((resolve) => (resume = resolve));
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      await resumedFlood;
      for (let index = 0; index < flood; index += 100) {
        const pings = Array.from({ length: 100 }, (_, offset) =>
          frame(Opcode.ping, String(index + offset).padStart(100, '.')),
        );
        await new Promise((resolve) => link.socket.write(Buffer.concat(pings), resolve));
      }
      link.write(frame(Opcode.text, 'flooded'));
      await resumed;
      link.socket.resume();
      for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
        if (next.opcode === Opcode.pong) answers.push(next.payload.toString());
        if (next.opcode === Opcode.close) return link.end(frame(Opcode.close, next.payload));
      }
    });
    let startFlood = (): void => {};
    const resumedFlood = new Promise<void>((resolve) => (startFlood = resolve));
    const { ws, next } = record();
    const flooded = next('message');
    await ws.connect(peer.url, { pingInterval: 0 });
    const sends = Array.from({ length: 16 }, () => ws.send(Buffer.alloc(block)));
    await turn();
    startFlood();
    await flooded;
    resume();
    await Promise.all(sends);
    await ws.close();
    assert.ok(answers.length < flood / 2, `expected few pongs, got ${answers.length}`);
    assert.equal(answers.at(-1), String(flood - 1).padStart(100, '.'));
  });
});

describe('a server that floods us', () => {
  it('with pings while it reads gets every pong, in order', async (t) => {
    const count = 5000;
    const answers: number[] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept(
        [],
        Buffer.concat(Array.from({ length: count }, (_, index) => frame(Opcode.ping, String(index)))),
      );
      while (answers.length < count) answers.push(Number((await link.frameOf(Opcode.pong)).payload.toString()));
      link.write(frame(Opcode.text, 'done'));
      await link.serve();
    });
    const { ws, next } = record();
    const done = next('message');
    await ws.connect(peer.url);
    await done;
    assert.deepEqual(
      answers,
      Array.from({ length: count }, (_, index) => index),
    );
    await ws.close();
  });

  it('with messages a byte at a time gives the same messages', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.writeSlowly(
        Buffer.concat([frame(Opcode.text, 'grüße'), frame(Opcode.text, 'a', { fin: false }), frame(0, 'b')]),
      );
      await link.serve();
    });
    const { ws, messages, next } = record();
    await ws.connect(peer.url);
    while (messages.length < 2) await next('message');
    assert.deepEqual(messages, ['grüße', 'ab']);
    await ws.close();
  });
});
