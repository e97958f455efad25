import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { runTextCost, unlimited } from '../../../lib/protocol/framing/budget.js';
import { decodeHeader, frameHeader } from '../../../lib/protocol/framing/header.js';
import { TextRun } from '../../../lib/protocol/framing/text-run.js';
import { frame } from '../../peer/frames.js';
import { seeded } from '../random.js';

/** The whole text frames of at most `maxText` bytes that the bytes begin with, one by one. */
function naive(bytes: Buffer, maxText: number): { texts: string[]; end: number } {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  const header = frameHeader();
  let end = 0;
  for (;;) {
    const size = decodeHeader(bytes, end, bytes.length, header);
    const next = end + size + header.length;
    const ordinary = header.fin && header.rsv === 0 && header.opcode === 1 && !header.masked;
    const minimal = header.lengthBits === 7 || (header.lengthBits === 16 && header.length > 125);
    if (size === 0 || !ordinary || !minimal || header.length > maxText || next > bytes.length) break;
    try {
      texts.push(utf8.decode(bytes.subarray(end + size, next)));
    } catch {
      break;
    }
    end = next;
  }
  return { texts, end };
}

class Receiver {
  readonly texts: string[] = [];
  most = Infinity;

  get stopped(): boolean {
    return this.texts.length >= this.most;
  }

  message(message: string): void {
    this.texts.push(message);
  }
}

/** Takes runs until one is empty, from the middle of a larger buffer. */
function take(run: TextRun, bytes: Buffer, most = Infinity): { texts: string[]; end: number; runs: number } {
  const memory = Buffer.concat([Buffer.of(0x81), bytes, Buffer.of(0x81, 0x00)]);
  const receiver = new Receiver();
  receiver.most = most;
  let at = 1;
  let runs = 0;
  for (let next = 1; ; runs++) {
    next = run.take(memory, at, memory.length - 2, receiver);
    if (next === at || receiver.stopped) return { texts: receiver.texts, end: next - 1, runs };
    at = next;
  }
}

describe('a run of small texts', () => {
  it('is what its frames are one by one: 2 000 seeded streams', () => {
    const next = seeded(20261127);
    const scraps = ['', 'a', 'hello, world', 'é', '€uro', '😀', 'x'.repeat(125), 'y'.repeat(126), 'Привет '.repeat(40)];
    const odd = [
      (): Buffer => frame(1, Buffer.of(0x61, 0xff)),
      (): Buffer => frame(1, 'cut').subarray(0, 4),
      (): Buffer => frame(1, '', { masked: true }),
      (): Buffer => frame(1, 'abc', { lengthBits: 16 }),
      (): Buffer => frame(1, 'abc', { fin: false }),
      (): Buffer => frame(1, 'abc', { rsv: 4 }),
      (): Buffer => frame(2, 'abc'),
      (): Buffer => frame(1, 'z'.repeat(1025)),
    ];
    const run = new TextRun(1000, unlimited());
    for (let round = 0; round < 2000; round++) {
      const ascii = next() % 2 === 0;
      const pieces = Array.from({ length: next() % 60 }, () => {
        if (next() % 50 === 0) return odd[next() % odd.length]!();
        const text = scraps[next() % scraps.length]!;
        return frame(1, ascii ? text.replace(/[^\x00-\x7f]/g, '?') : text);
      });
      const stream = Buffer.concat(pieces);
      const { texts, end } = take(run, stream);
      assert.deepEqual({ texts, end }, naive(stream, 1000), `round ${round}`);
    }
  });

  it('costs more the more texts it has', () => {
    const budget = { left: 1e6 };
    const run = new TextRun(1000, budget);
    const many = Buffer.concat(Array.from({ length: 2000 }, () => frame(1, '')));
    const one = frame(1, 'a'.repeat(998));
    const cost = (bytes: Buffer): number => {
      const before = budget.left;
      assert.ok(run.take(bytes, 0, bytes.length, new Receiver()) >= 1000);
      return before - budget.left;
    };
    assert.ok(cost(many) >= 2000 * runTextCost);
    assert.ok(cost(one) <= one.length + 4 * runTextCost);
  });

  it('stops where its receiver does, ASCII or not', () => {
    const stream = Buffer.concat(['a', 'b', 'c', 'é', 'd'].map((text) => frame(1, text)));
    for (const bytes of [stream, stream.subarray(0, 9)]) {
      for (let most = 1; most < 4; most++) {
        const { texts, end } = take(new TextRun(1000, unlimited()), bytes, most);
        assert.deepEqual([texts, end], [['a', 'b', 'c'].slice(0, most), most * 3]);
      }
    }
  });

  it('ends behind 4 KiB, and takes no text above 1 KiB', () => {
    const sizes = [125, 126, 127, 128, 255, 256, 383, 384, 1023, 1024, 511, 10, 1025];
    const stream = Buffer.concat(sizes.map((size) => frame(1, 'a'.repeat(size))));
    const { texts, runs } = take(new TextRun(2 ** 30, unlimited()), stream);
    assert.deepEqual(
      texts.map((text) => text.length),
      sizes.slice(0, -1),
    );
    assert.equal(runs, 2);
  });

  it('takes no text above the limit on a message', () => {
    const { texts } = take(new TextRun(2, unlimited()), Buffer.concat([frame(1, 'ab'), frame(1, 'abc')]));
    assert.deepEqual(texts, ['ab']);
  });

  it('leaves a text that is not UTF-8, and all behind it, to the ordinary path', () => {
    const stream = Buffer.concat([frame(1, 'é'), frame(1, Buffer.of(0xc3)), frame(1, 'a')]);
    assert.deepEqual(take(new TextRun(100, unlimited()), stream), { texts: ['é'], end: 4, runs: 1 });
  });
});
