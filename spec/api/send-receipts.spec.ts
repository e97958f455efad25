import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BusinessError } from '../../lib/api/errors.js';
import { SendReceipts } from '../../lib/api/send-receipts.js';

describe('SendReceipts', () => {
  it('have one promise for all, which settles with the callbacks', async () => {
    const receipts = new SendReceipts();
    const heard: unknown[] = [];
    receipts.add((...result) => heard.push(result));
    const { promise } = receipts;
    receipts.add((...result) => heard.push(result));
    assert.equal(receipts.promise, promise);
    receipts.settle();
    assert.deepEqual(heard, [
      [undefined, true],
      [undefined, true],
    ]);
    assert.equal(await promise, true);
  });

  it('fail all who wait with 2302999', async () => {
    const receipts = new SendReceipts();
    const heard: [BusinessError, boolean][] = [];
    receipts.add((...result) => heard.push(result));
    const { promise } = receipts;
    receipts.fail();
    assert.equal(heard[0]?.[0].code, 2302999);
    assert.equal(heard[0]?.[1], false);
    await assert.rejects(promise, { code: 2302999 });
  });

  it('take those that joined along', async () => {
    for (const [end, code] of [
      ['settle', undefined],
      ['fail', 2302999],
    ] as const) {
      const [first, second, third] = [new SendReceipts(), new SendReceipts(), new SendReceipts()];
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

  it('are used again once they have settled, and forget what they had', async () => {
    const heard: string[] = [];
    const receipts = SendReceipts.take();
    receipts.add(() => heard.push('first'));
    const { promise } = receipts;
    receipts.join(SendReceipts.take());
    receipts.settle();
    assert.equal(await promise, true);
    const again = SendReceipts.take();
    assert.ok([again, SendReceipts.take()].includes(receipts));
    assert.notEqual(receipts.promise, promise);
    receipts.add(() => heard.push('second'));
    receipts.settle();
    assert.deepEqual(heard, ['first', 'second']);
  });

  it('are not used again while their callbacks run, which may send', () => {
    const receipts = SendReceipts.take();
    let during: SendReceipts | undefined;
    const heard: string[] = [];
    receipts.add(() => {
      during = SendReceipts.take();
      during.add(() => heard.push('third'));
    });
    receipts.add(() => heard.push('second'));
    receipts.settle();
    assert.notEqual(during, receipts);
    assert.deepEqual(heard, ['second']);
    during?.settle();
    assert.deepEqual(heard, ['second', 'third']);
  });

  it('call the other callbacks when one throws', async () => {
    const receipts = SendReceipts.take();
    const thrown = new Error('thrown by a callback');
    const heard: string[] = [];
    receipts.add(() => {
      throw thrown;
    });
    receipts.add(() => heard.push('second'));
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const surfaced = new Promise((resolve) => process.once('uncaughtException', resolve));
    receipts.settle();
    assert.deepEqual(heard, ['second']);
    assert.equal(await surfaced, thrown);
    for (const listener of before) process.on('uncaughtException', listener);
  });

  it('make no error when nobody waits', () => {
    const receipts = new SendReceipts();
    receipts.fail();
    receipts.settle();
  });
});
