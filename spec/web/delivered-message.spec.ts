import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { DeliveredMessageEvent } from '../../lib/web/delivered-message.js';
import { ReceivedMessageEvent } from '../../lib/web/events.js';

/** Delivers an event to a listener. @returns the event */
function delivered(listener: (event: DeliveredMessageEvent) => void = () => {}): DeliveredMessageEvent {
  let given: DeliveredMessageEvent | undefined;
  const entry = {
    listener: (event: Event): void => {
      given = event as unknown as DeliveredMessageEvent;
      listener(given);
    },
    isRemoved: false,
  };
  DeliveredMessageEvent.deliver('hi', { target, origin: 'ws://a', arrivedAt: 5 }, [entry]);
  return given!;
}

const target = new EventTarget();

describe('the event of a delivered message', () => {
  it('is a MessageEvent to a program', () => {
    const event = delivered();
    assert.ok(event instanceof MessageEvent && event instanceof Event);
    assert.equal(event.constructor, MessageEvent);
    assert.equal(String(event), '[object MessageEvent]');
    const { data, origin, lastEventId, source, ports } = event as DeliveredMessageEvent;
    assert.deepEqual([data, origin, lastEventId, source, ports], ['hi', 'ws://a', '', null, []]);
  });

  it('has every member that an event of Node has, of the same type', () => {
    const event = delivered();
    const real = new ReceivedMessageEvent('hi', 'ws://a');
    new EventTarget().dispatchEvent(real);
    for (let holder: object = Event.prototype; holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
      for (const name of Object.getOwnPropertyNames(holder)) {
        const [ours, theirs] = [event, real].map((one) => (one as unknown as Record<string, unknown>)[name]);
        assert.equal(typeof ours, typeof theirs, name);
        if (!['object', 'function'].includes(typeof theirs) && name !== 'timeStamp') assert.equal(ours, theirs, name);
      }
    }
    assert.equal(event.isTrusted, real.isTrusted);
  });

  it('has its target, and a phase while it is delivered', () => {
    const seen: unknown[] = [];
    const event = delivered(({ currentTarget, eventPhase, composedPath }) => {
      seen.push(currentTarget, eventPhase, composedPath);
    });
    assert.deepEqual(seen.slice(0, 2), [target, 2]);
    const path = delivered((one) => seen.push(one.composedPath())) && seen.at(-1);
    assert.deepEqual(path, [target]);
    const { currentTarget, eventPhase, timeStamp, srcElement } = event;
    assert.deepEqual([event.target, srcElement, currentTarget, eventPhase, timeStamp], [target, target, null, 0, 5]);
    assert.deepEqual(event.composedPath(), []);
  });

  it('has nothing to cancel, and says whether it was stopped', () => {
    const event = delivered();
    event.preventDefault();
    event.returnValue = false;
    event.initEvent();
    assert.deepEqual([event.type, event.defaultPrevented, event.returnValue], ['message', false, true]);
    assert.equal(event.cancelBubble, false);
    event.cancelBubble = false;
    event.stopPropagation();
    assert.equal(event.cancelBubble, true);
  });

  it('can be cloned through its constructor, and dispatched again', () => {
    const event = delivered();
    const Class = event.constructor as unknown as new (type: string, init: object) => { data: unknown };
    assert.equal(new Class(event.type, event).data, 'hi');
    let again: unknown;
    const other = new EventTarget();
    other.addEventListener('message', (one) => {
      again = one;
    });
    other.dispatchEvent(event);
    assert.equal(again, event);
  });

  it('shows what it has, and refuses to be of other objects', () => {
    assert.match(inspect(delivered()), /^MessageEvent \{ type: 'message', data: 'hi', origin: 'ws:\/\/a'/);
    for (const name of ['data', 'type', 'ports', 'target']) {
      const { get } = Object.getOwnPropertyDescriptor(DeliveredMessageEvent.prototype, name)!;
      assert.throws(() => get!.call({}), TypeError);
    }
  });
});
