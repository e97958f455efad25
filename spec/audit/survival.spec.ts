import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { Death, Evidence, ProbeResult, Verdict } from '../../lib/audit/probe.js';
import type { ByteStreamHandler } from '../../lib/audit/raw-connection.js';
import { deadliestFirst, describeDeath, isAnswering, needsControl, recovers } from '../../lib/audit/survival.js';

const target = { hostField: 'example.test', resource: '/', secure: false, fields: [], subprotocols: [] };
const times = { probe: 60_000, grace: 1, linger: 1 };

/** A server that does one of these with each connection, in turn. */
function server(...turns: ('refuses' | 'resets' | 'limits' | 'opens')[]) {
  const seen: string[] = [];
  const dial = async (handler: ByteStreamHandler) => {
    const turn = turns.shift() ?? 'refuses';
    seen.push(turn);
    if (turn === 'refuses') throw new Error('connection refused');
    return {
      write: (_bytes: Buffer, taken: () => void): void => {
        taken();
        if (turn === 'resets') handler.ended('ECONNRESET');
        else handler.received(Buffer.from(`HTTP/1.1 ${turn === 'limits' ? '429 Later' : '101 Yes'}\r\n\r\n`));
      },
      destroy: () => {},
    };
  };
  return { options: { target, times, dial }, seen };
}

describe('a control handshake', () => {
  const saw = (verdict: Verdict, ...kinds: Evidence['kind'][]): ProbeResult =>
    ({ verdict, evidence: kinds.map((kind) => ({ kind, summary: '' })) }) as unknown as ProbeResult;

  it('follows whatever could have been the end of the server', () => {
    assert.equal(needsControl(saw('pass', 'connected', 'frame')), false);
    assert.equal(needsControl(saw('pass', 'connected', 'end')), true);
    for (const verdict of ['fail', 'warning', 'not observable'] as const) assert.ok(needsControl(saw(verdict)));
  });

  it('is answered by a server that opens, or that limits its clients', async () => {
    assert.equal(await isAnswering(server('opens').options), true);
    assert.equal(await isAnswering(server('limits').options), true);
  });

  it('is repeated: a reset at random does not count', async () => {
    assert.equal(await isAnswering(server('resets', 'refuses', 'opens').options), true);
    const dead = server();
    assert.equal(await isAnswering(dead.options), false);
    assert.equal(dead.seen.length, 3);
  });

  it('waits for a server that is restarted, as long as it may', async () => {
    assert.equal(await recovers(server('refuses', 'resets', 'opens').options, 60_000), true);
    assert.equal(await recovers(server('refuses', 'opens').options, 0), false);
  });
});

describe('the death of a server', () => {
  const proved: Death = { probes: ['b'], isProved: true, recovered: false };

  it('is one sentence', () => {
    assert.equal(describeDeath(proved), 'the server stopped answering: it died of b, and did not come back');
    const alone = { probes: ['a', 'b'], isProved: false, recovered: true };
    const expected = 'the server stopped answering: it died during one of a, b, of none of which it died alone';
    assert.equal(describeDeath(alone), expected);
    const gone = 'the server stopped answering: it died during one of a, b, and did not come back';
    assert.equal(describeDeath({ ...alone, recovered: false }), gone);
  });

  it('comes first', () => {
    const results = ['a', 'b', 'c'].map((id) => ({ id }) as ProbeResult);
    const ids = deadliestFirst({ deaths: [proved], results }).map(({ id }) => id);
    assert.deepEqual(ids, ['b', 'a', 'c']);
  });
});
