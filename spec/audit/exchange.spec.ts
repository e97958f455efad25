import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';
import { ask } from '../../lib/audit/ask.js';
import { defaultTimes } from '../../lib/audit/audit.js';
import { messagesIn } from '../../lib/audit/exchange.js';
import type { Verdict } from '../../lib/audit/probe.js';
import { selectProbes } from '../../lib/audit/probes/all.js';
import type { IncomingFrame } from '../../lib/audit/raw-connection.js';
import { auditDialer } from '../../lib/cli/audit/dialer.js';
import { type Fault, type Sent, startFaultyServer } from './faulty-server.js';

const text = (payload: string | Buffer): Sent => ({ opcode: 1, payload: Buffer.from(payload) });
const closing = (code: number, reason = ''): Sent => ({
  opcode: 8,
  payload: Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]),
});
const before = (when: string, frames: Sent[]) => (when === 'before' ? frames : []);
const after = (when: string, frames: Sent[]) => (when === 'after' ? frames : []);

/** Servers that do what a probe waits for, and something else as well. */
const misbehaving: readonly [does: string, fault: Fault, probes: string[], verdict: Verdict, got: RegExp][] = [
  [
    'answers each fragment as a message of its own, and then the whole',
    {
      also: ({ opcode, fin, payload }, when) =>
        before(when, opcode === 0 || (opcode === 1 && !fin) ? [text(payload)] : []),
    },
    ['text', 'many', 'empty-first', 'empty-last', 'ping', 'pong', 'pieces'].map((id) => `message-fragments-${id}`),
    'fail',
    /a message of \d+ bytes/,
  ],
  [
    'answers each empty fragment',
    { also: ({ opcode, payload }, when) => before(when, opcode === 0 ? [text(payload)] : []) },
    ['message-fragments-empty-all'],
    'fail',
    /and then a message of 0 bytes/,
  ],
  [
    'answers a message before its end',
    { also: ({ opcode, fin, payload }, when) => before(when, opcode === 1 && !fin ? [text(payload)] : []) },
    ['message-ping-unfinished', 'message-after-fragments', 'utf8-valid-split'],
    'fail',
    /a message of \d+ bytes/,
  ],
  [
    'answers twice',
    { also: ({ opcode, payload }, when) => after(when, opcode === 1 || opcode === 2 ? [{ opcode, payload }] : []) },
    ['frame-text-0', 'frame-text-125', 'frame-binary-65536', 'frame-mask-zero', 'frame-together', 'utf8-valid-null'],
    'fail',
    /and then a message of|instead of echo/,
  ],
  [
    'answers twice what is many or large',
    { also: ({ opcode, payload }, when) => after(when, opcode === 1 || opcode === 2 ? [{ opcode, payload }] : []) },
    ['limit-messages-500', 'limit-slow'],
    'fail',
    /and then a message of|instead of echo/,
  ],
  [
    'answers a ping with a message as well',
    { also: ({ opcode, payload }, when) => before(when, opcode === 9 ? [text(payload)] : []) },
    [
      'ping-empty',
      'ping-payload',
      'ping-125',
      'ping-pieces',
      'ping-after-pong',
      'ping-several',
      'ping-pong-unanswered',
    ],
    'fail',
    /a message of \d+ bytes that no ping asks for/,
  ],
  [
    'answers a storm of pings with messages as well',
    { also: ({ opcode, payload }, when) => before(when, opcode === 9 ? [text(payload)] : []) },
    ['ping-storm'],
    'warning',
    /a message of \d+ bytes that no ping asks for/,
  ],
  [
    'answers twice what is compressed',
    { also: ({ opcode }, when) => after(when, opcode === 1 ? [text('more')] : []) },
    ['deflate-text', 'deflate-stored', 'deflate-takeover', 'deflate-uncompressed', 'deflate-own-trailer'],
    'fail',
    /and then a message of 4 bytes|not the one sent/,
  ],
  [
    'delivers what is compressed in a wrong way before it fails the connection',
    { alsoFailing: (when) => before(when, [text('delivered')]) },
    ['deflate-rsv1-ping', 'deflate-rsv1-late', 'deflate-rsv2', 'deflate-rsv3'],
    'fail',
    /before that it answered what it had to refuse with a message/,
  ],
  [
    'answers a ping twice',
    { also: ({ opcode, payload }, when) => after(when, opcode === 9 ? [{ opcode: 10, payload }] : []) },
    ['ping-empty', 'ping-payload', 'ping-binary'],
    'warning',
    /more than one Pong frame/,
  ],
  [
    'delivers what is wrong before it fails the connection',
    { alsoFailing: (when) => before(when, [text('delivered')]) },
    ['frame-rsv1', 'frame-unmasked', 'frame-opcode-3', 'utf8-byte-ff', 'utf8-split-boundary'],
    'fail',
    /before that it answered what it had to refuse with a message/,
  ],
  [
    'delivers what it should refuse before it fails the connection',
    { alsoFailing: (when) => before(when, [text('delivered')]) },
    ['message-continuation-first', 'message-continuation-after', 'message-interleaved-text', 'frame-length-16-minimal'],
    'warning',
    /before that it answered what it had to refuse with a message/,
  ],
  [
    'goes on with messages behind its Close frame',
    { alsoFailing: (when) => after(when, [text('more')]) },
    ['frame-rsv2', 'frame-opcode-b', 'utf8-latin1'],
    'fail',
    /1 data frame\(s\) after a Close frame/,
  ],
  [
    'puts a code into its Close frame that no endpoint may send',
    { sends: (sent) => (sent.opcode === 8 ? closing(1006) : sent) },
    ['frame-rsv3', 'utf8-byte-fe', 'close-reply', 'close-code-1005', 'close-pieces', 'close-on-failure'],
    'fail',
    /1006/,
  ],
  [
    'puts a reason into its Close frame that is not UTF-8',
    { sends: (sent) => (sent.opcode === 8 ? { ...sent, payload: Buffer.from('03e8ff', 'hex') } : sent) },
    ['close-reply', 'close-reason', 'frame-rsv1'],
    'fail',
    /not UTF-8/,
  ],
  [
    'names 1009 in the reason of another code',
    {
      refuses: ({ length }) => (length > 100_000 ? 1011 : undefined),
      sends: (sent) => (sent.opcode === 8 ? closing(1011, 'a Close frame with 1009') : sent),
    },
    ['limit-text-1m', 'limit-binary-8m'],
    'warning',
    /1011/,
  ],
  [
    'says 101 and ends the connection',
    { refuses: ({ opcode }) => (opcode === 9 ? 1011 : undefined) },
    ['handshake-names-case', 'handshake-connection-list', 'handshake-tabs', 'limit-vanished', 'limit-announced'],
    'fail',
    /1011/,
  ],
  [
    'fails of requests that it should refuse',
    { status: (_request, status) => (status === 101 ? 101 : 500) },
    ['handshake-key-missing', 'handshake-version-255', 'handshake-method'],
    'warning',
    /the server's own fault: 500/,
  ],
  [
    'does not answer a Close frame, and stays',
    { overlooks: () => true, close: () => undefined, keepsTcp: true },
    ['close-code-1005', 'close-empty-code', 'close-last', 'close-discards', 'close-ping-after'],
    'warning',
    /no answer to the Close frame, and TCP stayed open/,
  ],
  [
    'sends two Close frames',
    { also: ({ opcode, payload }, when) => before(when, opcode === 8 ? [{ opcode, payload }] : []) },
    ['close-reply', 'close-empty', 'close-code-3000'],
    'warning',
    /2 Close frames/,
  ],
  [
    'delivers an unfinished message when the connection closes',
    { also: ({ opcode }, when) => before(when, opcode === 8 ? [text('unfinished')] : []) },
    ['close-inside-message', 'close-reply', 'close-code-4999', 'close-pieces'],
    'fail',
    /but a message of 10 bytes as well/,
  ],
];

