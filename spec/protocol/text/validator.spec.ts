import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { Utf8Validator } from '../../../lib/protocol/text/validator.js';
import { seeded } from '../random.js';

const decoder = new TextDecoder('utf-8', { fatal: true });

function decodes(bytes: readonly number[]): boolean {
  try {
    decoder.decode(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Continuation bytes on both sides of every limit that a lead byte sets. */
const continuations = [0x80, 0x90, 0xa0, 0xbf, 0x8f, 0x9f];

const known = new Map<string, boolean>();

/** Whether up to three continuation bytes could make these bytes valid: all of them are tried. */
function canBeCompleted(bytes: readonly number[], most = 4 - bytes.length): boolean {
  const name = bytes.join();
  const before = known.get(name);
  if (before !== undefined) return before;
  const can = decodes(bytes) || (most > 0 && continuations.some((byte) => canBeCompleted([...bytes, byte], most - 1)));
  known.set(name, can);
  return can;
}

/** The index of the first byte that no continuation can repair; the platform's decoder is asked byte by byte. */
function naive(bytes: Uint8Array): number {
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    const sequence = [...bytes.subarray(start, at + 1)];
    if (!canBeCompleted(sequence)) return at;
    if (decodes(sequence)) start = at + 1;
  }
  return -1;
}

/** Pushes the bytes cut at these positions. */
function validate(bytes: Buffer, cuts: readonly number[]): { bad: number; complete: boolean } {
  const validator = new Utf8Validator();
  // Bytes before and after, which must not matter.
  const memory = Buffer.concat([Buffer.of(0xc3), bytes, Buffer.of(0xa9)]);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const bad = validator.push(memory, from + 1, to + 1);
    if (bad >= 0) return { bad: bad - 1, complete: validator.complete };
    from = to;
  }
  return { bad: -1, complete: validator.complete };
}

const badSequences: Record<string, string> = {
  'a lone continuation byte': '80',
  'another lone continuation byte': 'bf',
  'two continuation bytes too many': 'c3a98080',
  'overlong slash in two bytes': 'c0af',
  'overlong U+007F': 'c1bf',
  'overlong slash in three bytes': 'e080af',
  'overlong U+07FF': 'e09fbf',
  'overlong slash in four bytes': 'f08080af',
  'overlong U+FFFF': 'f08fbfbf',
  'the first surrogate': 'eda080',
  'the last high surrogate': 'edafbf',
  'the last surrogate': 'edbfbf',
  'a pair of surrogates (CESU-8)': 'eda0bdedb880',
  'U+110000': 'f4908080',
  'a lead byte beyond U+10FFFF': 'f5808080',
  'a five-byte form': 'f888808080',
  'a six-byte form': 'fc8480808080',
  FE: 'fe',
  FF: 'ff',
  'a lead byte of two before ASCII': 'c361',
  'a lead byte of three before ASCII': 'e261',
  'two bytes of three before ASCII': 'e28261',
  'three bytes of four before ASCII': 'f09f9861',
  'a lead byte before a lead byte': 'c3c3a9',
  'two bytes of three before a lead byte': 'e282e282ac',
};

describe('a UTF-8 validator (RFC 6455 §8.1, RFC 3629 §4)', () => {
  for (const [title, hex] of Object.entries(badSequences)) {
    it(`fails at the byte that proves it, wherever the pieces end: ${title}`, () => {
      for (const before of ['', 'a', 'é', '€', '😀', 'a'.repeat(50), '€'.repeat(50)]) {
        for (const after of ['', 'a'.repeat(60)]) {
          const bytes = Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]);
          const expected = Buffer.byteLength(before) + naive(Buffer.from(hex, 'hex'));
          for (let cut = 0; cut <= bytes.length; cut++)
            assert.equal(validate(bytes, [cut]).bad, expected, `cut at ${cut}`);
          assert.equal(validate(bytes, [...bytes.keys()]).bad, expected, 'byte by byte');
        }
      }
    });
  }

  it('knows at the end of every piece whether a character is cut off', () => {
    const bytes = Buffer.from('aé€😀');
    const validator = new Utf8Validator();
    const complete = [...bytes.keys()].map((at) => {
      assert.equal(validator.push(bytes, at, at + 1), -1);
      return validator.complete;
    });
    assert.deepEqual(complete, [true, false, true, false, false, true, false, false, false, true]);
  });

  it('accepts a truncated character as long as it can be completed, at every cut', () => {
    for (const character of ['é', '€', '😀', '\u{10ffff}', '\ud7ff']) {
      for (const before of ['', 'a'.repeat(47), 'a'.repeat(48), 'é'.repeat(30)]) {
        const whole = Buffer.from(before + character);
        for (let size = Buffer.byteLength(before); size < whole.length; size++) {
          const bytes = whole.subarray(0, size);
          for (let cut = 0; cut <= size; cut++) {
            assert.deepEqual(validate(bytes, [cut]), { bad: -1, complete: size === Buffer.byteLength(before) });
          }
        }
      }
    }
  });

  it('accepts every character', () => {
    const validator = new Utf8Validator();
    for (let first = 0; first < 0x110000; first += 0x100) {
      if (first >= 0xd800 && first <= 0xdfff) continue;
      const bytes = Buffer.from(String.fromCodePoint(...Array.from({ length: 0x100 }, (_, index) => first + index)));
      assert.equal(validator.push(bytes, 0, bytes.length), -1);
      for (let at = 0; at < bytes.length; at += 5) {
        assert.equal(validator.push(bytes, at, Math.min(at + 5, bytes.length)), -1);
      }
      assert.equal(validator.complete, true);
    }
  });

  it('judges sequences of two and three bytes at every limit as the platform does', () => {
    const check = (bytes: Buffer): void => assert.equal(validate(bytes, []).bad, naive(bytes), bytes.toString('hex'));
    for (let pair = 0x8000; pair < 0x10000; pair++) {
      if ([0, 15].includes(pair % 16)) check(Buffer.of(pair >> 8, pair & 0xff));
    }
    for (let lead = 0xe0; lead < 0xf8; lead++) {
      for (const second of [0x7f, ...continuations, 0xc0]) {
        for (const third of [0x7f, 0x80, 0xbf, 0xc0]) check(Buffer.of(lead, second, third));
      }
    }
  });

  it('gives the same position for random bytes in random pieces as the naive reference', () => {
    const next = seeded(9);
    const pieces = ['a', 'é', '€', '😀', 'aaaaaaaa'].map((text) => Buffer.from(text));
    for (let round = 0; round < 300; round++) {
      const parts = Array.from({ length: 5 + (next() % 25) }, () => pieces[next() % pieces.length]!);
      const bytes = Buffer.concat(parts);
      if (round % 2 === 0) bytes[next() % bytes.length] = next() & 0xff;
      const cuts = [next() % bytes.length, next() % bytes.length].sort((one, other) => one - other);
      const outcome = validate(bytes, cuts);
      assert.equal(outcome.bad, naive(bytes), `${bytes.toString('hex')} cut at ${cuts.join()}`);
      if (outcome.bad < 0) assert.equal(outcome.complete, decodes([...bytes]));
    }
  });

  it('forgets an unfinished character when it is reset', () => {
    const validator = new Utf8Validator();
    for (const hex of ['e0', 'ed', 'f0', 'f4', 'f09f98']) {
      const bytes = Buffer.from(hex, 'hex');
      assert.equal(validator.push(bytes, 0, bytes.length), -1);
      validator.reset();
      assert.equal(validator.complete, true);
      assert.equal(validator.push(Buffer.from('c3bfc280', 'hex'), 0, 4), -1);
    }
  });
});
