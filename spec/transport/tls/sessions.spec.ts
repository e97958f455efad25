import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { maxSessions, TlsSessions } from '../../../lib/transport/tls/sessions.js';

describe('the session of a server', () => {
  it('is taken out by whom it is for, and only so many are kept, the latest', () => {
    const sessions = new TlsSessions();
    for (let number = 0; number <= maxSessions; number++) sessions.put(String(number), Buffer.of(number));
    assert.equal(sessions.size, maxSessions);
    assert.equal(sessions.take('0'), undefined);
    assert.deepEqual(sessions.take('1'), Buffer.of(1));
    assert.equal(sessions.take('1'), undefined);
    sessions.put('2', Buffer.of(22));
    sessions.put('x', Buffer.of(1));
    sessions.put('y', Buffer.of(1));
    assert.deepEqual(sessions.take('2'), Buffer.of(22));
    assert.equal(sessions.take('3'), undefined);
  });
});
