import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { ObservedEvent } from '../../../lib/protocol/recording/events.js';
import { type Json, JsonMembers } from '../../../lib/protocol/recording/json-members.js';
import { type EventType, readEvent, reports, writeEvent } from '../../../lib/protocol/recording/reports.js';
import { limits } from '../drive.js';

const stamp = { connection: 7, time: 1.5 };
const none = Buffer.alloc(0);
const received = { direction: 'received', offset: 9 } as const;

/** One of each, as it is read back: without what lines do not have. */
const events: readonly ObservedEvent[] = [
  { ...stamp, type: 'connecting', url: 'ws://h/' },
  {
    ...stamp,
    type: 'step',
    step: 'TCP connection',
    duration: 1.5,
    tcp: { address: '::1', port: 80, localPort: 4000 },
    tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', certificate: 'h', resumed: false },
  },
  {
    ...stamp,
    type: 'request',
    direction: 'sent',
    offset: 0,
    startLine: 'GET / HTTP/1.1',
    fields: [['Host', 'h']],
    bytes: none,
  },
  {
    ...stamp,
    type: 'response',
    ...received,
    version: '1.1',
    status: 101,
    message: 'OK',
    fields: [['A', 'b']],
    lenient: ['bare line feed'],
  },
  { ...stamp, type: 'open', subprotocol: 'chat', extensions: '' },
  {
    ...stamp,
    type: 'frame',
    ...received,
    fin: true,
    rsv: 0,
    opcode: 9,
    masked: false,
    maskingKey: 0,
    length: 3,
    lengthBits: 7,
    payload: Buffer.from('abc'),
  },
  { ...stamp, type: 'message', ...received, data: 'hello' },
  {
    ...stamp,
    type: 'rule',
    ...received,
    id: 'frame-rsv',
    section: 'RFC 6455 §5.2',
    expected: 'x',
    got: 'y',
    closeCode: 1002,
    bytes: undefined,
  },
  {
    ...stamp,
    type: 'close',
    code: 1006,
    reason: '',
    opened: true,
    failure: { message: 'lost', status: 101, body: undefined },
  },
  {
    ...stamp,
    type: 'session',
    key: 'AAAA',
    request: { host: 'h', resource: '/', subprotocols: ['chat'], extensions: '', fields: [['A', 'b']] },
    limits: { ...limits, maxMessageSize: Infinity },
    handshakeDeadline: Infinity,
    pingInterval: 0,
    pongTimeout: 0,
    deflate: { threshold: 5 },
  },
  { ...stamp, type: 'call', depth: 1, call: { method: 'close', code: 1000, reason: 'bye' } },
  { ...stamp, type: 'keys', keys: [1, -2] },
  { ...stamp, type: 'deflated', bytes: Buffer.from('abc') },
  { ...stamp, type: 'bytes', ...received, bytes: Buffer.from('abc'), ended: 'end' },
  { ...stamp, type: 'relay', message: 'cut after 2 frames' },
];

function read(json: Json): ObservedEvent {
  return readEvent(new JsonMembers(json, (expected, got) => new Error(`expected ${expected}, got ${got}`)));
}

describe('reports', () => {
  it('have a row for each of these events', () => {
    assert.deepEqual(events.map(({ type }) => type).sort(), Object.keys(reports).sort() as EventType[]);
  });

  for (const event of events) {
    it(`are written as JSON and read back: ${event.type}`, () => {
      const json = writeEvent(event);
      assert.deepEqual(Object.keys(json).slice(0, 3), ['type', 'connection', 'time']);
      assert.deepEqual(json, JSON.parse(JSON.stringify(json)), 'a replay compares it with a line that was parsed');
      assert.deepEqual(read(json), event);
    });
  }

  it('leave the bytes of a request and the payload of a data frame to other lines', () => {
    const request = events.find(({ type }) => type === 'request')!;
    assert.ok(!('bytes' in writeEvent({ ...request, bytes: Buffer.from('GET') } as ObservedEvent)));
    const frame = events.find(({ type }) => type === 'frame')!;
    assert.ok(!('payload' in writeEvent({ ...frame, opcode: 1 } as ObservedEvent)));
  });

  it('of another type are refused, those that every object has as well', () => {
    for (const type of ['opened', 'constructor']) {
      assert.throws(() => read({ ...stamp, type }), /expected the type of an event, e\.g\. "frame" in "type"/);
    }
  });
});
