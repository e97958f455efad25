import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BusinessError } from '../../lib/api/errors.js';
import { Listeners } from '../../lib/api/listeners.js';

describe('Listeners', () => {
  it('has what was added until it is removed', () => {
    const listeners = new Listeners();
    const listener = (): void => {};
    assert.equal(listeners.has('error'), false);
    listeners.add('error', listener);
    listeners.add('error', listener);
    listeners.remove('error', listener);
    assert.equal(listeners.has('error'), true);
    listeners.remove('error', listener);
    listeners.remove('error', listener);
    assert.equal(listeners.has('error'), false);
  });

  it('keeps those of one object from another', () => {
    const [one, other] = [new Listeners(), new Listeners()];
    one.add('open', () => {});
    assert.equal(other.has('open'), false);
  });

  it('delivers each kind of event with its arguments', () => {
    const listeners = new Listeners();
    const seen: unknown[] = [];
    listeners.add('error', (...args) => seen.push(args));
    listeners.add('headerReceive', (...args) => seen.push(args));
    listeners.add('close', (...args) => seen.push(args));
    listeners.add('message', (...args) => seen.push(args));
    listeners.add('dataEnd', () => seen.push('dataEnd'));
    const error = new BusinessError(200, 'x');
    listeners.emit('error', error);
    listeners.emit('headerReceive', { a: 'b' });
    listeners.emitResult('close', { code: 1000, reason: '' });
    listeners.emitMessage('hello');
    assert.deepEqual(seen, [
      [error],
      [{ a: 'b' }],
      [undefined, { code: 1000, reason: '' }],
      [undefined, 'hello'],
      'dataEnd',
    ]);
  });

  for (const before of [0, 1, 15, 16, 17, 40]) {
    it(`has what is added or removed while it delivers to ${before} take effect from the next event`, () => {
      const listeners = new Listeners();
      let calls = 0;
      const count = (): void => void calls++;
      for (let i = 0; i < before; i++) listeners.add('message', count);
      listeners.add('message', () => {
        for (let i = 0; i < 5; i++) listeners.add('message', count);
        listeners.remove('message', count);
      });
      listeners.emitMessage('one');
      assert.equal(calls, before);
      listeners.emitMessage('two');
      assert.equal(calls, before + before + 4);
    });
  }

  it('copies nothing when one of many is added', () => {
    const listeners = new Listeners();
    const { concat } = Array.prototype;
    let copied = 0;
    Array.prototype.concat = function (this: unknown[], ...more: never[]): unknown[] {
      copied += this.length;
      return concat.apply(this, more);
    };
    try {
      for (let i = 0; i < 2000; i++) listeners.add('message', () => {});
    } finally {
      Array.prototype.concat = concat;
    }
    assert.ok(copied < 200, `${copied} listeners were copied`);
  });

  it('refuses unknown events and listeners that are not functions, without repeating long input', () => {
    const listeners = new Listeners();
    const event = (type: unknown): 'open' => type as 'open';
    assert.throws(
      () => listeners.add(event('x'.repeat(1000)), () => {}),
      (error: BusinessError) => {
        return error.code === 401 && error.message.length < 250;
      },
    );
    assert.throws(() => listeners.remove(event('hasOwnProperty')), { code: 401 });
    assert.throws(() => listeners.add('open', null as unknown as () => void), { code: 401, message: /'open'.*null/ });
    assert.throws(() => listeners.remove('open', 1 as unknown as () => void), { code: 401, message: /'open'.*number/ });
    const wrong = new Blob([]) as unknown as () => void;
    assert.throws(() => listeners.add('open', wrong), { code: 401, message: /must be a function, got a Blob\.$/ });
    assert.throws(() => listeners.add(event(null), () => {}), { code: 401, message: /; got null\.$/ });
    assert.throws(() => listeners.remove(event([])), { code: 401, message: /; got an array\.$/ });
  });
});
