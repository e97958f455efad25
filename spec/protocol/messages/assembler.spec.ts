import assert from 'node:assert/strict';
import { Buffer, constants } from 'node:buffer';
import { describe, it } from 'node:test';
import { unlimited } from '../../../lib/protocol/framing/budget.js';
import { Deframer } from '../../../lib/protocol/framing/deframer.js';
import { opcodeName } from '../../../lib/protocol/framing/opcode.js';
import { Assembler, type MessageHandler, type MessageLimits } from '../../../lib/protocol/messages/assembler.js';
import { Violation } from '../../../lib/protocol/rules.js';
import { frameOf } from '../../peer/frames.js';
import { toyExtension } from '../../rfc6455/toy-extension.js';
import { fromHex } from '../drive.js';
import { seeded } from '../random.js';

const usual: MessageLimits = { maxMessageSize: 100 * 2 ** 20, maxFragments: 131_072 };

/** An assembler behind its deframer, and what it reports. */
class Bench {
  readonly events: string[] = [];
  readonly binaries: ArrayBuffer[] = [];
  readonly assembler: Assembler;
  readonly #deframer: Deframer;

  constructor({ limits = usual, frames = false, toy = false, expectMasked = false } = {}) {
    const { events, binaries } = this;
    const handler: MessageHandler = {
      get stopped() {
        return events.some((event) => event.startsWith('close'));
      },
      onFrame: frames
        ? ({ fin, opcode }, payload, offset) => {
            events.push(`frame @${offset} ${opcodeName(opcode)} ${fin} ${payload.toString('hex')}`);
          }
        : undefined,
      message: (message) => {
        if (typeof message === 'string') return void events.push(`text ${message}`);
        binaries.push(message);
        events.push(`binary ${Buffer.from(message).toString('hex')}`);
      },
      control: (opcode, payload, offset) => events.push(`${opcodeName(opcode)} @${offset} ${payload.toString('hex')}`),
    };
    this.assembler = new Assembler(handler, limits, unlimited());
    if (toy) this.assembler.inflater = toyExtension();
    this.#deframer = new Deframer(this.assembler, { expectMasked, offset: 0, budget: unlimited() });
    if (toy) this.#deframer.allowedRsv = 4;
  }

  /** Gives it a chunk, in memory that is used again afterwards. */
  receive(bytes: Buffer | string): this {
    const chunk = Buffer.from(typeof bytes === 'string' ? fromHex(bytes) : bytes);
    this.#deframer.receive(chunk, 0, chunk.length);
    chunk.fill(0xee);
    return this;
  }

  /** Gives it bytes in pieces of at most `most`. */
  receivePieces(bytes: Buffer, most: number): void {
    for (let at = 0; at < bytes.length; at += most) this.receive(bytes.subarray(at, at + most));
  }
}

function assertViolation(rule: string, offset: number, run: () => unknown): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof Violation);
    assert.deepEqual([error.rule.id, error.offset], [rule, offset]);
    return true;
  });
}

