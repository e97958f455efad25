import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { budget, Inbox, type InboxOwner } from '../../lib/transport/inbox.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class FakeSocket extends EventEmitter {
  reading = true;
  pause(): void {
    this.reading = false;
  }
  resume(): void {
    this.reading = true;
  }
}

/** An owner for which each byte is a message; `onByte` may take its time. */
function start(onByte: (byte: number, inbox: Inbox) => void = () => {}, cost = 50) {
  const inbox = new Inbox();
  const socket = new FakeSocket();
  const taken: number[] = [];
  const owner: InboxOwner = {
    isGone: false,
    arrived: (bytes, size) => inbox.take(bytes, 0, size),
    receive: (bytes, from, end) => {
      let at = from;
      while (at < end && budget.left > 0) {
        budget.left -= cost;
        taken.push(bytes[at]!);
        onByte(bytes[at++]!, inbox);
      }
      return at;
    },
    readStarts: () => {},
    readEnds: () => {},
  };
  inbox.attach(owner, socket as unknown as Socket, new AsyncResource('SPEC'), true);
  const read = (...bytes: number[]): boolean => inbox.callback(bytes.length, Buffer.from(bytes));
  return { inbox, socket, taken, read };
}

const sequence = (length: number): number[] => Array.from({ length }, (_, index) => index);
const slow = (): void => {
  const end = performance.now() + 5;
  while (performance.now() < end);
};

describe('an inbox', () => {
  it('takes a read at once when it is quick', (t) => {
    t.mock.method(performance, 'now', () => 1000);
    const { taken, read, socket } = start();
    assert.equal(read(...sequence(200)), true);
    assert.deepEqual(taken, sequence(200));
    assert.equal(socket.reading, true);
  });

  it('leaves the rest of a read to later turns when a turn is over, and reads nothing meanwhile', async () => {
    const { taken, read, socket } = start(slow);
    assert.equal(read(...sequence(40)), false);
    assert.ok(taken.length < 40, `${taken.length} of 40 in one turn`);
    assert.equal(socket.reading, false);
    while (taken.length < 40) await turn();
    assert.deepEqual(taken, sequence(40));
    assert.equal(socket.reading, true);
  });

  it('keeps the order when a socket that is paused hands on more', async () => {
    const { taken, read } = start(slow);
    read(...sequence(20));
    read(100, 101, 102);
    while (taken.length < 23) await turn();
    assert.deepEqual(taken, [...sequence(20), 100, 101, 102]);
  });

  it('stops within a read when its owner pauses it, and goes on where it stopped', async () => {
    let pauses = 0;
    const { inbox, taken, read } = start((_byte, box) => {
      if (pauses++ === 0) box.pause();
    });
    assert.equal(read(...sequence(100)), false);
    const stopped = taken.length;
    assert.ok(stopped < 100, `${stopped} of 100 before the pause`);
    await turn();
    await turn();
    assert.equal(taken.length, stopped);
    inbox.resume();
    while (taken.length < 100) await turn();
    assert.deepEqual(taken, sequence(100));
  });

  it('lets the end of the connection wait for the rest', async () => {
    const { inbox, taken, read } = start(slow);
    read(...sequence(20));
    let left = -1;
    inbox.end(() => {
      left = 20 - taken.length;
    });
    assert.equal(left, -1, 'not yet');
    while (taken.length < 20) await turn();
    await turn();
    assert.equal(left, 0);
  });

  it('ends at once when there is no rest', () => {
    const { inbox } = start();
    let ended = false;
    inbox.end(() => {
      ended = true;
    });
    assert.ok(ended);
  });
});
