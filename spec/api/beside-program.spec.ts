import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  besideProgram,
  holdReading,
  type ListenerTarget,
  listenerTarget,
  readingHold,
} from '../../lib/api/beside-program.js';
import { createWebSocket } from '../../lib/api/websocket.js';
import { messages, toEmitter, webSocket } from '../../lib/index.js';

describe('listening beside the program', () => {
  it('is listening like the program, on a WebSocket that has any number of listeners', () => {
    const ws = webSocket.createWebSocket();
    assert.equal(listenerTarget(ws), ws);
    const double: ListenerTarget = { on() {}, off() {} };
    assert.equal(listenerTarget(double), double);
  });

  it('is listening where a WebSocket with one listener an event says', () => {
    const beside: ListenerTarget = { on() {}, off() {} };
    assert.equal(listenerTarget({ on() {}, off() {}, [besideProgram]: beside } as ListenerTarget), beside);
  });
});

describe('reading what is no WebSocket', () => {
  it('is refused with what it is', () => {
    for (const [given, got] of [
      [undefined, /Expected a WebSocket of this package, got undefined/],
      [new Blob([]), /Expected a WebSocket of this package, got a Blob/],
      [{ on() {} }, /Expected a WebSocket of this package, got object/],
    ] as const) {
      assert.throws(() => messages(given as never), { code: 401, message: got });
    }
    assert.throws(() => toEmitter(null as never), {
      code: 401,
      message: /Expected a WebSocket of this package, got null/,
    });
  });
});

describe('readingHold', () => {
  it('asks the WebSocket, which a facade on top of another one can hand on', () => {
    const calls: string[] = [];
    const hold = { hold: () => calls.push('hold'), release: () => calls.push('release') };
    const asked = readingHold({ [holdReading]: () => hold });
    asked.hold();
    asked.release();
    assert.deepEqual(calls, ['hold', 'release']);
  });

  it('does nothing for a test double that cannot be held', () => {
    const hold = readingHold({});
    hold.hold();
    hold.release();
  });

  it('is not among the names that a WebSocket shows', () => {
    const ws = createWebSocket();
    const shown: string[] = [];
    for (const name in ws) shown.push(name);
    assert.deepEqual([shown, Reflect.ownKeys(ws)], [[], []]);
    readingHold(ws).release();
  });
});
