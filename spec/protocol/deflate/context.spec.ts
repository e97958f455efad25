import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { DeflateContext, type DeflateDirection, InflateContext } from '../../../lib/protocol/deflate/context.js';
import { unlimited } from '../../../lib/protocol/framing/budget.js';
import { type RuleId, Violation } from '../../../lib/protocol/rules.js';

const mib = 1 << 20;
const takeover: DeflateDirection = { windowBits: 15, contextTakeover: true };
const noTakeover: DeflateDirection = { windowBits: 15, contextTakeover: false };

function inflateHex(context: InflateContext, hex: string): string {
  return context.inflate(Buffer.from(hex.replaceAll(' ', ''), 'hex'), mib, 0, unlimited()).toString();
}

function breaks(rule: RuleId, run: () => unknown): void {
  assert.throws(run, (error) => error instanceof Violation && error.rule.id === rule && error.offset === 77);
}

/** A small generator of numbers from 0 to 1, the same on every run. */
function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

/** Messages of all sorts of sizes: noise, repetitions, words, and pieces of earlier messages from far and near. */
function messages(seed: number, count: number): Buffer[] {
  const next = random(seed);
  const all: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const size = Math.floor(2 ** (next() * 16.5)) - 1;
    const kind = Math.floor(next() * 4);
    if (kind === 0) all.push(Buffer.from(Array.from({ length: size }, () => next() * 256)));
    else if (kind === 1) all.push(Buffer.alloc(size, String.fromCharCode(97 + next() * 26)));
    else if (kind === 2 || i === 0) all.push(Buffer.from(Array.from({ length: size }, () => 97 + next() ** 3 * 26)));
    else
      all.push(
        Buffer.from(all[Math.floor(next() * i)]!)
          .reverse()
          .subarray(0, size)
          .reverse(),
      );
  }
  return all;
}

/** zlib's own stream, as peers use it: one for the connection, flushed after each message. */
async function flushed(stream: zlib.DeflateRaw | zlib.InflateRaw, input: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const collect = (piece: Buffer): number => pieces.push(piece);
  stream.on('data', collect);
  stream.write(input);
  await new Promise<void>((resolve) => stream.flush(resolve));
  stream.off('data', collect);
  return Buffer.concat(pieces);
}

const mark = Buffer.from([0, 0, 0xff, 0xff]);

/** Small messages are coded here, large ones by zlib: both have to do whatever follows. */
const coders = [
  { by: 'coded here', small: 4096 },
  { by: 'by zlib', small: 0 },
] as const;