describe('messages (RFC 6455 §5.4)', () => {
  it('are put together from their fragments, with control frames in between', () => {
    const bench = new Bench().receive('01 01 61 89 01 07 00 00 00 01 62 8a 00 80 01 63 82 01 01');
    assert.deepEqual(bench.events, ['ping @3 07', 'pong @11 ', 'text abc', 'binary 01']);
  });

  it('are seen frame by frame by who wants that, before what they lead to', () => {
    const whole = new Bench({ frames: true }).receive('01 01 61 89 01 07 80 01 62 82 01 01 81 00');
    const expected = [
      'frame @0 text false 61',
      'frame @3 ping true 07',
      'ping @3 07',
      'frame @6 continuation true 62',
      'text ab',
      'frame @9 binary true 01',
      'binary 01',
      'frame @12 text true ',
      'text ',
    ];
    assert.deepEqual(whole.events, expected);
  });

  it("do not share memory: a binary message is an ArrayBuffer of exactly its size, which is the receiver's", () => {
    const payload = Buffer.alloc(100_000, 'x');
    const bench = new Bench();
    bench.receive(frameOf(0x82, payload));
    const cut = frameOf(0x82, payload);
    bench.receive(cut.subarray(0, 70_000)).receive(cut.subarray(70_000));
    bench.receive(frameOf(0x02, payload.subarray(0, 99_999))).receive(frameOf(0x80, payload.subarray(99_999)));
    bench.receive('82 02 01 02').receive('82 02').receive('01 02').receive('02 01 01 80 01 02').receive('82 00');
    assert.deepEqual(
      bench.binaries.map((message) => message.byteLength),
      [100_000, 100_000, 100_000, 2, 2, 2, 0],
    );
    assert.ok(bench.binaries.slice(0, 3).every((message) => payload.equals(Buffer.from(message))));
    assert.equal(new Set(bench.binaries).size, 7);
    for (const message of bench.binaries) new Uint8Array(message).fill(0);
    bench.receive('02 01 05 80 01 06');
    assert.equal(bench.events.at(-1), 'binary 0506');
  });

  it('that are large and binary are not touched again when they have been handed out', () => {
    const bench = new Bench();
    const sizes = [70_000, 70_000, 2 ** 20, 70_000, 2 ** 20 + 1, 65_536, 70_000, 10];
    for (const [index, size] of sizes.entries()) {
      bench.receivePieces(frameOf(0x82, Buffer.alloc(size, index)), 65_536);
      // A listener may give the memory away, to a worker say.
      if (index % 2 === 1) structuredClone(bench.binaries[index], { transfer: [bench.binaries[index]!] });
    }
    for (const [index, size] of sizes.entries()) {
      assert.equal(bench.binaries[index]?.byteLength, index % 2 === 1 ? 0 : size);
      if (index % 2 === 0) assert.ok(Buffer.from(bench.binaries[index]!).every((byte) => byte === index));
    }
  });

  it('of text are the same back to back as one by one, ASCII or not, whatever their sizes', () => {
    const next = seeded(4);
    for (let round = 0; round < 60; round++) {
      const texts = Array.from({ length: 1 + (next() % 40) }, () => {
        const size = [0, 1, 12, 63, 64, 65, 124, 125, 126, 127, 128, 255, 256, 700, 1024, 1025][next() % 16]!;
        const text = 'a'.repeat(size);
        // In the first rounds all are ASCII; one character may make the difference, anywhere.
        if (size < 2 || round < 3 || next() % (1 + (round % 20)) > 0) return text;
        const at = next() % (size - 1);
        return `${text.slice(0, at)}é${text.slice(at + 2)}`;
      });
      const frames = texts.map((text) => frameOf(0x81, Buffer.from(text)));
      const bench = new Bench();
      const all = Buffer.concat([...frames, Buffer.of(0x89, 0)]);
      // As the first thing that comes, and once the texts before have shown what to expect.
      bench.receive(all).receive(all);
      const expected = [...texts.map((text) => `text ${text}`), `ping @${all.length - 2} `];
      assert.deepEqual(bench.events.slice(0, expected.length), expected);
      assert.deepEqual(bench.events.slice(expected.length, -1), expected.slice(0, -1));
    }
  });

  it('of text that are not UTF-8 fail where they start, after those before them', () => {
    for (const before of [0, 1, 3]) {
      for (const ascii of [false, true]) {
        const good = frameOf(0x81, Buffer.from(ascii ? 'a'.repeat(200) : 'é'.repeat(100)));
        const bad = frameOf(0x81, Buffer.concat([Buffer.alloc(150, 'a'), Buffer.of(0xc3)]));
        const bench = new Bench().receive(frameOf(0x81, Buffer.from(ascii ? 'a' : 'é')));
        const offset = (ascii ? 3 : 4) + before * good.length;
        assertViolation('message-utf8', offset, () =>
          bench.receive(Buffer.concat([...Array.from({ length: before }, () => good), bad, good])),
        );
        assert.equal(bench.events.length, 1 + before);
      }
    }
  });

  it('of text do not change when the next one is received', () => {
    const bench = new Bench();
    const texts = ['a'.repeat(100_000), 'é'.repeat(60_000), 'b'.repeat(90_000), '😀'.repeat(40_000)];
    for (const text of texts) {
      const bytes = frameOf(0x81, Buffer.from(text));
      bench.receive(bytes.subarray(0, 65_000)).receive(bytes.subarray(65_000));
    }
    bench.events.forEach((event, index) => assert.ok(event === `text ${texts[index]}`));
    assert.equal(bench.events.length, 4);
  });

  it('may have as many fragments as the limit, at a cost in proportion to their bytes', { timeout: 60_000 }, () => {
    // Each fragment copying those before it would move 860 GB.
    const bench = new Bench();
    const fragment = frameOf(0x00, Buffer.alloc(100, 'x'));
    const chunk = Buffer.concat(Array.from({ length: 127 }, () => fragment));
    bench.receive('02 00');
    for (let count = 0; count < 1032; count++) bench.receive(chunk);
    bench.receive(Buffer.concat([fragment, fragment, fragment, fragment, fragment, fragment]));
    assert.deepEqual(bench.events, []);
    bench.receive('80 00');
    assert.equal(bench.binaries[0]?.byteLength, (1032 * 127 + 6) * 100);
  });

  it('may have a fragment more for every 16 bytes, of which empty ones have none', () => {
    const limits = { maxMessageSize: 1000, maxFragments: 3 };
    const sixteen = frameOf(0x00, Buffer.alloc(16));
    const long = new Bench({ limits }).receive(
      Buffer.concat([frameOf(0x02, Buffer.alloc(16)), ...Array(60).fill(sixteen)]),
    );
    long.receive('80 00');
    assert.equal(long.binaries[0]?.byteLength, 61 * 16);
    assertViolation('message-fragments', 6, () => new Bench({ limits }).receive('01 00 00 00 00 00 00 00'));
    assertViolation('message-fragments', 8, () => new Bench({ limits }).receive(`01 00 ${'00 01 61 '.repeat(4)}`));
  });
});

