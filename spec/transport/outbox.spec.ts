import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { Outbox, type Receipts } from '../../lib/transport/outbox.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A socket that takes what it is told to, and holds the rest until `drain`. */
class FakeSocket {
  readonly written: number[] = [];
  writableLength = 0;
  writableEnded = false;
  isBusy = false;
  readonly #waiting: { size: number; done: (error?: Error) => void }[] = [];

  write(bytes: Uint8Array, done: (error?: Error) => void): void {
    this.written.push(bytes.length);
    if (!this.isBusy) return void queueMicrotask(done);
    this.writableLength += bytes.length;
    this.#waiting.push({ size: bytes.length, done });
  }

  /** The system takes the next write that waits. */
  drain(): void {
    const { size, done } = this.#waiting.shift()!;
    this.writableLength -= size;
    done();
  }

  end(): void {
    this.writableEnded = true;
  }
}

function start() {
  const socket = new FakeSocket();
  const log: string[] = [];
  let receipts: Receipts | undefined;
  const outbox = new Outbox(socket as unknown as Socket, {
    takeReceipts: () => {
      const taken = receipts;
      receipts = undefined;
      return taken;
    },
    congested: (congested) => log.push(congested ? 'congested' : 'free'),
    written: (position) => log.push(`written ${position}`),
  });
  const send = (size: number): void => {
    outbox.framer(undefined).binary(new Uint8Array(size));
    outbox.schedule();
  };
  const expect = (name: string): void => {
    receipts = { settle: () => log.push(`${name} settled`), fail: () => log.push(`${name} failed`), join: () => {} };
  };
  return { socket, outbox, log, send, expect };
}

/** Bytes of an unmasked frame with a payload of 1 MiB. */
const largeFrame = 2 ** 20 + 10;

describe('an outbox', () => {
  it('writes once for all that is sent in a turn, and settles it then', async () => {
    const { socket, log, send, expect } = start();
    send(10);
    send(10);
    expect('both');
    assert.deepEqual(socket.written, []);
    await turn();
    assert.deepEqual(socket.written, [24]);
    assert.deepEqual(log, ['written 24', 'both settled']);
  });

  it('gives a busy socket 256 KiB, and the rest as the system takes it, so that progress can be seen', async () => {
    const { socket, log, send, expect } = start();
    socket.isBusy = true;
    send(2 ** 20);
    expect('the message');
    await turn();
    assert.ok(socket.writableLength >= 262_144 && socket.writableLength < 393_216, String(socket.writableLength));
    let last = 0;
    while (socket.writableLength > 0) {
      socket.drain();
      await turn();
      const written = Number(/\d+/.exec(log.findLast((line) => line.startsWith('written'))!)![0]);
      assert.ok(written > last, 'each step is reported');
      last = written;
    }
    assert.equal(last, largeFrame);
    assert.equal(log.filter((line) => line === 'the message settled').length, 1);
    assert.ok(log.indexOf('the message settled') > log.indexOf(`written ${largeFrame}`));
    assert.deepEqual(
      log.filter((line) => line === 'congested' || line === 'free').filter((line, at, all) => line !== all[at - 1]),
      ['congested', 'free'],
    );
  });

  it('reports progress only when there is some', async () => {
    const { socket, outbox, log, send } = start();
    socket.isBusy = true;
    send(2 ** 20);
    await turn();
    for (let round = 0; round < 3; round++) outbox.flushTurn();
    assert.deepEqual(
      log.filter((line) => line.startsWith('written')),
      [],
    );
  });

  it('settles what waits behind a full socket with its own last byte', async () => {
    const { socket, log, send, expect } = start();
    socket.isBusy = true;
    send(2 ** 20);
    expect('the first');
    await turn();
    send(100_000);
    expect('the second');
    await turn();
    while (!log.includes('the first settled')) {
      socket.drain();
      await turn();
    }
    assert.ok(!log.includes('the second settled'));
    while (socket.writableLength > 0) {
      socket.drain();
      await turn();
    }
    assert.ok(log.includes('the second settled'));
  });

  it('ends the stream behind what waits', async () => {
    const { socket, outbox, send } = start();
    socket.isBusy = true;
    send(2 ** 20);
    outbox.end();
    await turn();
    assert.equal(socket.writableEnded, false);
    while (socket.writableLength > 0) {
      socket.drain();
      await turn();
    }
    assert.equal(socket.writableEnded, true);
    assert.equal(
      socket.written.reduce((sum, size) => sum + size),
      largeFrame,
    );
  });

  it('fails all that was not written when the connection is gone', async () => {
    const { socket, outbox, log, send, expect } = start();
    socket.isBusy = true;
    send(2 ** 20);
    expect('the first');
    await turn();
    send(10);
    expect('the second');
    outbox.close();
    assert.deepEqual(log.filter((line) => line.endsWith('failed')).sort(), ['the first failed', 'the second failed']);
    await turn();
  });

  it('expects what the system took at once to be on its way as long as it drains since', async () => {
    const { socket, outbox, send } = start();
    send(2 ** 20);
    await turn();
    assert.equal(outbox.transit, 0, 'the system has not made us wait');
    socket.isBusy = true;
    send(2 ** 20);
    await turn();
    assert.equal(outbox.transit, 0, 'nothing is known of its rate');
    socket.drain();
    assert.ok(outbox.transit > 0);
    outbox.acknowledged(outbox.position);
    while (socket.writableLength > 0) {
      socket.drain();
      await turn();
    }
    outbox.acknowledged(outbox.position);
    assert.equal(outbox.transit, 0, 'the peer has it all');
  });

  it('reads before it writes when the program was busy for long', async () => {
    const { socket, outbox } = start();
    const end = performance.now() + 80;
    while (performance.now() < end);
    outbox.head(Buffer.from('GET'));
    outbox.flushTurn();
    assert.deepEqual(socket.written, []);
    while (socket.written.length === 0) await turn();
    assert.deepEqual(socket.written, [3]);
  });
});
