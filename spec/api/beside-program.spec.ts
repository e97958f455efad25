import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { besideProgram, type ListenerTarget, listenerTarget } from '../../lib/api/beside-program.js';
import { webSocket } from '../../lib/index.js';

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
