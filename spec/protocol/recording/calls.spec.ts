import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import {
  applyCall,
  type CallMethod,
  type CallTarget,
  calls,
  type SessionCall,
  sessionCall,
} from '../../../lib/protocol/recording/calls.js';
import { JsonMembers } from '../../../lib/protocol/recording/json-members.js';
import type { JsonLine } from '../../../lib/protocol/recording/shapes.js';

/** One of each, its JSON, and what the session is then called with. */
const one: { readonly [M in CallMethod]: [Extract<SessionCall, { method: M }>, json: JsonLine, applied: unknown[]] } = {
  receive: [{ method: 'receive', bytes: Buffer.from('abc') }, { bytes: 'YWJj' }, ['receive', 'abc']],
  receiveEnd: [{ method: 'receiveEnd', error: 'lost' }, { error: 'lost' }, ['receiveEnd', 'lost']],
  send: [{ method: 'send', data: 'hi' }, { text: 'hi' }, ['sendText', 'hi']],
  sendFragment: [
    { method: 'sendFragment', opcode: 1, payload: Buffer.from('abc'), fin: false },
    { opcode: 1, payload: 'YWJj', fin: false },
    ['sendFragment', { opcode: 1, payload: Buffer.from('abc'), fin: false }],
  ],
  ping: [{ method: 'ping', payload: Buffer.from('abc') }, { payload: 'YWJj' }, ['ping', 'abc']],
  close: [{ method: 'close', code: 4000, reason: 'bye' }, { code: 4000, reason: 'bye' }, ['close', 4000, 'bye']],
  congested: [{ method: 'congested', congested: true }, { congested: true }, ['congested', true]],
  paused: [{ method: 'paused', paused: false }, { paused: false }, ['paused', false]],
  written: [{ method: 'written', position: 7, transit: 1.5 }, { position: 7, transit: 1.5 }, ['written', 7, 1.5]],
  expire: [{ method: 'expire' }, {}, ['expire']],
  abandon: [
    { method: 'abandon', failure: { message: 'no', status: 0, body: undefined } },
    { failure: { message: 'no', status: 0 } },
    ['abandon', { message: 'no', status: 0, body: undefined }],
  ],
};

function read(json: JsonLine): SessionCall {
  return sessionCall.read(new JsonMembers(json, (expected, got) => new Error(`expected ${expected}, got ${got}`)), '');
}

/** Notes what it is called with, bytes as text and errors as their message. */
function target(log: unknown[]): CallTarget {
  const plain = (value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value instanceof Error ? value.message : value;
  const note = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          log.push(name, ...args.map(plain)),
      set: (_, name, value) => log.push(name, value) > 0,
    },
  );
  return { session: note as CallTarget['session'], abandon: (failure) => log.push('abandon', failure) };
}

describe('calls', () => {
  for (const method of Object.keys(calls) as CallMethod[]) {
    const [call, json, applied] = one[method];
    it(`are written as JSON, read back and applied: ${method}`, () => {
      const line: JsonLine = {};
      sessionCall.write(line, '', call);
      assert.deepEqual(line, { method, ...json });
      const log: unknown[] = [];
      applyCall(target(log), read(JSON.parse(JSON.stringify(line)) as JsonLine));
      assert.deepEqual(log, applied);
    });
  }

  it('may send bytes', () => {
    const log: unknown[] = [];
    applyCall(target(log), read({ method: 'send', binary: 'YWJj' }));
    assert.deepEqual(log, ['sendBinary', 'abc']);
  });

  it('may end without an error', () => {
    const log: unknown[] = [];
    applyCall(target(log), read({ method: 'receiveEnd' }));
    assert.deepEqual(log, ['receiveEnd', undefined]);
  });

  it('of another method are refused, those that every object has as well', () => {
    for (const method of ['recieve', 'constructor', '__proto__']) {
      assert.throws(() => read({ method }), /expected the method of a call, e\.g\. "receive" in "method", got "/);
    }
  });
});