for (const { by, small } of coders) {
  describe(`the examples of RFC 7692 §7.2.3: ${by}`, () => {
    it('§7.2.3.1: one compressed block', () => {
      assert.equal(inflateHex(new InflateContext(zlib, takeover, small), 'f2 48 cd c9 c9 07 00'), 'Hello');
    });

    it('§7.2.3.2: the second message refers to the first', () => {
      const context = new InflateContext(zlib, takeover, small);
      assert.equal(inflateHex(context, 'f2 48 cd c9 c9 07 00'), 'Hello');
      assert.equal(inflateHex(context, 'f2 00 11 00 00'), 'Hello');
    });

    it('§7.2.3.2: without context takeover both are the same, and a reference back is an error', () => {
      const context = new InflateContext(zlib, noTakeover, small);
      assert.equal(inflateHex(context, 'f2 48 cd c9 c9 07 00'), 'Hello');
      assert.equal(inflateHex(context, 'f2 48 cd c9 c9 07 00'), 'Hello');
      assert.throws(() => inflateHex(context, 'f2 00 11 00 00'), Violation);
    });

    it('§7.2.3.3: a block without compression', () => {
      assert.equal(inflateHex(new InflateContext(zlib, takeover, small), '00 05 00 fa ff 48 65 6c 6c 6f 00'), 'Hello');
    });

    it('§7.2.3.4: a block with BFINAL set', () => {
      const context = new InflateContext(zlib, takeover, small);
      assert.equal(inflateHex(context, 'f3 48 cd c9 c9 07 00 00'), 'Hello');
      assert.equal(inflateHex(context, 'f2 00 11 00 00'), 'Hello', 'the window goes on');
    });

    it('§7.2.3.5: two blocks in one message', () => {
      assert.equal(
        inflateHex(new InflateContext(zlib, takeover, small), 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00'),
        'Hello',
      );
    });

    it('§7.2.3.6: an empty message, as 0x00 or as nothing at all', () => {
      const context = new InflateContext(zlib, takeover, small);
      assert.equal(inflateHex(context, '00'), '');
      assert.equal(inflateHex(context, ''), '');
      assert.equal(inflateHex(context, '02 00'), '', 'an empty block with fixed codes');
    });

    it('§7.2.3.1, §7.2.3.2: what we send is the same', () => {
      const context = new DeflateContext(zlib, takeover, 6, small);
      const hello = Buffer.from('Hello, Hello, Hello');
      const stream = zlib.deflateRawSync(hello, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
      assert.deepEqual(Buffer.concat([context.deflate(hello)!, mark]), stream);
      assert.ok(context.deflate(hello)!.length < 7, 'the second refers to the first');
    });
  });
}

for (const { by, small } of coders) {
  describe(`final blocks (RFC 7692 §7.2.1, §7.2.3.4): ${by}`, () => {
    const final = (text: string, dictionary?: Buffer): Buffer =>
      zlib.deflateRawSync(text, dictionary === undefined ? {} : { dictionary });

    for (const direction of [takeover, noTakeover]) {
      it(`may stand inside a message, and what follows refers back; takeover ${direction.contextTakeover}`, () => {
        const context = new InflateContext(zlib, direction, small);
        const text = 'the same words, again and again';
        const data = Buffer.concat([final(text), final(text, Buffer.from(text)), final('.'), Buffer.from([0])]);
        assert.equal(context.inflate(data, mib, 0, unlimited()).toString(), `${text}${text}.`);
        assert.equal(context.inflate(data, mib, 0, unlimited()).toString(), `${text}${text}.`);
      });
    }

    it('may end a message without the padding byte that the RFC asks for', () => {
      assert.equal(
        new InflateContext(zlib, takeover, small).inflate(final('Hello'), mib, 0, unlimited()).toString(),
        'Hello',
      );
    });

    /** zlib, and how often it was called to decompress. */
    const counted = (): { calls: number; zlib: typeof zlib } => {
      const count = { calls: 0, zlib };
      const inflateRawSync: typeof zlib.inflateRawSync = (...args) => {
        count.calls++;
        return zlib.inflateRawSync(...args);
      };
      count.zlib = { ...zlib, inflateRawSync };
      return count;
    };

    it('that are empty, like other empty blocks, cost no call of zlib, whatever their padding', () => {
      for (const block of ['0300', '03fc', '010000ffff', 'f90000ffff', '000000ffff', 'f80000ffff']) {
        for (const direction of [takeover, noTakeover]) {
          const count = counted();
          const context = new InflateContext(count.zlib, direction, small);
          const empties = Buffer.from(block.repeat(300), 'hex');
          assert.equal(context.inflate(Buffer.concat([empties, Buffer.of(0)]), mib, 0, unlimited()).length, 0);
          assert.equal(count.calls, 0, block);
          const text = Buffer.concat([empties, final('Hello, '), empties, final('world'), empties, Buffer.of(0)]);
          for (let round = 0; round < 2; round++) {
            assert.equal(context.inflate(text, mib, 0, unlimited()).toString(), 'Hello, world', block);
          }
          assert.equal(count.calls, text.length > small ? 4 : 0, block);
        }
      }
    });

    it('that are cut short are data that is damaged', () => {
      for (const hex of ['03', '0300 03', '0100 00ff', '01 0000 fffe', '0304 02']) {
        const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
        breaks('deflate-data', () => new InflateContext(zlib, takeover, small).inflate(bytes, mib, 77, unlimited()));
      }
    });

    it('that are not empty are bounded in number: each costs a call of zlib', () => {
      const count = counted();
      const context = new InflateContext(count.zlib, takeover, small);
      const one = final('a');
      const many = (n: number): Buffer => Buffer.concat([...Array<Buffer>(n).fill(one), Buffer.from([0])]);
      assert.equal(context.inflate(many(128), mib, 77, unlimited()).length, 128);
      breaks('deflate-data', () => context.inflate(many(100_000), mib, 77, unlimited()));
      assert.ok(count.calls <= 260, `${count.calls} calls`);
    });

    it('are charged to the budget, as bytes in and out are', () => {
      const cost = (data: Buffer): number => {
        const budget = { left: 0 };
        new InflateContext(zlib, takeover, small).inflate(data, 100 * mib, 0, budget);
        return -budget.left;
      };
      const one = cost(final('a'));
      assert.ok(one > (small === 0 ? 10_000 : 500));
      assert.ok(cost(Buffer.concat(Array<Buffer>(100).fill(final('a')))) > 50 * one);
      assert.ok(cost(final('a'.repeat(10 * mib))) > 10 * mib);
    });

    it('are bounded in number, empty or not', () => {
      const context = new InflateContext(zlib, takeover, small);
      const one = final('');
      const many = (count: number): Buffer => Buffer.concat([...Array<Buffer>(count).fill(one), Buffer.from([0])]);
      assert.equal(context.inflate(many(1000), mib, 77, unlimited()).length, 0);
      breaks('deflate-data', () => context.inflate(many(1024), mib, 77, unlimited()));
    });

    it('count together against the limit on the size', () => {
      const data = Buffer.concat([final('a'.repeat(60)), final('b'.repeat(40)), Buffer.from([0])]);
      assert.equal(new InflateContext(zlib, takeover, small).inflate(data, 100, 77, unlimited()).length, 100);
      breaks('message-size', () => new InflateContext(zlib, takeover, small).inflate(data, 99, 77, unlimited()));
      breaks('message-size', () => new InflateContext(zlib, takeover, small).inflate(data, 60, 77, unlimited()));
    });
  });
}

for (const { by, small } of coders) {
  describe(`our messages and zlib's streams (RFC 7692 §7.2.1, §7.2.2): ${by}`, () => {
    for (const windowBits of [8, 9, 12, 15]) {
      for (const level of [0, 1, 3, 6, 9]) {
        it(`what we compress, a stream decompresses: 2^${windowBits} bytes, level ${level}`, async () => {
          const context = new DeflateContext(zlib, { windowBits, contextTakeover: true }, level, small);
          const inflater = zlib.createInflateRaw({ windowBits, chunkSize: 64 });
          for (const message of messages(windowBits * level + 1, 40)) {
            const data = context.deflate(message);
            if (data === undefined) continue;
            assert.ok(data.length < message.length);
            assert.deepEqual(await flushed(inflater, Buffer.concat([data, mark])), message);
          }
          inflater.close();
        });
      }
    }

    for (const windowBits of [8, 9, 12, 15]) {
      it(`what a stream compresses, we decompress: 2^${windowBits} bytes`, async () => {
        const context = new InflateContext(zlib, { windowBits, contextTakeover: true }, small);
        const deflater = zlib.createDeflateRaw({ windowBits });
        for (const message of messages(windowBits, 120)) {
          const data = await flushed(deflater, message);
          assert.deepEqual(data.subarray(-4), mark);
          assert.deepEqual(context.inflate(data.subarray(0, -4), 200_000, 0, unlimited()), message);
        }
        deflater.close();
      });
    }

    it('a small message looks back 8 KiB, a large one further: indexing more takes longer than the message', () => {
      const next = random(9);
      const noise = Buffer.from(Array.from({ length: 500 }, () => next() * 256));
      const sizeAfter = (distance: number, size: number): number => {
        const context = new DeflateContext(zlib, takeover, 6, small);
        context.deflate(Buffer.concat([noise, Buffer.alloc(distance)]));
        return context.deflate(Buffer.concat([noise, Buffer.alloc(size - noise.length)]))!.length;
      };
      assert.ok(sizeAfter(7000, 1000) < 100);
      assert.ok(sizeAfter(9000, 1000) > 500);
      assert.ok(sizeAfter(9000, 4000) < 100);
    });

    it('each other, with and without context takeover', () => {
      for (const direction of [takeover, noTakeover, { windowBits: 8, contextTakeover: true }]) {
        const near = new DeflateContext(zlib, direction, 3, small);
        const far = new InflateContext(zlib, direction, small);
        for (const message of messages(7, 200)) {
          const data = near.deflate(message);
          if (data !== undefined) assert.deepEqual(far.inflate(data, 200_000, 0, unlimited()), message);
        }
      }
    });

    it('a window of 256 bytes is kept to, though zlib has none: no reference reaches further', () => {
      const next = random(5);
      for (let distance = 200; distance < 600; distance += 3) {
        const noise = Buffer.from(Array.from({ length: distance }, () => next() * 256));
        const data = new DeflateContext(zlib, { windowBits: 8, contextTakeover: true }, 9, small).deflate(
          Buffer.concat([noise, noise]),
        );
        assert.equal(data !== undefined && data.length < 1.5 * distance, distance <= 250, `distance ${distance}`);
      }
    });

    it('the window is the end of the text, whatever the sizes of the messages that filled it', () => {
      const context = new InflateContext(zlib, { windowBits: 9, contextTakeover: true }, small);
      let text = Buffer.alloc(0);
      const next = random(11);
      for (let i = 0; i < 300; i++) {
        const piece = Buffer.from(Array.from({ length: next() * 40 }, () => 97 + next() * 26));
        const message = Buffer.concat([piece, text.subarray(-500, -300)]);
        const dictionary = text.subarray(-512);
        const data = zlib.deflateRawSync(message, {
          finishFlush: zlib.constants.Z_SYNC_FLUSH,
          ...(dictionary.length > 0 && { dictionary }),
        });
        assert.deepEqual(context.inflate(data.subarray(0, -4), mib, 0, unlimited()), message);
        text = Buffer.concat([text, message]);
      }
    });
  });
}

for (const { by, small } of coders) {
  describe(`a message that does not shrink (RFC 7692 §6): ${by}`, () => {
    it('is to be sent as it is', () => {
      const context = new DeflateContext(zlib, takeover, 9, small);
      assert.equal(context.deflate(Buffer.alloc(0)), undefined);
      assert.equal(context.deflate(Buffer.from('a')), undefined);
      const next = random(3);
      assert.equal(context.deflate(Buffer.from(Array.from({ length: 3000 }, () => next() * 256))), undefined);
    });

    it('is nothing that a later one refers to', () => {
      const sender = new DeflateContext(zlib, takeover, 6, small);
      const receiver = new InflateContext(zlib, takeover, small);
      const next = random(3);
      const secret = Buffer.from(Array.from({ length: 1000 }, () => next() * 256));
      assert.equal(sender.deflate(secret), undefined);
      const later = Buffer.concat([secret, Buffer.alloc(500)]);
      const data = sender.deflate(later)!;
      assert.ok(data.length > 1000);
      assert.deepEqual(receiver.inflate(data, mib, 0, unlimited()), later);
    });
  });
}

for (const { by, small } of coders) {
  describe(`the limit on the size of a message: ${by}`, () => {
    it('holds for what comes out: a size at the limit passes, one above it does not', () => {
      for (const size of [1, 63, 64, 65, 1023, 1024, 16384, 65536, 200_000]) {
        const data = zlib.deflateRawSync(Buffer.alloc(size, 'x'), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
        const message = data.subarray(0, -4);
        assert.equal(new InflateContext(zlib, takeover, small).inflate(message, size, 77, unlimited()).length, size);
        breaks('message-size', () =>
          new InflateContext(zlib, takeover, small).inflate(message, size - 1, 77, unlimited()),
        );
      }
    });

    it('may be more than a Buffer can hold', () => {
      const context = new InflateContext(zlib, takeover, small);
      assert.equal(
        context.inflate(Buffer.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 7, 0]), 2 ** 53, 0, unlimited()).toString(),
        'Hello',
      );
    });

    it('stops a bomb, 1 MiB that unfolds to 1 GiB, in memory of the order of the limit', async () => {
      const deflater = zlib.createDeflateRaw({ level: 9 });
      const pieces: Buffer[] = [];
      deflater.on('data', (piece: Buffer) => pieces.push(piece));
      // The same 64 MiB again and again: a full flush ends them where the next ones can start.
      deflater.write(Buffer.alloc(64 * mib));
      await new Promise<void>((resolve) => deflater.flush(zlib.constants.Z_FULL_FLUSH, resolve));
      deflater.end();
      await once(deflater, 'end');
      const unit = Buffer.concat(pieces).subarray(0, -2);
      const bomb = Buffer.concat(Array<Buffer>(16).fill(unit));
      assert.ok(bomb.length < 1.1 * mib);
      const before = process.memoryUsage();
      const peak = { value: 0 };
      const watched: typeof zlib = {
        ...zlib,
        inflateRawSync: (...args: Parameters<typeof zlib.inflateRawSync>) => {
          try {
            return zlib.inflateRawSync(...args);
          } finally {
            const { external, heapUsed } = process.memoryUsage();
            peak.value = external + heapUsed - before.external - before.heapUsed;
          }
        },
      };
      breaks('message-size', () =>
        new InflateContext(watched, takeover, small).inflate(bomb, 16 * mib, 77, unlimited()),
      );
      assert.ok(peak.value < 64 * mib, `${peak.value} bytes`);
      const whole = new InflateContext(zlib, noTakeover, small).inflate(unit.subarray(0, -4), 64 * mib, 0, unlimited());
      assert.equal(whole.length, 64 * mib, 'the bomb is well-formed');
    });
  });
}

for (const { by, small } of coders) {
  describe(`data that is damaged (RFC 7692 §7.2.2): ${by}`, () => {
    const text = Buffer.from(Array.from({ length: 4000 }, (_, i) => `${(i * i) % 97},`).join(''));
    const data = zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);

    for (const [why, hex] of [
      ['a reserved block type', '07'],
      ['a block type that is reserved, after a good block', 'f2 48 05 00 00 00 ff ff 06'],
      ['lengths of a stored block that contradict each other', '00 05 00 fa fe 48 65 6c 6c 6f 00'],
      ['a stored block that is longer than the message', '00 ff 00 00 ff 48 65'],
      ['a reference to before the start', 'f2 00 11 00 00'],
      ['bytes that are no DEFLATE at all', 'ff ff ff ff'],
      ['garbage behind a final block', 'f3 48 cd c9 c9 07 00 07'],
      ['the flush mark that belongs removed, cut in the middle', 'f2 48 cd c9 c9 07 00 00 00'],
    ] as const) {
      it(`${why}: ${hex}`, () => {
        const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
        breaks('deflate-data', () => new InflateContext(zlib, takeover, small).inflate(bytes, mib, 77, unlimited()));
      });
    }

    it('is noticed when it was cut short, wherever', () => {
      assert.deepEqual(new InflateContext(zlib, takeover, small).inflate(data, mib, 77, unlimited()), text);
      for (let size = 1; size < data.length - 1; size++) {
        breaks('deflate-data', () =>
          new InflateContext(zlib, takeover, small).inflate(data.subarray(0, size), mib, 77, unlimited()),
        );
      }
    });

    it('never raises anything else, whatever byte is changed', () => {
      const next = random(23);
      let refused = 0;
      for (let i = 0; i < 2000; i++) {
        const damaged = Buffer.from(data);
        damaged[Math.floor(next() * damaged.length)]! ^= 1 + Math.floor(next() * 255);
        try {
          new InflateContext(zlib, takeover, small).inflate(damaged, mib, 77, unlimited());
        } catch (error) {
          if (!(error instanceof Violation)) throw error;
          refused++;
        }
      }
      assert.ok(refused > 100);
    });

    it("leaves errors that are not the peer's to the caller", () => {
      const broken = {
        ...zlib,
        inflateRawSync: (): never => {
          throw Object.assign(new Error('out of memory'), { code: 'Z_MEM_ERROR' });
        },
      };
      assert.throws(() => new InflateContext(broken, takeover, 0).inflate(data, mib, 0, unlimited()), /out of memory/);
    });
  });
}