describe('no probe passes on a server that', { concurrency: 4 }, () => {
  for (const [does, fault, ids, expected, pattern] of misbehaving) {
    it(does, async () => {
      const server = await startFaultyServer(fault);
      const { dial, target, fields, subprotocols } = planConnect(server.url, { proxy: 'no-proxy' });
      // Silence takes all of the time; what comes, comes as soon as it can.
      const times = { ...defaultTimes, probe: fault.keepsTcp ? 3000 : 60_000, grace: 1000, linger: 300 };
      const options = { target: { ...target, fields, subprotocols }, dial: auditDialer(dial), times };
      for (const probe of ids.flatMap((id) => selectProbes([id], []).filter((one) => one.id === id))) {
        const { result } = await ask(probe, options);
        assert.equal(result.verdict, expected, `${probe.id}: ${result.got}`);
        assert.match(result.got, pattern, probe.id);
      }
      await server.close();
    });
  }
});

describe('the messages among frames', () => {
  it('are the finished ones, put together', () => {
    const frames = [
      { opcode: 1, fin: false, payload: 'a' },
      { opcode: 9, fin: true, payload: 'ping' },
      { opcode: 0, fin: true, payload: 'b' },
      { opcode: 2, fin: true, payload: '' },
      { opcode: 1, fin: false, payload: 'unfinished' },
    ].map((frame) => ({ ...frame, payload: Buffer.from(frame.payload) }) as unknown as IncomingFrame);
    assert.deepEqual(messagesIn(frames).map(String), ['ab', '']);
  });
});
