/** permessage-deflate between two real sessions: what the rules on frames make of it, whatever the chunking. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import type { SessionHandler, SessionLimits, SessionObserver } from '../../../lib/protocol/contracts.js';
import type { PerMessageDeflateOptions } from '../../../lib/protocol/deflate/options.js';
import { acceptOffer, PerMessageDeflate } from '../../../lib/protocol/deflate/permessage-deflate.js';
import { MaskingKeys } from '../../../lib/protocol/framing/mask.js';
import { Opcode } from '../../../lib/protocol/framing/opcode.js';
import { OutputQueue } from '../../../lib/protocol/framing/output-queue.js';
import { spell } from '../../../lib/protocol/sentence.js';
import { Session } from '../../../lib/protocol/session.js';
import { switchingProtocols } from '../../peer/acceptance.js';
import { frame } from '../../peer/frames.js';

const limits: SessionLimits = {
  maxHeadSize: 16384,
  maxHeadFields: 100,
  maxMessageSize: 1 << 20,
  maxFragments: 1000,
  closeTimeout: 1000,
};

/** A session and everything it reported: messages as strings, bytes as `hex:…`, failures by their rule. */
class Peer {
  readonly events: string[] = [];
  readonly session: Session;
  readonly queue = new OutputQueue();
  received: ((message: ArrayBuffer) => void) | undefined;

  constructor(role: 'client' | 'server', extension: PerMessageDeflate | undefined, observer?: SessionObserver) {
    const { events } = this;
    const handler: SessionHandler = {
      response: () => {},
      open: ({ extensions }) => void events.push(`open ${extensions}`),
      message: (data) => {
        if (typeof data === 'string') return void events.push(data);
        events.push(`hex:${Buffer.from(data).toString('hex')}`);
        this.received?.(data);
      },
      pong: (payload) => void events.push(`pong ${payload.toString()}`),
      failed: ({ violation, sentence }) => void events.push(`failed ${violation?.rule.id ?? spell(sentence)}`),
      closed: (code) => void events.push(`closed ${code}`),
    };
    const random = (bytes: Uint8Array): unknown => bytes.fill(0x5a);
    const request = {
      host: 'example.com',
      resource: '/',
      subprotocols: [],
      extensions: extension?.offer ?? '',
      fields: [],
    };
    this.session = new Session(handler, {
      request: role === 'client' ? request : undefined,
      limits,
      sink: this.queue,
      random,
      keys: new MaskingKeys(random),
      now: () => 0,
      extension,
      observer,
    });
  }

  output(): Buffer {
    const pieces: Buffer[] = [];
    for (let chunk = this.queue.take(); chunk !== undefined; chunk = this.queue.take()) {
      pieces.push(Buffer.from(chunk.bytes));
      this.queue.release(chunk);
    }
    return Buffer.concat(pieces);
  }
}

