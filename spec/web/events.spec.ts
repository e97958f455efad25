import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CloseEvent, ConnectionErrorEvent, ReceivedMessageEvent } from '../../lib/web/events.js';

describe('the event of a message', () => {
  it('is a MessageEvent to a program', () => {
    const event = new ReceivedMessageEvent('hi', 'ws://a');
    assert.ok(event instanceof MessageEvent);
    assert.equal(event.constructor, MessageEvent);
    assert.equal(String(event), '[object MessageEvent]');
    const { type, data, origin, lastEventId, source, ports } = event as ReceivedMessageEvent;
    assert.deepEqual([type, data, origin, lastEventId, source, ports], ['message', 'hi', 'ws://a', '', null, []]);
  });

  it('can be cloned through its constructor, as libraries do', () => {
    const event = new ReceivedMessageEvent('hi', 'ws://a');
    const Class = event.constructor as unknown as new (type: string, init: object) => { data: unknown };
    assert.equal(new Class(event.type, event).data, 'hi');
  });
});

describe('CloseEvent', () => {
  it('says how the connection ended', () => {
    const event = new CloseEvent('close', { code: 4000, reason: 'bye', wasClean: true });
    const { type, code, reason, wasClean } = event;
    assert.deepEqual({ type, code, reason, wasClean }, { type: 'close', code: 4000, reason: 'bye', wasClean: true });
    assert.equal(String(event), '[object CloseEvent]');
    assert.equal(CloseEvent.name, 'CloseEvent');
  });

  it('has defaults', () => {
    const { code, reason, wasClean } = new CloseEvent('close');
    assert.deepEqual({ code, reason, wasClean }, { code: 0, reason: '', wasClean: false });
  });
});

describe('the event of a failure', () => {
  it('says what failed', () => {
    const error = new Error('no route');
    const event = new ConnectionErrorEvent(error);
    assert.deepEqual([event.type, event.error, event.message], ['error', error, 'no route']);
    assert.ok(event instanceof Event);
  });
});
