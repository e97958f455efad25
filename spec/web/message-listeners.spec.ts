import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { describe, it } from 'node:test';
import { MessageListeners, watchMessageListeners } from '../../lib/web/message-listeners.js';

class Target extends EventTarget {
  static {
    watchMessageListeners(this.prototype, (target: Target) => target.listeners);
  }

  readonly listeners = new MessageListeners(this, 'ws://a');
}

type Deliver = (target: EventTarget, data: string) => void;

/** The same program with the events of Node and with ours. */
const deliveries: readonly Deliver[] = [
  (target, data) => target.dispatchEvent(new MessageEvent('message', { data })),
  (target, data) => (target as Target).listeners.deliver(data),
];

/** What a program sees of its listeners, whose events are delivered by either means. */
function both(program: (target: EventTarget, fire: (data: string) => void, log: (text: string) => void) => void): void {
  const [theirs, ours] = deliveries.map((deliver) => {
    const lines: string[] = [];
    const target = new Target();
    program(
      target,
      (data) => deliver(target, data),
      (line) => lines.push(line),
    );
    return lines;
  });
  assert.deepEqual(ours, theirs);
  assert.ok(ours!.length > 0);
}

describe('the listeners of messages are called as Node calls them', () => {
  it('in the order of their registration, each once, and objects by the method that they have then', () => {
    both((target, fire, log) => {
      const first = (event: Event): void => log(`first ${(event as MessageEvent).data}`);
      const object = { handleEvent: (): void => log('before') };
      target.addEventListener('message', first);
      target.addEventListener('message', object);
      target.addEventListener('message', first, { passive: true });
      target.addEventListener('message', null as unknown as () => void);
      target.addEventListener('other', () => log('never'));
      fire('a');
      object.handleEvent = () => log('after');
      fire('b');
      target.removeEventListener('message', first);
      target.removeEventListener('message', () => {});
      fire('c');
      target.addEventListener('message', first);
      fire('d');
    });
  });

  it('with the target as this, or the object', () => {
    both((target, fire, log) => {
      target.addEventListener('message', function (this: unknown) {
        log(String(this === target));
      });
      const object = {
        handleEvent(): void {
          log(String(this === object));
        },
      };
      target.addEventListener('message', object);
      fire('a');
    });
  });

  it('but not when they were removed meanwhile', () => {
    both((target, fire, log) => {
      const removed = (): void => log('removed');
      target.addEventListener('message', () => target.removeEventListener('message', removed));
      target.addEventListener('message', removed);
      fire('a');
      log('over');
    });
  });

  it('until one stops the event', () => {
    both((target, fire, log) => {
      target.addEventListener('message', (event) => {
        log('first');
        event.stopPropagation();
        if ((event as MessageEvent).data === 'stop') event.stopImmediatePropagation();
      });
      target.addEventListener('message', () => log('second'));
      fire('go');
      fire('stop');
      fire('go');
    });
  });

  it('with all options, in any mixture', () => {
    const { abort, signal } = ((controller) => ({
      abort: () => controller.abort(),
      signal: controller.signal,
    }))(new AbortController());
    both((target, fire, log) => {
      const controller = new AbortController();
      target.addEventListener('message', () => log('plain'));
      target.addEventListener('message', () => log('once'), { once: true });
      target.addEventListener('message', () => log('capture'), true);
      target.addEventListener('message', () => log('signal'), { signal: controller.signal });
      target.addEventListener('message', () => log('aborted'), { signal });
      fire('a');
      fire('b');
      controller.abort();
      fire('c');
    });
    abort();
  });

  it('when they registered through the prototype of all targets', () => {
    both((target, fire, log) => {
      const listener = (): void => log('called');
      EventTarget.prototype.addEventListener.call(target, 'message', listener);
      fire('a');
      EventTarget.prototype.removeEventListener.call(target, 'message', listener);
      fire('b');
    });
  });

  it('when they listen to a name that is no string', () => {
    both((target, fire, log) => {
      target.addEventListener({ toString: () => 'message' } as unknown as string, () => log('called'));
      fire('a');
    });
  });

  it('from the next event on when they were added in one', () => {
    const target = new Target();
    const log: string[] = [];
    target.addEventListener('message', () => {
      log.push('first');
      if (log.length === 1) target.addEventListener('message', () => log.push('second'));
    });
    target.listeners.deliver('a');
    target.listeners.deliver('b');
    assert.deepEqual(log, ['first', 'first', 'second']);
  });
});

describe('the listeners of messages', () => {
  it('are known to node:events', async () => {
    const target = new Target();
    target.addEventListener('message', () => {});
    assert.equal(getEventListeners(target, 'message').length, 1);
    const first = once(target, 'message');
    target.listeners.deliver('a');
    assert.equal(((await first) as [MessageEvent])[0].data, 'a');
    assert.equal(getEventListeners(target, 'message').length, 1);
  });

  it('cannot keep each other from running', async (t) => {
    const target = new Target();
    const caught: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => caught.push(error));
    t.after(() => {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    });
    const log: string[] = [];
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    target.addEventListener('message', () => {
      throw thrown;
    });
    target.addEventListener('message', async () => Promise.reject(rejected));
    target.addEventListener('message', () => log.push('called'));
    target.listeners.deliver('a');
    assert.deepEqual(log, ['called']);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(caught, [thrown, rejected]);
  });

  it('see when the messages of a turn arrived', async () => {
    const target = new Target();
    const times: number[] = [];
    target.addEventListener('message', ({ timeStamp }) => times.push(timeStamp));
    const before = performance.now();
    target.listeners.deliver('a');
    target.listeners.deliver('b');
    await new Promise((resolve) => setImmediate(resolve));
    const between = performance.now();
    target.listeners.deliver('c');
    const [first, second, third] = times as [number, number, number];
    assert.ok(before <= first && first === second && second <= between && between <= third);
  });
});