function answer(request: Buffer, extensions: string | undefined): Buffer {
  const key = /Sec-WebSocket-Key: (\S+)/.exec(request.toString())![1]!;
  const fields = extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`];
  return Buffer.from(switchingProtocols(key, ...fields));
}

function open(options: PerMessageDeflateOptions = {}, observer?: SessionObserver): { client: Peer; server: Peer } {
  const client = new Peer('client', new PerMessageDeflate(zlib, options), observer);
  const request = client.output();
  const offer = /Sec-WebSocket-Extensions: (.*)\r\n/.exec(request.toString())![1]!;
  const accepted = acceptOffer(offer, zlib, { threshold: options.threshold })!;
  client.session.receive(answer(request, accepted.response));
  client.events.length = 0;
  return { client, server: new Peer('server', accepted.extension) };
}

function compress(text: string | Buffer, dictionary?: string): Buffer {
  return zlib
    .deflateRawSync(text, {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      ...(dictionary !== undefined && { dictionary: Buffer.from(dictionary) }),
    })
    .subarray(0, -4);
}

const rsv1 = 4;

describe('compressed messages between two sessions', () => {
  const agreements: readonly PerMessageDeflateOptions[] = [
    {},
    { clientNoContextTakeover: true, serverNoContextTakeover: true },
    { clientMaxWindowBits: 8, serverMaxWindowBits: 8 },
  ];
  for (const options of agreements) {
    it(`go both ways, really compressed: ${JSON.stringify(options)}`, () => {
      const { client, server } = open({ ...options, threshold: 0 });
      const texts = ['', 'a', 'compression '.repeat(50), 'compression '.repeat(50), '\u{1f600}é'.repeat(2000)];
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        let size = 0;
        for (const text of texts) {
          from.session.sendText(text);
          from.session.sendBinary(Buffer.from(text));
          const bytes = from.output();
          size += bytes.length;
          to.session.receive(bytes);
        }
        const expected = texts.flatMap((text) => [text, `hex:${Buffer.from(text).toString('hex')}`]);
        assert.deepEqual(to.events, expected);
        assert.ok(size < Buffer.byteLength(texts.join('')) / 4, `${size} bytes`);
      }
    });
  }

  it('go plain below the threshold, and compressed from it on', () => {
    const sent: number[] = [];
    const nothing = (): void => {};
    const { client, server } = open(
      { threshold: 100 },
      {
        request: nothing,
        response: nothing,
        message: nothing,
        violation: nothing,
        closed: nothing,
        frame: (direction, { rsv }) => void (direction === 'sent' && sent.push(rsv)),
      },
    );
    for (const size of [99, 100]) {
      client.session.sendText('x'.repeat(size));
      client.session.sendBinary(Buffer.alloc(size));
    }
    client.session.sendText('é'.repeat(50)); // 100 bytes of UTF-8
    server.session.receive(client.output());
    assert.deepEqual(sent, [0, 0, rsv1, rsv1, rsv1]);
    assert.equal(server.events.length, 5);
  });

  it('go plain when they would not shrink, and the next ones are understood all the same', () => {
    const { client, server } = open({ threshold: 0 });
    const noise = Buffer.from(Array.from({ length: 300 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24));
    client.session.sendBinary(Buffer.from('the context '.repeat(9)));
    server.session.receive(client.output());
    client.session.sendBinary(noise);
    const bytes = client.output();
    assert.equal(bytes[0], 0x82);
    server.session.receive(bytes);
    client.session.sendBinary(Buffer.concat([noise, Buffer.from('the context '.repeat(9)), Buffer.alloc(400)]));
    const last = client.output();
    assert.equal(last[0], 0xc2);
    server.session.receive(last);
    assert.equal(server.events[1], `hex:${noise.toString('hex')}`);
    assert.ok(server.events[2]!.startsWith(`hex:${noise.toString('hex')}`));
  });

  it('stay plain, RSV1 is refused, when the server does not take the offer', () => {
    const client = new Peer('client', new PerMessageDeflate(zlib, { threshold: 0 }));
    client.session.receive(answer(client.output(), undefined));
    client.session.sendText('x'.repeat(5000));
    assert.equal(client.output()[0], 0x81);
    client.session.receive(frame(Opcode.text, compress('Hello'), { rsv: rsv1 }));
    assert.deepEqual(client.events, ['open ', 'failed frame-rsv']);
  });

  it('fail the handshake when the answer breaks a rule', () => {
    for (const [extensions, rule] of [
      ['permessage-deflate; foo', 'handshake-deflate-parameter'],
      ['permessage-deflate, permessage-deflate', 'handshake-extension-once'],
      ['permessage-deflate, foo', 'handshake-extension'],
      ['permessage-deflate;', 'handshake-extension-syntax'],
    ]) {
      const client = new Peer('client', new PerMessageDeflate(zlib));
      client.session.receive(answer(client.output(), extensions));
      assert.deepEqual(client.events, [`failed ${rule}`]);
    }
  });
});

describe('fragments of compressed messages, control frames between them', () => {
  const first = 'one two three four five one two three four five, é';
  const second = 'five four three two one; one two three';
  const data = compress(first);
  const later = compress(second, first);

  /** Two messages that share a context, a plain one between them, control frames everywhere. */
  function stream(masked: boolean): Buffer {
    const common = masked ? { key: Buffer.of(0xcd, 0xab, 0x34, 0x12) } : {};
    const cut = data.length >> 1;
    return Buffer.concat([
      frame(Opcode.text, data.subarray(0, cut), { ...common, rsv: rsv1, fin: false }),
      frame(Opcode.pong, 'a', common),
      frame(Opcode.continuation, '', { ...common, fin: false }),
      frame(Opcode.continuation, data.subarray(cut, cut + 1), { ...common, fin: false }),
      frame(Opcode.pong, 'b', common),
      frame(Opcode.continuation, data.subarray(cut + 1), common),
      frame(Opcode.text, 'plain', common),
      frame(Opcode.binary, '', { ...common, rsv: rsv1, fin: false }),
      frame(Opcode.pong, 'c', common),
      frame(Opcode.continuation, later, { ...common, fin: false }),
      frame(Opcode.continuation, '', common),
    ]);
  }

  const events = ['pong a', 'pong b', first, 'plain', 'pong c', `hex:${Buffer.from(second).toString('hex')}`];

  for (const role of ['client', 'server'] as const) {
    it(`give a ${role} the same events at every split, and byte by byte`, () => {
      const bytes = stream(role === 'server');
      for (let split = 0; split <= bytes.length; split++) {
        const peer = open()[role];
        peer.session.receive(Buffer.from(bytes.subarray(0, split)));
        peer.session.receive(Buffer.from(bytes.subarray(split)));
        assert.deepEqual(peer.events, events, `split at ${split}`);
      }
      const peer = open()[role];
      for (const byte of bytes) peer.session.receive(Buffer.from([byte]));
      assert.deepEqual(peer.events, events);
    });
  }

  it('at every split of what a session sent itself', () => {
    const { client } = open({ threshold: 0 });
    for (const text of [first, second, first]) {
      client.session.sendText(text);
      client.session.ping(Buffer.from('x'));
    }
    const bytes = client.output();
    for (let split = 0; split <= bytes.length; split++) {
      const { server } = open();
      server.session.receive(Buffer.from(bytes.subarray(0, split)));
      server.session.receive(Buffer.from(bytes.subarray(split)));
      assert.deepEqual(server.events, [first, second, first]);
    }
  });
});

describe('an empty binary message', () => {
  it('is a buffer of its own each time, which the receiver may transfer', () => {
    const { client } = open();
    const received: ArrayBuffer[] = [];
    client.received = (message) => received.push(message);
    for (let i = 0; i < 2; i++) {
      client.session.receive(frame(Opcode.binary));
      client.session.receive(frame(Opcode.binary, '', { fin: false }));
      client.session.receive(frame(Opcode.continuation));
      client.session.receive(frame(Opcode.binary, Buffer.from([0]), { rsv: rsv1 }));
      client.session.receive(frame(Opcode.binary, '', { rsv: rsv1 }));
    }
    assert.equal(new Set(received).size, 8);
    for (const message of received) structuredClone(message, { transfer: [message] });
  });
});

describe('what breaks a rule', () => {
  const cases: readonly [why: string, frames: Buffer[], rule: string, code: number][] = [
    [
      'RSV1 on a continuation frame',
      [
        frame(Opcode.text, compress('Hello'), { rsv: rsv1, fin: false }),
        frame(Opcode.continuation, compress('Hello'), { rsv: rsv1 }),
      ],
      'deflate-rsv1-continuation',
      1002,
    ],
    [
      'RSV1 on the continuation of a plain message',
      [frame(Opcode.text, 'a', { fin: false }), frame(Opcode.continuation, 'b', { rsv: rsv1 })],
      'deflate-rsv1-continuation',
      1002,
    ],
    ['RSV1 on a ping', [frame(Opcode.ping, '', { rsv: rsv1 })], 'deflate-rsv1-control', 1002],
    ['RSV1 on a close', [frame(Opcode.close, '', { rsv: rsv1 })], 'deflate-rsv1-control', 1002],
    ['RSV2', [frame(Opcode.text, '', { rsv: 2 })], 'frame-rsv', 1002],
    ['RSV1 and RSV3', [frame(Opcode.text, '', { rsv: 5 })], 'frame-rsv', 1002],
    ['data that is no DEFLATE', [frame(Opcode.text, 'Hello, world', { rsv: rsv1 })], 'deflate-data', 1007],
    [
      'a text that is not UTF-8 once decompressed (RFC 6455 §8.1)',
      [frame(Opcode.text, compress(Buffer.from([0x61, 0xc0, 0x80])), { rsv: rsv1 })],
      'message-utf8',
      1007,
    ],
    [
      'a text that ends in half a character once decompressed',
      [frame(Opcode.text, compress(Buffer.from([0x61, 0xc3])), { rsv: rsv1 })],
      'message-utf8',
      1007,
    ],
    [
      'a message above maxMessageSize once decompressed',
      [frame(Opcode.binary, compress(Buffer.alloc(limits.maxMessageSize + 1)), { rsv: rsv1 })],
      'message-size',
      1009,
    ],
  ];
  for (const [why, frames, rule, code] of cases) {
    it(`${why}: ${rule}, ${code}`, () => {
      const { client } = open();
      client.session.receive(frame(Opcode.text, 'before'));
      for (const bytes of frames) client.session.receive(bytes);
      client.session.receive(frame(Opcode.text, 'after'));
      const close = client.output();
      client.session.receiveEnd();
      assert.deepEqual(client.events, ['before', `failed ${rule}`, `closed ${code}`]);
      assert.equal(close[0], 0x88);
      const key = close.subarray(2, 6);
      assert.equal(((close[6]! ^ key[0]!) << 8) | (close[7]! ^ key[1]!), code);
    });
  }

  it('a message of exactly maxMessageSize bytes breaks none', () => {
    const { client } = open();
    client.session.receive(frame(Opcode.binary, compress(Buffer.alloc(limits.maxMessageSize)), { rsv: rsv1 }));
    assert.equal(client.events[0]!.length, 'hex:'.length + 2 * limits.maxMessageSize);
  });
});