describe('a message that is compressed in pieces', () => {
  const pieces = ['one, ', '', 'one, two, ', 'one, two, three'].map((piece) => Buffer.from(piece));

  for (const direction of [takeover, noTakeover]) {
    it(`is one stream of DEFLATE, ${direction.contextTakeover ? 'with' : 'without'} context takeover`, () => {
      const sending = new DeflateContext(zlib, direction, 3);
      const receiving = new InflateContext(zlib, direction);
      const inflate = (data: Buffer): string => receiving.inflate(data, mib, 0, unlimited()).toString();
      for (let round = 0; round < 3; round++) {
        const parts = pieces.map((piece) => sending.deflatePiece(piece, false));
        assert.equal(inflate(Buffer.concat([...parts, sending.deflatePiece(Buffer.alloc(0), true)])), pieces.join(''));
        assert.equal(inflate(sending.deflatePiece(Buffer.from('whole'), true)), 'whole');
        const whole = sending.deflate(Buffer.from('whole, whole, whole, whole'));
        if (whole !== undefined) assert.equal(inflate(whole), 'whole, whole, whole, whole');
      }
    });
  }

  it('can be read as far as it has arrived', () => {
    const sending = new DeflateContext(zlib, noTakeover, 6);
    const first = sending.deflatePiece(Buffer.from('the first piece'), false);
    const receiving = new InflateContext(zlib, noTakeover);
    assert.equal(receiving.inflate(first, mib, 0, unlimited()).toString(), 'the first piece');
  });

  it('is the byte 0x00 when it is empty (RFC 7692 §7.2.3.6)', () => {
    const sending = new DeflateContext(zlib, takeover, 6);
    assert.equal(sending.deflatePiece(Buffer.alloc(0), false).length, 0);
    assert.deepEqual(sending.deflatePiece(Buffer.alloc(0), true), Buffer.of(0));
  });
});