describe('the limits on a message (RFC 6455 §10.4)', () => {
  it('hold for announced bytes, before any of them has come', () => {
    const limits = { maxMessageSize: 1000, maxFragments: 10 };
    new Bench({ limits }).receive('82 7e 03 e8');
    assertViolation('message-size', 0, () => new Bench({ limits }).receive('82 7e 03 e9'));
    assertViolation('message-size', 128, () =>
      new Bench({ limits }).receive(`01 7c ${'61'.repeat(124)} 00 00 00 7e 03 6d`),
    );
  });

  it('count a compressed message, not its compressed bytes, which may be some more', () => {
    const limits = { maxMessageSize: 100_000, maxFragments: 10 };
    // Data of the toy extension: a count, then what is repeated.
    const bench = new Bench({ toy: true, limits });
    bench.receive(frameOf(0xc2, Buffer.concat([Buffer.of(1), Buffer.alloc(100_000)])));
    assert.equal(bench.binaries[0]?.byteLength, 100_000);
    const bound = 100_000 + 100 + 65_536;
    assertViolation('message-size', 0, () =>
      new Bench({ toy: true, limits }).receive(frameOf(0xc2, Buffer.alloc(bound + 1))),
    );
    assertViolation('message-size', 0, () => new Bench({ limits }).receive(frameOf(0x82, Buffer.alloc(100_001))));
  });

  it('are what a string and an ArrayBuffer can be when maxMessageSize is more', () => {
    const limits = { maxMessageSize: Infinity, maxFragments: 10 };
    const head = (first: number, length: bigint): Buffer => {
      const bytes = Buffer.of(first, 127, 0, 0, 0, 0, 0, 0, 0, 0);
      bytes.writeBigUInt64BE(length, 2);
      return bytes;
    };
    const longest = BigInt(constants.MAX_STRING_LENGTH);
    new Bench({ limits }).receive(head(0x81, longest));
    assertViolation('message-size', 0, () => new Bench({ limits }).receive(head(0x81, longest + 1n)));
    for (const first of [0x81, 0x82, 0x01, 0x02]) {
      for (const length of [2n ** 62n, 2n ** 63n - 1n, BigInt(constants.MAX_LENGTH) + 1n]) {
        assertViolation('message-size', 0, () => new Bench({ limits }).receive(head(first, length)));
      }
    }
  });

  it('are broken by what no memory can be found for', (t) => {
    const limits = { maxMessageSize: Infinity, maxFragments: 10 };
    const failures = [
      new RangeError('Array buffer allocation failed'),
      Object.assign(new Error('Cannot create a string longer than 0x1fffffe8 characters'), {
        code: 'ERR_STRING_TOO_LONG',
      }),
      Object.assign(new Error('Failed to allocate memory'), { code: 'ERR_MEMORY_ALLOCATION_FAILED' }),
    ];
    for (const failure of failures) {
      const bench = new Bench({ toy: true, limits });
      const sizes: number[] = [];
      bench.assembler.inflater = {
        inflate: (_bytes, maxSize) => {
          sizes.push(maxSize);
          throw failure;
        },
      };
      assertViolation('message-size', 0, () => bench.receive('c1 01 00'));
      assert.deepEqual(sizes, [constants.MAX_STRING_LENGTH]);
    }
    const allocate = t.mock.method(Buffer, 'allocUnsafeSlow', (): never => {
      throw failures[0];
    });
    assertViolation('message-size', 0, () => new Bench({ limits }).receive('02 01 00'));
    allocate.mock.restore();
  });

  it('are not what any other error says', () => {
    const bench = new Bench({ toy: true });
    bench.assembler.inflater = {
      inflate: () => {
        throw new TypeError('a mistake of ours');
      },
    };
    assert.throws(() => bench.receive('c1 01 00'), TypeError);
  });

  it('bound what an announced length alone makes us hold', () => {
    const before = process.memoryUsage().arrayBuffers;
    const benches = Array.from({ length: 20 }, () => new Bench().receive('82 7f 00 00 00 00 06 40 00 00 01'));
    assert.ok(process.memoryUsage().arrayBuffers - before < 20 * 200_000);
    assert.equal(benches.length, 20);
  });

  it('bound what is reserved by what has arrived, without copying much', (t) => {
    const { allocUnsafeSlow } = Buffer;
    let arrived = 0;
    let reserved = 0;
    let size = 0;
    t.mock.method(Buffer, 'allocUnsafeSlow', (wanted: number) => {
      assert.ok(wanted <= 65_536 + 16 * arrived && wanted <= size, `${wanted} bytes for ${arrived} of ${size}`);
      reserved += wanted;
      return allocUnsafeSlow(wanted);
    });
    for (size of [65_537, 200_000, 2 ** 20, 2 ** 20 + 65_536, 2 ** 20 + 65_537, 1_500_000, 12_000_000]) {
      const stream = frameOf(0x82, Buffer.alloc(size));
      for (const first of [10, 1000, 65_536]) {
        for (const step of [65_536, size, 16_384, 999]) {
          if (size / step > 5000) continue;
          const bench = new Bench();
          reserved = 0;
          for (let from = 0, to = first; from < stream.length; from = to, to += step) {
            arrived = Math.min(stream.length, to) - 10;
            bench.receive(stream.subarray(from, to));
          }
          assert.equal(bench.binaries[0]?.byteLength, size);
          assert.ok(reserved - size <= 65_536 + size / 7, `${reserved} bytes for ${size} in steps of ${step}`);
        }
      }
    }
  });

  it('hold for the message, and are counted anew for the next', () => {
    const limits = { maxMessageSize: 4, maxFragments: 2 };
    const bench = new Bench({ limits });
    for (let count = 0; count < 3; count++) bench.receive('01 02 61 62 80 02 63 64').receive('81 04 61 62 63 64');
    assert.equal(bench.events.length, 6);
    assertViolation('message-fragments', 46, () => bench.receive('01 00 00 00 80 00'));
  });
});

