import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { maxSessions, maxSessionsOfPeer, TlsSessions } from '../../../lib/transport/tls/sessions.js';

describe('the sessions of a server', () => {
  it('are taken out by whom they are for, and only so many are kept, the latest', () => {
    const sessions = new TlsSessions();
    for (let number = 0; number <= maxSessions; number++) sessions.put(String(number), Buffer.of(number));
    assert.equal(sessions.size, maxSessions);
    assert.equal(sessions.take('0'), undefined);
    assert.deepEqual(sessions.take('1'), Buffer.of(1));
    assert.equal(sessions.take('1'), undefined);
    sessions.put('2', Buffer.of(22));
    sessions.put('x', Buffer.of(1));
    assert.deepEqual(sessions.take('2'), Buffer.of(22));
    assert.equal(sessions.take('3'), undefined);
  });

  it('are given to one connection each, the latest first: connections at once do not share a ticket', () => {
    const sessions = new TlsSessions();
    for (let number = 0; number < 3; number++) sessions.put('a', Buffer.of(number));
    const taken = Array.from({ length: 4 }, () => sessions.take('a')?.[0]);
    assert.deepEqual(taken, [2, 1, 0, undefined]);
    assert.equal(sessions.size, 0);
  });

  it('are bounded for one server, the oldest going first', () => {
    const sessions = new TlsSessions();
    for (let number = 0; number <= maxSessionsOfPeer; number++) sessions.put('a', Buffer.of(number));
    assert.equal(sessions.size, maxSessionsOfPeer);
    const taken = Array.from({ length: maxSessionsOfPeer }, () => sessions.take('a')![0]);
    assert.deepEqual([taken[0], taken.at(-1)], [maxSessionsOfPeer, 1]);
  });

  it('of a server that is not used go before those of one that is', () => {
    const sessions = new TlsSessions();
    for (let peer = 0; peer < maxSessions / maxSessionsOfPeer; peer++) {
      for (let number = 0; number < maxSessionsOfPeer; number++) sessions.put(String(peer), Buffer.of(number));
    }
    sessions.put('0', Buffer.of(99));
    sessions.put('new', Buffer.of(1));
    assert.equal(sessions.size, maxSessions);
    assert.deepEqual([sessions.take('0')![0], sessions.take('new')![0]], [99, 1]);
    let left = 0;
    while (sessions.take('1') !== undefined) left++;
    assert.equal(left, maxSessionsOfPeer - 1);
  });

  it('leave nothing of a server behind when the last one is taken, however many servers there are', () => {
    const sessions = new TlsSessions();
    for (let number = 0; number < 1000; number++) {
      sessions.put(String(number), Buffer.of(1));
      sessions.take(String(number));
    }
    assert.deepEqual([sessions.size, sessions.peers], [0, 0]);
    sessions.put('a', Buffer.of(1));
    sessions.refuse('a');
    assert.deepEqual([sessions.size, sessions.peers], [0, 0]);
  });

  it('leave when a newer one replaces them, or the server fails on them', () => {
    const sessions = new TlsSessions();
    const used = Buffer.of(1);
    sessions.put('a', used);
    sessions.put('a', Buffer.of(2), used);
    assert.equal(sessions.size, 1);
    sessions.refuse('a');
    assert.equal(sessions.size, 0);
    sessions.put('a', Buffer.of(3));
    assert.equal(sessions.take('a'), undefined);
  });
});
