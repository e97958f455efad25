import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { copyOf, MessageStore, ownedBuffer } from '../../../lib/protocol/messages/message-store.js';

/** Adds a message of one announced frame in pieces. */
function fill(store: MessageStore, message: Buffer, step: number, isText = false): void {
  for (let at = 0; at < message.length; at += step) {
    store.add(message, at, Math.min(message.length, at + step), message.length, true, isText);
  }
}

describe('the store of a message', () => {
  it('gives a binary message in memory of exactly its size, and is empty then', () => {
    const store = new MessageStore();
    for (const size of [0, 1, 64, 65, 65_536, 65_537, 1_500_000]) {
      const message = Buffer.alloc(size, 'binary');
      fill(store, message, 60_000);
      assert.equal(store.size, size);
      const taken = store.takeBinary();
      assert.ok(Buffer.from(taken).equals(message), `${size} bytes`);
      assert.equal(taken.byteLength, size);
      assert.equal(store.size, 0);
    }
  });

  it('gives the bytes of its latest frame', () => {
    const store = new MessageStore();
    store.add(Buffer.from('xabcx'), 1, 4, 3, false, true);
    const start = store.size;
    store.add(Buffer.from('de'), 0, 2, 5, true, true);
    assert.equal(store.bytesFrom(start).toString(), 'de');
    assert.equal(
      store.takeText((bytes, from, to) => bytes.toString('latin1', from, to)),
      'abcde',
    );
  });

  it('does not touch what it gave when the next message is added', () => {
    const store = new MessageStore();
    const given = [1, 2, 3].map((byte) => {
      fill(store, Buffer.alloc(100_000, byte), 65_536);
      return store.takeBinary();
    });
    for (const [index, buffer] of given.entries())
      assert.ok(new Uint8Array(buffer).every((byte) => byte === index + 1));
  });

  it('uses the memory of a text for the next, in whichever store, and for no binary message', (t) => {
    const reserved: number[] = [];
    const { allocUnsafeSlow } = Buffer;
    t.mock.method(Buffer, 'allocUnsafeSlow', (size: number) => {
      reserved.push(size);
      return allocUnsafeSlow(size);
    });
    const text = Buffer.alloc(900_000, 'a');
    for (let round = 0; round < 3; round++) {
      const store = new MessageStore();
      fill(store, text, 65_536, true);
      store.takeText((bytes, from, to) => bytes.toString('latin1', from, to));
    }
    assert.ok(reserved.length <= 1, `reserved ${reserved.join(', ')}`);
    fill(new MessageStore(), text, 65_536);
    assert.equal(reserved.at(-1), text.length);
  });

  it('forgets a message that is given up', () => {
    const store = new MessageStore();
    fill(store, Buffer.from('abc'), 3);
    store.clear();
    assert.equal(store.takeBinary().byteLength, 0);
  });
});

describe('a buffer of their own', () => {
  it('have bytes that fill their memory; others are copied', () => {
    const whole = Buffer.allocUnsafeSlow(100).fill(7);
    assert.equal(ownedBuffer(whole), whole.buffer);
    const part = ownedBuffer(whole.subarray(1));
    assert.notEqual(part, whole.buffer);
    assert.deepEqual(Buffer.from(part), whole.subarray(1));
    const none = Buffer.alloc(0);
    assert.notEqual(ownedBuffer(none), ownedBuffer(none));
  });

  it('get copies of every size', () => {
    const bytes = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
    for (let size = 0; size < 190; size++) {
      assert.deepEqual(Buffer.from(copyOf(bytes, 5, 5 + size)), bytes.subarray(5, 5 + size));
    }
  });
});