describe('text (RFC 6455 §8.1)', () => {
  it('is checked as it comes, and fails at the first frame that proves it wrong', () => {
    assertViolation('message-utf8', 0, () => new Bench().receive('01 7e 01 00 61 ff'));
    assertViolation('message-utf8', 3, () => new Bench().receive('01 01 e2 00 02 28'));
    assertViolation('message-utf8', 4, () => new Bench().receive('01 02 e2 82 80 00'));
    assertViolation('message-utf8', 0, () => new Bench({ frames: true }).receive('81 01 ff'));
  });

  it('may be torn anywhere, and one message leaves no trace in the next', () => {
    assert.deepEqual(new Bench().receive('01 01 f0 00 01 9f 00 01 98 80 01 80').events, ['text 😀']);
    const bench = new Bench();
    assertViolation('message-utf8', 0, () => bench.receive('81 01 c3'));
    assert.deepEqual(
      new Bench().receive('01 01 61').receive('80 01 62').receive('01 01 c3').receive('80 01 a9').events,
      ['text ab', 'text é'],
    );
  });
});

describe('a compressed message (RFC 7692 §7.2.2)', () => {
  it('is decompressed whole, within the limit on its size', () => {
    const bench = new Bench({ toy: true, limits: { maxMessageSize: 6, maxFragments: 10 } });
    assert.deepEqual(bench.receive('c1 03 03 61 62 42 01 02 80 02 01 02').events, ['text ababab', 'binary 01020102']);
    assertViolation('message-size', 12, () => bench.receive('c1 03 04 61 62'));
  });

  it('is checked for UTF-8 once it is decompressed', () => {
    assert.deepEqual(new Bench({ toy: true }).receive('41 01 01 80 02 c3 a9').events, ['text é']);
    assert.deepEqual(new Bench({ toy: true }).receive('41 02 02 ff').events, []);
    assertViolation('message-utf8', 4, () => new Bench({ toy: true }).receive('41 02 02 ff 80 00'));
  });

  it('may be followed by one that is not', () => {
    assert.deepEqual(new Bench({ toy: true }).receive('c1 02 02 61 81 02 02 61 01 01 62 80 00').events, [
      'text aa',
      'text \x02a',
      'text b',
    ]);
  });
});

