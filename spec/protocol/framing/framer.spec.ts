import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { Framer } from '../../../lib/protocol/framing/framer.js';
import { MaskingKeys } from '../../../lib/protocol/framing/mask.js';
import { Opcode } from '../../../lib/protocol/framing/opcode.js';
import { flushSize, Output } from '../../../lib/protocol/framing/output.js';
import { parseFrames, type SentFrame } from '../drive.js';
import { seeded, seededFill } from '../random.js';

/** A framer whose output is taken whenever it asks for that, and at the end. */
class Bench {
  readonly #output = new Output();
  readonly framer: Framer;
  readonly #taken: Buffer[] = [];
  flushes = 0;

  constructor({ server = false, seed = 11, takes = true } = {}) {
    this.framer = new Framer(this.#output, server ? undefined : new MaskingKeys(seededFill(seed)), {
      flush: () => {
        this.flushes++;
        if (takes) this.#take();
      },
    });
  }

  #take(): void {
    for (let chunk = this.#output.take(); chunk !== undefined; chunk = this.#output.take()) {
      this.#taken.push(Buffer.from(chunk.bytes));
      chunk.bytes.fill(0xee);
      Output.release(chunk);
    }
  }

  bytes(): Buffer {
    this.#take();
    return Buffer.concat(this.#taken.splice(0));
  }

  frames(): SentFrame[] {
    return parseFrames(this.bytes());
  }
}

/** The header without masking key: what a receiver must be able to rely on. */
function headerHex(bytes: Buffer): string {
  const length = bytes[1]! & 0x7f;
  return bytes.toString('hex', 0, length < 126 ? 2 : length === 126 ? 4 : 10);
}

const sizes = [
  0, 1, 2, 3, 4, 5, 7, 8, 23, 24, 25, 41, 42, 63, 64, 65, 124, 125, 126, 127, 128, 1000, 4090, 4096, 4097, 21_844,
  21_845, 21_846, 65_534, 65_535, 65_536, 65_537, 65_600, 65_601, 131_072, 200_001,
];

describe('a frame of a client (RFC 6455 §5.1, §5.2)', () => {
  for (const [title, character] of Object.entries({
    ASCII: 'a',
    'two bytes': 'é',
    'three bytes': '€',
    'four bytes': '😀',
  })) {
    it(`carries texts of every size: ${title}`, () => {
      const bench = new Bench();
      for (const size of sizes) {
        for (const rest of ['', 'é']) {
          const text = character.repeat(size / character.length) + rest;
          bench.framer.text(text);
          const [frame, ...others] = bench.frames();
          assert.deepEqual(others, []);
          assert.ok(frame !== undefined);
          assert.ok(frame.payload.toString() === text, `${size} characters`);
          const { fin, rsv, opcode, masked } = frame;
          assert.deepEqual({ fin, rsv, opcode, masked }, { fin: true, rsv: 0, opcode: 1, masked: true });
          assert.equal(frame.key, bench.framer.lastKey);
        }
      }
    });
  }

  it('carries binary messages of every size, and leaves them as they were', () => {
    const bench = new Bench();
    const fill = seededFill(12);
    for (const size of sizes) {
      const payload = Buffer.alloc(size);
      fill(payload);
      const before = Buffer.from(payload);
      bench.framer.binary(payload);
      assert.ok(payload.equals(before));
      payload.fill(0); // what is done to it afterwards does not change what is sent
      const [frame, ...others] = bench.frames();
      assert.deepEqual(others, []);
      assert.ok(frame !== undefined);
      assert.ok(frame.payload.equals(before), `${size} bytes`);
      assert.deepEqual([frame.fin, frame.rsv, frame.opcode, frame.masked], [true, 0, 2, true]);
      assert.equal(frame.key, bench.framer.lastKey);
    }
  });

  it('has its length in the fewest bytes, for texts and for binary messages', () => {
    const bench = new Bench();
    const expected = new Map([
      [0, '80'],
      [125, 'fd'],
      [126, 'fe007e'],
      [127, 'fe007f'],
      [65535, 'feffff'],
      [65536, 'ff0000000000010000'],
    ]);
    for (const [size, hex] of expected) {
      bench.framer.text('a'.repeat(size));
      assert.equal(headerHex(bench.bytes()), `81${hex}`);
      bench.framer.binary(Buffer.alloc(size));
      assert.equal(headerHex(bench.bytes()), `82${hex}`);
      if (size % 3 === 0) {
        bench.framer.text('€'.repeat(size / 3));
        assert.equal(headerHex(bench.bytes()), `81${hex}`);
      }
    }
  });

  it('has a length in bytes, not in characters: every size around the limits', () => {
    const bench = new Bench();
    for (let size = 38; size < 130; size++) {
      for (const ending of ['', 'é', '€', '😀']) {
        const text = 'a'.repeat(size) + ending;
        bench.framer.text(text);
        const length = Buffer.byteLength(text);
        const header = headerHex(bench.bytes());
        assert.equal(
          header,
          length < 126 ? `81${(0x80 | length).toString(16)}` : `81fe${length.toString(16).padStart(4, '0')}`,
        );
      }
    }
  });

  it('has a masking key of its own, unpredictable: the next of the random source (§5.3)', () => {
    const bench = new Bench({ seed: 13 });
    const source = new MaskingKeys(seededFill(13));
    const drawn = new Set(Array.from({ length: 4000 }, () => source.next()));
    for (let count = 0; count < 600; count++) {
      bench.framer.text('a'.repeat(count % 60));
      bench.framer.text('é');
      bench.framer.binary(Buffer.alloc(count % 60));
      bench.framer.control(Opcode.ping, Buffer.alloc(count % 60));
    }
    const keys = bench.frames().map((frame) => frame.key);
    assert.equal(keys.length, 2400);
    assert.ok(keys.every((key) => drawn.has(key)));
    assert.equal(new Set(keys).size, keys.length);
  });

  it('carries U+FFFD for lone surrogates, which no UTF-8 can', () => {
    const bench = new Bench();
    for (const filling of [0, 10, 50, 200, 16_382, 16_383, 16_384, 30_000, 70_000]) {
      for (const lone of ['\ud800', '\udfff', '\ude00\ud83d', 'a\ud83d', '\ud83d\ud83d\ude00']) {
        const text = 'x'.repeat(filling) + lone + 'é';
        bench.framer.text(text);
        assert.ok(bench.frames()[0]?.payload.toString() === Buffer.from(text).toString());
      }
    }
  });

  it('carries long texts whose pairs of surrogates lie at any offset, whole', () => {
    const bench = new Bench();
    for (let shift = 0; shift < 4; shift++) {
      for (const filling of ['😀', '中', '中文a😀']) {
        const text = 'x'.repeat(shift) + filling.repeat(80_000 / filling.length) + 'é';
        bench.framer.text(text);
        assert.ok(bench.frames()[0]?.payload.toString() === text);
      }
    }
  });

  it('carries a compressed message with RSV1 (RFC 7692 §6)', () => {
    const bench = new Bench();
    bench.framer.compressed(Opcode.text, Buffer.from('abc'));
    bench.framer.compressed(Opcode.binary, Buffer.alloc(70_000, 'x'));
    const [text, binary] = bench.frames();
    assert.deepEqual([text?.opcode, text?.rsv, text?.fin, text?.payload.toString()], [1, 4, true, 'abc']);
    assert.deepEqual([binary?.opcode, binary?.rsv, binary?.fin, binary?.payload.length], [2, 4, true, 70_000]);
  });

  it('carries control payloads of up to 125 bytes (§5.5)', () => {
    const bench = new Bench();
    for (const opcode of [Opcode.close, Opcode.ping, Opcode.pong]) {
      for (const size of [0, 1, 125]) {
        bench.framer.control(opcode, Buffer.alloc(size, 7));
        const [frame] = bench.frames();
        assert.deepEqual([frame?.opcode, frame?.fin, frame?.rsv, frame?.payload.length], [opcode, true, 0, size]);
      }
    }
  });
});

