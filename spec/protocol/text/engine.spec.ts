import assert from 'node:assert/strict';
import { Buffer, transcode } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeText } from '../../../lib/protocol/text/decoder.js';
import { utf8Encoder } from '../../../lib/protocol/text/encoder.js';
import { canTranscode, littleEndian, nativeDecodesFast, nativeEncodesFast } from '../../../lib/protocol/text/engine.js';
import { seeded } from '../random.js';

const running = Number.parseInt(process.versions.node, 10);
const { engines } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));
const oldest = Number.parseInt(String(engines.node).replace('>=', ''), 10);

/** Which Node made a workaround unnecessary, and how its absence is detected. */
const workarounds = [
  { title: 'decoding UTF-8', since: 24, needless: nativeDecodesFast },
  { title: 'encoding two-byte strings', since: 26, needless: nativeEncodesFast },
] as const;

/** Texts of 300 characters in mixed scripts: what the workarounds are for. */
const texts = Array.from({ length: 64 }, (_, seed) => {
  const next = seeded(seed);
  return Array.from({ length: 300 }, () => 'aбé中日ひ한я'[next() % 8]).join('');
});

/** The shortest of many rounds, in which the other of the two takes turns: what else runs does not matter. */
function shortest(one: () => void, other: () => void): [number, number] {
  const best: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < 60; round++) {
    [one, other].forEach((run, index) => {
      const start = process.hrtime.bigint();
      for (let i = 0; i < 5; i++) run();
      best[index] = Math.min(best[index]!, Number(process.hrtime.bigint() - start));
    });
  }
  return best;
}

/** V8 counts what is covered: our loops are slowed down then, native code is not. */
const isCounted = process.env['NODE_V8_COVERAGE'] !== undefined;

describe('facts about the engine', () => {
  for (const { title, since, needless } of workarounds) {
    it(`the workaround for ${title} is used before Node ${since}, and not from there on`, () => {
      assert.equal(needless, running >= since);
    });

    it(`the workaround for ${title} has a supported Node that needs it`, () => {
      assert.ok(oldest < since, `Node ${since} does without and ${oldest} is the oldest supported: remove it`);
    });
  }

  it('decoding pays where it is used', { skip: isCounted || nativeDecodesFast || !littleEndian }, () => {
    const encoded = texts.map((text) => Buffer.from(text));
    const [here, native] = shortest(
      () => encoded.forEach((bytes) => void decodeText(bytes, 0, bytes.length)),
      () => encoded.forEach((bytes) => void bytes.toString('utf8')),
    );
    assert.ok(here < native, `${here} ns here, ${native} ns in Node`);
  });

  it('encoding pays where it is used', { skip: isCounted || nativeEncodesFast || !littleEndian }, () => {
    const encoder = utf8Encoder();
    const target = Buffer.alloc(2000);
    const [here, native] = shortest(
      () => texts.forEach((text) => void encoder.encode(text)),
      () => texts.forEach((text) => void target.write(text, 'utf8')),
    );
    assert.ok(here < native, `${here} ns here, ${native} ns in Node`);
  });

  it('are what they say', () => {
    assert.equal(littleEndian, new Uint8Array(Uint16Array.of(1).buffer)[0] === 1);
    assert.equal(canTranscode, process.versions['icu'] !== undefined);
    if (canTranscode) assert.equal(transcode(Buffer.from('é'), 'utf8', 'utf16le').toString('hex'), 'e900');
  });
});