describe('a large message', () => {
  it('is the same whatever the reads', () => {
    for (const size of [70_000, 200_000, 1_500_000]) {
      for (const most of [2 * size, 65_536, 30_000, 999]) {
        const bench = new Bench();
        const binary = Buffer.alloc(size, 'binary');
        const text = 'aé€😀'.repeat(size / 10);
        bench.receivePieces(
          Buffer.concat([frameOf(0x82, binary), frameOf(0x81, Buffer.from(text)), Buffer.of(0x89, 0)]),
          most,
        );
        assert.ok(bench.events[0] === `binary ${binary.toString('hex')}`);
        assert.ok(bench.events[1] === `text ${text}`);
        assert.equal(bench.events[2]?.slice(0, 6), 'ping @');
      }
    }
  });

  it('may be fragmented, compressed and masked', () => {
    const body = Buffer.alloc(80_000, 'ab');
    const parts = [
      frameOf(0x01, body),
      frameOf(0x89, Buffer.from('p')),
      frameOf(0x00, body),
      frameOf(0x80, Buffer.from('é')),
    ];
    const bench = new Bench();
    bench.receivePieces(Buffer.concat(parts), 10_000);
    assert.ok(bench.events[1] === `text ${body}${body}é`);

    const compressed = new Bench({ toy: true });
    compressed.receivePieces(frameOf(0xc1, Buffer.concat([Buffer.of(2), body])), 10_000);
    assert.ok(compressed.events[0] === `text ${body}${body}`);

    const masked = new Bench({ expectMasked: true });
    const head = Buffer.from('82ff000000000001388001000100', 'hex');
    masked.receivePieces(Buffer.concat([head, body.map((byte, index) => byte ^ (index % 2 === 0 ? 1 : 0))]), 10_000);
    assert.ok(masked.events[0] === `binary ${body.toString('hex')}`);
  });

  it('fails when it is text that is not UTF-8', () => {
    const bad = Buffer.alloc(100_000, 'a');
    bad[90_000] = 0xff;
    assertViolation('message-utf8', 0, () => new Bench().receivePieces(frameOf(0x81, bad), 65_536));
  });
});
