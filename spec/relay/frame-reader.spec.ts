import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import { DeflateContext, InflateContext } from '../../lib/protocol/deflate/context.js';
import { FrameReader, type FrameReaderOptions } from '../../lib/relay/frame-reader.js';
import { closeFrame, frame, text } from '../peer/frames.js';
import { fromHex } from '../protocol/drive.js';
import { badStreams, goodStreams } from '../rfc6455/vectors.js';

interface Read {
  readonly events: string[];
  readonly rules: string[];
}

function readerOf(options: Partial<FrameReaderOptions> = {}): Read & { readonly reader: FrameReader } {
  const events: string[] = [];
  const rules: string[] = [];
  const allowance = { left: 2 ** 20 };
  const reader = new FrameReader(
    {
      frame: ({ opcode, length }, payload, offset) =>
        events.push(`frame ${opcode} ${length} at ${offset}: ${payload.toString('latin1').slice(0, 20)}`),
      message: (data, offset) => {
        const shown = typeof data === 'string' ? JSON.stringify(data) : Buffer.from(data).toString('hex');
        events.push(`message at ${offset}: ${shown.slice(0, 40)}`);
      },
      close: (code, reason) => events.push(`close ${code} ${reason}`),
      broke: ({ rule, offset }) => {
        rules.push(rule.id);
        events.push(`broke ${rule.id} at ${offset}`);
      },
      note: (note) => events.push(`note: ${note}`),
    },
    {
      expectMasked: false,
      allowedRsv: 0,
      opaque: false,
      offset: 0,
      inflater: undefined,
      maxMessageSize: 1000,
      allowance,
      ...options,
    },
  );
  return { events, rules, reader };
}

function read(bytes: Buffer, options: Partial<FrameReaderOptions> = {}, cut = bytes.length): Read {
  const { reader, ...result } = readerOf(options);
  for (let at = 0; at < bytes.length; at += cut) reader.receive(bytes.subarray(at, at + cut));
  reader.end();
  return result;
}

