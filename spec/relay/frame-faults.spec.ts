import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { type FrameFaultRules, FrameFaults } from '../../lib/relay/frame-faults.js';
import { SeededRandom } from '../../lib/relay/seeded-random.js';
import { frame, readFrame, text } from '../peer/frames.js';

const none: FrameFaultRules = { dropPongs: false, corrupt: false, most: Infinity };

function pass(
  bytes: Buffer,
  rules: Partial<FrameFaultRules>,
  cut: number,
): { passed: Buffer; did: string[]; faults: FrameFaults } {
  const did: string[] = [];
  const faults = new FrameFaults({ ...none, ...rules }, new SeededRandom(5), (fault) => did.push(fault));
  const passed: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += cut) passed.push(...faults.take(Buffer.from(bytes.subarray(at, at + cut))));
  return { passed: Buffer.concat(passed), did, faults };
}

const stream = Buffer.concat([
  text('one'),
  frame(0xa, 'pong'),
  frame(0xa),
  frame(0x2, Buffer.alloc(70_000, 1), { key: Buffer.of(9, 8, 7, 6) }),
  frame(0xa, 'last', { masked: true }),
  frame(0x9, 'ping'),
]);

describe('what is done to frames', () => {
  it('without faults everything passes, in any chunking', () => {
    for (const cut of [1, 2, 3, 7, 100, stream.length])
      assert.deepEqual(pass(stream, {}, cut).passed, stream, `${cut}`);
  });

  it('pongs are left out, and nothing else', () => {
    const expected = Buffer.concat([text('one'), stream.subarray(13, stream.length - 16), frame(0x9, 'ping')]);
    for (const cut of [1, 2, 3, 7, 100, stream.length]) {
      const { passed, did } = pass(stream, { dropPongs: true }, cut);
      assert.deepEqual(passed, expected, `${cut}`);
      assert.equal(did.length, 3);
    }
  });

  it('one byte of the payload of each frame changes, the same ones with the same seed in any chunking', () => {
    const first = pass(stream, { corrupt: true }, stream.length).passed;
    assert.equal(first.length, stream.length);
    const different = [...stream].flatMap((byte, at) => (byte === first[at] ? [] : [at]));
    assert.equal(different.length, 5); // the second pong has no payload
    for (const cut of [1, 3, 100]) assert.deepEqual(pass(stream, { corrupt: true }, cut).passed, first);
    let rest = first;
    for (const opcode of [1, 10, 10, 2, 10, 9]) {
      const next = readFrame(rest)!;
      assert.equal(next.opcode, opcode);
      rest = rest.subarray(next.size);
    }
  });

  it('nothing passes behind the last frame that may', () => {
    for (const cut of [1, 4, stream.length]) {
      const { passed, faults } = pass(stream, { most: 2 }, cut);
      assert.deepEqual(passed, stream.subarray(0, 11));
      assert.ok(faults.isSpent);
    }
  });

  it('a stop waits for the end of the frame in progress', () => {
    const faults = new FrameFaults(none, new SeededRandom(1), () => {});
    const passed = [...faults.take(Buffer.from(stream.subarray(0, 3)))];
    assert.equal(faults.isBetweenFrames, false);
    faults.stopAtBoundary();
    passed.push(...faults.take(Buffer.from(stream.subarray(3))));
    assert.deepEqual(Buffer.concat(passed), text('one'));
    assert.ok(faults.isSpent && faults.isBetweenFrames);
  });

  it('the start of a header is held back, and there is a way to get it', () => {
    const faults = new FrameFaults(none, new SeededRandom(1), () => {});
    assert.deepEqual(faults.take(Buffer.of(0x81)), []);
    assert.deepEqual(faults.rest(), Buffer.of(0x81));
  });
});