describe('a frame of a server', () => {
  it('is not masked (RFC 6455 §5.1), and the bytes of §5.7', () => {
    const bench = new Bench({ server: true });
    bench.framer.text('Hello');
    assert.equal(bench.bytes().toString('hex'), '810548656c6c6f');
    bench.framer.control(Opcode.ping, Buffer.from('Hello'));
    assert.equal(bench.bytes().toString('hex'), '890548656c6c6f');
    bench.framer.binary(Buffer.alloc(256));
    assert.equal(headerHex(bench.bytes()), '827e0100');
    bench.framer.binary(Buffer.alloc(65536));
    assert.equal(headerHex(bench.bytes()), '827f0000000000010000');
  });

  it('carries texts and binary messages of every size', () => {
    const bench = new Bench({ server: true });
    for (const size of sizes) {
      for (const text of ['a'.repeat(size), 'é'.repeat(size), '😀'.repeat(size / 2)]) {
        bench.framer.text(text);
        const [frame] = bench.frames();
        assert.ok(frame?.payload.toString() === text && !frame.masked, `${size} characters`);
      }
      bench.framer.binary(Buffer.alloc(size, 1));
      assert.ok(bench.frames()[0]?.payload.equals(Buffer.alloc(size, 1)));
    }
    assert.equal(bench.framer.lastKey, 0);
  });
});

describe('many frames', () => {
  it('keep their order and every byte, back to back, taken early or late: seeded', () => {
    for (const takes of [true, false]) {
      const next = seeded(14);
      const bench = new Bench({ takes });
      const expected: string[] = [];
      for (let count = 0; count < 400; count++) {
        const size = sizes[next() % (next() % 20 === 0 ? sizes.length : 24)]!;
        if (next() % 2 === 0) {
          const text = ['a', 'é', '😀'][next() % 3]!.repeat(size);
          bench.framer.text(text);
          expected.push(`1 ${text}`);
        } else {
          const payload = Buffer.alloc(size, next() & 0x7f);
          bench.framer.binary(payload);
          expected.push(`2 ${payload.toString()}`);
        }
      }
      const got = bench.frames().map(({ opcode, payload }) => `${opcode} ${payload.toString()}`);
      assert.equal(got.length, expected.length);
      got.forEach((frame, index) => assert.ok(frame === expected[index], `frame ${index}`));
    }
  });

  it('ask to be taken once 64 KiB wait, in the middle of a large message as well', () => {
    const bench = new Bench();
    bench.framer.binary(Buffer.alloc(flushSize - 100));
    assert.equal(bench.flushes, 0);
    bench.framer.binary(Buffer.alloc(100));
    assert.equal(bench.flushes, 1);
    bench.bytes();
    for (const send of [
      () => bench.framer.text('a'.repeat(10 * flushSize)),
      () => bench.framer.text('é'.repeat(5 * flushSize)),
      () => bench.framer.binary(Buffer.alloc(10 * flushSize)),
    ]) {
      bench.flushes = 0;
      send();
      assert.ok(bench.flushes >= 8, `${bench.flushes}`);
      assert.equal(bench.frames().length, 1);
    }
  });
});