describe('a reader that looks on', () => {
  it('has the verdict of a session on every stream of the vectors, in any chunking', () => {
    const compared = badStreams.filter(
      ({ head, extension, bytes = '', limits, code }) =>
        head === undefined && !extension && bytes !== '' && limits === undefined && code !== undefined && code !== 1009,
    );
    assert.ok(compared.length > 60, `${compared.length}`);
    for (const { rule, title, role, bytes } of compared) {
      const stream = fromHex(bytes!);
      const options = { expectMasked: role === 'server', maxMessageSize: 100 * 2 ** 20 };
      for (const cut of [1, 3, stream.length]) {
        const { rules } = read(stream, options, cut);
        // A session judges a header that is not complete, and so may a wrong one be cut off in the vectors.
        if (rules.length > 0 || cut === 1) assert.ok(rules[0] === rule || rules.length === 0, `${title}: ${rules[0]}`);
      }
    }
  });

  it('finds nothing in the streams that keep every rule', () => {
    for (const { title, role, bytes = '', head, extension } of goodStreams) {
      if (head !== undefined || extension) continue;
      const { rules } = read(fromHex(bytes), { expectMasked: role === 'server', maxMessageSize: 2 ** 20 });
      // What follows a Close frame is not looked at by a session.
      assert.deepEqual(
        rules.filter((id) => id !== 'frame-after-close'),
        [],
        title,
      );
    }
  });

  it('goes on behind what breaks a rule, and finds the next', () => {
    const bytes = Buffer.concat([
      frame(0x1, 'one', { masked: true, rsv: 2 }),
      frame(0x0, 'stray'),
      frame(0x9, 'x'.repeat(126)),
      frame(0x3, 'reserved'),
      frame(0x1, 'begin ', { fin: false }),
      text('again'),
      frame(0x1, Buffer.of(0x66, 0xff, 0x67)),
      closeFrame(1005),
      text('last'),
    ]);
    for (const cut of [1, 2, 5, 1000]) {
      const { rules, events } = read(bytes, {}, cut);
      assert.deepEqual(rules, [
        'frame-rsv',
        'frame-masked',
        'message-continuation',
        'control-length',
        'frame-opcode',
        'message-interleaved',
        'message-utf8',
        'close-code',
        'frame-after-close',
      ]);
      assert.equal(events.filter((event) => event.startsWith('frame ')).length, 9);
      assert.deepEqual(
        events.filter((event) => event.startsWith('message ')).map((event) => event.replace(/at \d+/, '')),
        ['message : "one"', 'message : "again"', 'message : "last"'],
      );
    }
  });

  it('unmasks what a client sends, and gives the memory that it was given back unchanged', () => {
    const bytes = frame(0x1, 'Hello', { key: Buffer.of(1, 2, 3, 4) });
    const before = Buffer.from(bytes);
    const { events } = read(bytes, { expectMasked: true });
    assert.deepEqual(events, ['frame 1 5 at 0: Hello', 'message at 0: "Hello"']);
    assert.deepEqual(bytes, before);
  });

  it('passes over a message that is too large, and validates its text all the same', () => {
    const good = read(Buffer.concat([text('é'.repeat(600)), text('ok')]));
    assert.deepEqual(good.rules, []);
    assert.ok(good.events.some((event) => event.startsWith('note: the text message at byte 0 is passed on unread')));
    assert.ok(good.events.includes('message at 1204: "ok"'));

    const parts = [frame(0x1, 'é'.repeat(400), { fin: false }), frame(0x0, 'é'.repeat(400), { fin: false })];
    const bad = read(Buffer.concat([...parts, frame(0x0, Buffer.of(0xff))]), {}, 7);
    assert.deepEqual(bad.rules, ['message-utf8']);
    const cutOff = read(Buffer.concat([...parts, frame(0x0, Buffer.of(0xc3))]));
    assert.deepEqual(cutOff.rules, ['message-utf8']);
  });

  it('holds no more than it is allowed to, for all connections together, and gives it back', () => {
    const allowance = { left: 600 };
    const start = frame(0x2, Buffer.alloc(400), { fin: false });
    const first = readerOf({ allowance });
    const second = readerOf({ allowance });
    first.reader.receive(start);
    second.reader.receive(start);
    assert.equal(allowance.left, 200);
    assert.ok(second.events.some((event) => event.includes('there is no memory left')));
    first.reader.receive(frame(0x0, 'end'));
    assert.equal(allowance.left, 600);
    second.reader.receive(Buffer.concat([frame(0x0, 'end'), text('fine')]));
    assert.ok(second.events.includes(`message at ${start.length + 5}: "fine"`));
    first.reader.receive(start);
    first.reader.end();
    assert.equal(allowance.left, 600);
  });

  it('reads no compressed message that may refer to one which was passed over', () => {
    const plain = Buffer.from(Array.from({ length: 300 }, (_, at) => ((at * 7919) % 251).toString(16)).join(''));
    for (const contextTakeover of [true, false]) {
      const direction = { windowBits: 15, contextTakeover };
      const sender = new DeflateContext(zlib, direction, 9);
      const [first, second] = [0, 1].map(() => frame(0x2, sender.deflate(plain)!, { rsv: 4 }));
      const allowance = { left: first!.length - 10 };
      const inflater = new InflateContext(zlib, direction);
      const { events, rules, reader } = readerOf({ allowance, allowedRsv: 4, inflater });
      reader.receive(first!);
      assert.match(events.at(contextTakeover ? -3 : -2)!, /^note: .* is passed on unread: there is no memory left/);
      allowance.left = 2 ** 20;
      reader.receive(Buffer.concat([second!, text('plain')]));
      assert.deepEqual(rules, []);
      assert.equal(events.filter((event) => event.startsWith('message ')).length, contextTakeover ? 1 : 2);
      assert.equal(
        events.filter((event) => event.startsWith('note: compressed messages that follow cannot be read')).length,
        contextTakeover ? 1 : 0,
      );
    }
  });

  it('shows the start of a large frame', () => {
    const sizes: number[] = [];
    const reader = new FrameReader(
      { frame: (_header, payload) => sizes.push(payload.length), message() {}, close() {}, broke() {}, note() {} },
      {
        expectMasked: false,
        allowedRsv: 0,
        opaque: false,
        offset: 0,
        inflater: undefined,
        maxMessageSize: 0,
        allowance: { left: 0 },
      },
    );
    reader.receive(frame(0x2, Buffer.alloc(200_000)));
    assert.deepEqual(sizes, [65_536]);
  });

  it('a length of 2^63 is a frame that never ends', () => {
    const { events } = read(Buffer.concat([fromHex('827f8000000000000000'), text('x')]));
    assert.deepEqual(events, [
      'broke frame-length-63-bit at 0',
      'note: the binary message at byte 0 is passed on unread: it has more than 1000 bytes',
    ]);
  });
});