describe('where zlib has no dictionaries for raw data, as in Deno', () => {
  const forgetful = {
    ...zlib,
    inflateRawSync: (data: Uint8Array, { dictionary: _, ...options }: zlib.ZlibOptions) =>
      zlib.inflateRawSync(data, options),
    createInflateRaw: ({ dictionary: _, ...options }: zlib.ZlibOptions) => zlib.createInflateRaw(options),
  } as unknown as typeof zlib;

  /** A peer, whose messages refer to those before. */
  function talking(): (message: Buffer) => Buffer {
    let said = Buffer.alloc(0);
    return (message) => {
      const options = { dictionary: said, finishFlush: zlib.constants.Z_SYNC_FLUSH };
      const data = zlib.deflateRawSync(message, said.length > 0 ? options : { finishFlush: options.finishFlush });
      said = Buffer.concat([said, message]).subarray(-32_768);
      return data.subarray(0, -4);
    };
  }

  it('a large message that refers to those before is read, and its size is limited', () => {
    const sent = talking();
    const context = new InflateContext(forgetful, takeover, 0);
    const noise = Buffer.from(Array.from({ length: 9000 }, random(1)).map((part) => part * 256));
    const large = Buffer.concat([noise.subarray(4000), Buffer.from(noise).reverse()]);
    for (const message of [noise, large, large]) {
      const compressed = sent(message);
      if (message === large)
        breaks('message-size', () => context.inflate(compressed, large.length - 1, 77, unlimited()));
      assert.deepEqual(context.inflate(compressed, large.length, 0, unlimited()), message);
    }
  });

  it('a message in pieces is read, too', async () => {
    const sent = talking();
    const context = new InflateContext(forgetful, takeover);
    const text = Buffer.from('to be read again and again, and not a letter is said anew');
    for (const message of [text, text, Buffer.alloc(100_000, text), text]) {
      const compressed = sent(message);
      const pieces: Buffer[] = [];
      for await (const piece of context.inflatePieces(Readable.from([compressed]), 0)) pieces.push(piece);
      assert.deepEqual(Buffer.concat(pieces), message);
    }
  });
});
