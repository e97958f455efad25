import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventHandlers, type Handler } from '../../lib/web/event-handlers.js';

describe('event handler attributes', () => {
  it('hold any object, call functions only, and are null for everything else', () => {
    const target = new EventTarget();
    const handlers = new EventHandlers(target);
    assert.equal(handlers.get('x'), null);
    const object = {};
    handlers.set('x', object);
    assert.equal(handlers.get('x'), object);
    target.dispatchEvent(new Event('x'));
    for (const other of [null, undefined, 1, 'text']) {
      handlers.set('x', object);
      handlers.set('x', other);
      assert.equal(handlers.get('x'), null);
    }
  });

  it('keep their place among the listeners when they change, and lose it with null', () => {
    const target = new EventTarget();
    const handlers = new EventHandlers(target);
    const log: string[] = [];
    const fire = (): string => {
      target.dispatchEvent(new Event('x'));
      return log.splice(0).join('');
    };
    const note =
      (name: string): Handler =>
      () =>
        void log.push(name);
    handlers.set('x', note('1'));
    target.addEventListener('x', () => void log.push('2'));
    assert.equal(fire(), '12');
    handlers.set('x', note('3'));
    assert.equal(fire(), '32');
    handlers.set('x', null);
    handlers.set('x', note('4'));
    assert.equal(fire(), '24');
  });

  it('run with the target as this, and prevent the default by returning false', () => {
    const target = new EventTarget();
    const handlers = new EventHandlers(target);
    let receiver: unknown;
    handlers.set('x', function (this: unknown) {
      receiver = this;
      return false;
    });
    assert.equal(target.dispatchEvent(new Event('x', { cancelable: true })), false);
    assert.equal(receiver, target);
  });
});
