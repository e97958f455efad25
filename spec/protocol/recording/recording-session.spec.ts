import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { Budget } from '../../../lib/protocol/framing/budget.js';
import { MaskingKeys } from '../../../lib/protocol/framing/mask.js';
import { OutputQueue } from '../../../lib/protocol/framing/output-queue.js';
import { calls, type SessionCall } from '../../../lib/protocol/recording/calls.js';
import { FrameStarts } from '../../../lib/protocol/recording/frame-starts.js';
import { RecordingSession } from '../../../lib/protocol/recording/recording-session.js';
import { Driven, limits } from '../drive.js';
import { seededFill } from '../random.js';

/** A server's session that is open, and its calls. */
function start(budget?: Budget): {
  session: RecordingSession;
  recorded: SessionCall[];
  sink: OutputQueue;
} {
  const recorded: SessionCall[] = [];
  const record = (build: () => SessionCall, run: () => void): void => {
    recorded.push(structuredClone(build()));
    run();
  };
  const nothing = (): void => {};
  const handler = { response: nothing, open: nothing, message: nothing, pong: nothing };
  const sink = new OutputQueue();
  const session = new RecordingSession(
    record,
    new FrameStarts(),
    { ...handler, failed: nothing, closed: nothing },
    { limits, sink, random: nothing, keys: new MaskingKeys(seededFill(1)), now: () => 0, budget },
  );
  return { session, recorded, sink };
}

describe('a recording session', () => {
  it('overrides every method that has a row', () => {
    const own = Object.getOwnPropertyNames(RecordingSession.prototype);
    const methods = Object.keys(calls).flatMap((method) =>
      method === 'send' ? ['sendText', 'sendBinary'] : method === 'abandon' ? [] : [method],
    );
    assert.deepEqual(own.sort(), ['constructor', ...methods].sort());
  });

  it('reports each call with its arguments before it acts on it', () => {
    const { session, recorded } = start();
    session.sendText('hi');
    session.sendBinary(Buffer.from('abc'));
    session.ping(Buffer.from('p'));
    session.paused = true;
    session.expire();
    session.receive(Buffer.from('-\x81\x80\0\0\0\0-', 'latin1'), 1, 7);
    session.close(1000, 'bye');
    session.receiveEnd(new Error('ECONNRESET'), ['in other words']);
    assert.deepEqual(
      recorded.map(({ method }) => method),
      ['send', 'send', 'ping', 'paused', 'expire', 'receive', 'close', 'receiveEnd'],
    );
    assert.deepEqual(recorded[5], { method: 'receive', bytes: new Uint8Array([0x81, 0x80, 0, 0, 0, 0]) });
    assert.deepEqual(recorded[7], { method: 'receiveEnd', error: 'in other words' });
  });

  it('records what it takes, in slices, and leaves the rest when its budget is spent', () => {
    const pong = '8a8000000000';
    const bytes = Buffer.from(pong.repeat(10_000), 'hex');
    const budget = { left: 100_000 };
    const { session, recorded } = start(budget);
    let at = session.receive(bytes, 6);
    assert.ok(at < 20_000 && budget.left <= 0);
    assert.equal(session.receive(bytes, at), at);
    for (; at < bytes.length; budget.left = 100_000) at = session.receive(bytes, at);
    const taken = recorded.map((call) => (call.method === 'receive' ? call.bytes : assert.fail(call.method)));
    assert.ok(bytes.subarray(6).equals(Buffer.concat(taken)));
  });

  it('reports congestion when it changes', () => {
    const { session, recorded } = start();
    for (const congested of [false, true, true, false]) session.congested = congested;
    assert.deepEqual(recorded, [
      { method: 'congested', congested: true },
      { method: 'congested', congested: false },
    ]);
  });

  it('reports nothing of what comes after the end', () => {
    const { session, recorded } = start();
    session.receiveEnd();
    const { length } = recorded;
    session.receive(Buffer.from('late'));
    session.receiveEnd();
    assert.equal(recorded.length, length);
  });

  it('sends what an ordinary one sends', () => {
    const { session, sink } = start();
    const plain = new Driven({ server: true });
    session.sendText('hi');
    plain.session.sendText('hi');
    assert.deepEqual(Buffer.from(sink.take()!.bytes), plain.sentBytes());
  });
});
