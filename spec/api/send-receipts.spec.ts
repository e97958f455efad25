import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BusinessError } from '../../lib/api/errors.js';
import { SendBatch } from '../../lib/api/send-receipts.js';

describe('SendBatch', () => {
  it('is one promise for all, which settles with the callbacks', async () => {
    const batch = new SendBatch();
    const told: unknown[] = [];
    batch.add((...result) => told.push(result));
    const { promise } = batch;
    batch.add((...result) => told.push(result));
    assert.equal(batch.promise, promise);
    batch.settle();
    assert.deepEqual(told, [
      [undefined, true],
      [undefined, true],
    ]);
    assert.equal(await promise, true);
  });

  it('tells all of a failure, with 2302999', async () => {
    const batch = new SendBatch();
    const told: [BusinessError, boolean][] = [];
    batch.add((...result) => told.push(result));
    const { promise } = batch;
    batch.fail();
    assert.equal(told[0]?.[0].code, 2302999);
    assert.equal(told[0]?.[1], false);
    await assert.rejects(promise, { code: 2302999 });
  });

  it('takes those that joined it along', async () => {
    for (const [end, code] of [
      ['settle', undefined],
      ['fail', 2302999],
    ] as const) {
      const [first, second, third] = [new SendBatch(), new SendBatch(), new SendBatch()];
      const order: unknown[] = [];
      first.add((error) => order.push('first', error?.code));
      second.add((error) => order.push('second', error?.code));
      third.add((error) => order.push('third', error?.code));
      first.join(second);
      first.join(third);
      first[end]();
      assert.deepEqual(order, ['first', code, 'second', code, 'third', code]);
    }
  });

  it('is used again once it has settled, and forgets what it had', async () => {
    const told: string[] = [];
    const batch = SendBatch.take();
    batch.add(() => told.push('first'));
    const { promise } = batch;
    batch.join(SendBatch.take());
    batch.settle();
    assert.equal(await promise, true);
    const again = SendBatch.take();
    assert.ok([again, SendBatch.take()].includes(batch));
    assert.notEqual(batch.promise, promise);
    batch.add(() => told.push('second'));
    batch.settle();
    assert.deepEqual(told, ['first', 'second']);
  });

  it('is not used again while its callbacks run, which may send', () => {
    const batch = SendBatch.take();
    let during: SendBatch | undefined;
    const told: string[] = [];
    batch.add(() => {
      during = SendBatch.take();
      during.add(() => told.push('third'));
    });
    batch.add(() => told.push('second'));
    batch.settle();
    assert.notEqual(during, batch);
    assert.deepEqual(told, ['second']);
    during?.settle();
    assert.deepEqual(told, ['second', 'third']);
  });

  it('tells the other callbacks when one throws', async () => {
    const batch = SendBatch.take();
    const thrown = new Error('thrown by a callback');
    const told: string[] = [];
    batch.add(() => {
      throw thrown;
    });
    batch.add(() => told.push('second'));
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const surfaced = new Promise((resolve) => process.once('uncaughtException', resolve));
    batch.settle();
    assert.deepEqual(told, ['second']);
    assert.equal(await surfaced, thrown);
    for (const listener of before) process.on('uncaughtException', listener);
  });

  it('makes no error when nobody listens', () => {
    const batch = new SendBatch();
    batch.fail();
    batch.settle();
  });
});
