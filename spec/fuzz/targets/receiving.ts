import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { rules } from '../../../lib/protocol/rules.js';
import { parseFrames } from '../../protocol/drive.js';
import { type Feed, type Outcome, run, type Setup } from '../driver.js';
import type { Target } from '../fuzzer.js';
import { model } from '../model.js';
import type { Random } from '../random.js';
import { deflateOptions, validStream } from '../stream.js';
import { encodeFrame, mutateBytes, mutateFrames } from '../wire.js';

export const receiving: Target = {
  name: 'receiving',
  title: 'frames come out as they went in, or are refused by rule and code, whatever the chunks, buffers and observers',
  share: 40,
  run(random) {
    const server = random.once(4);
    const deflate = random.once(4) ? { client: deflateOptions(random), server: deflateOptions(random) } : undefined;
    const stream = validStream(random, server, deflate);
    let { frames } = stream;
    const isValid = random.once(3) || frames.length === 0;
    if (!isValid) {
      for (let count = random.below(3); count > 0 && frames.length > 0; count--) frames = mutateFrames(random, frames);
    }
    let bytes: Buffer = Buffer.concat(frames.map(encodeFrame));
    if (!isValid) for (let count = random.below(3); count > 0; count--) bytes = mutateBytes(random, bytes);

    const { maxFragments } = stream;
    const limits = { maxMessageSize: stream.maxMessageSize + random.pick([0, 0, 1, 1000]), maxFragments };
    const isTight = random.once(6);
    if (isTight && limits.maxMessageSize > 0) limits.maxMessageSize--;
    const setup: Setup = { server, deflate, limits };

    const outcome = agree(setup, bytes, feeds(random, bytes.length));
    if (isValid && !isTight) assert.deepEqual(outcome.events, stream.events, 'as it went in');
    if (deflate === undefined) assert.deepEqual(outcome.events, model(bytes, server, limits), 'as in the model');
    checkRefusal(outcome, bytes.length);
    checkOutput(outcome, server);
  },
};

/** The ways in which the same bytes can arrive. */
export function feeds(random: Random, size: number): Feed[] {
  return [
    { title: 'in one chunk', cuts: [] },
    { title: 'in chunks', cuts: random.cuts(size) },
    { title: 'observed', cuts: random.cuts(size), observed: true },
  ];
}

/** Runs all ways, which have to come to the same. */
export function agree(setup: Setup, bytes: Buffer, ways: readonly Feed[]): Outcome {
  const [first, ...others] = ways;
  const outcome = run(setup, bytes, first!);
  for (const way of others) {
    const other = run(setup, bytes, way);
    assert.deepEqual(other, outcome, `${first!.title} and ${way.title} (${way.cuts.join().slice(0, 100)})`);
  }
  return outcome;
}

export function checkRefusal({ events, rule, closeCode, offset }: Outcome, size: number): void {
  const failures = events.filter((event) => event.startsWith('failed'));
  assert.ok(failures.length <= 1, failures.join());
  if (rule === undefined) return;
  assert.ok(rule in rules, rule);
  assert.ok(closeCode !== undefined && [1002, 1007, 1009].includes(closeCode), `${closeCode}`);
  assert.ok(offset !== undefined && offset >= 0 && offset <= size + 1000, `offset ${offset}`);
}

/** What a session answers is itself good: pongs, then at most one Close frame, masked by a client only. */
function checkOutput({ output, closeCode }: Outcome, server: boolean): void {
  const frames = parseFrames(output);
  frames.forEach(({ fin, rsv, opcode, masked, payload }, index) => {
    assert.equal(masked, !server);
    assert.deepEqual([fin, rsv], [true, 0]);
    assert.ok(payload.length <= 125);
    assert.equal(opcode, index === frames.length - 1 && opcode === 8 ? 8 : 10);
  });
  const last = frames.at(-1);
  if (closeCode !== undefined) {
    assert.equal(last?.opcode, 8, 'a refusal says so');
    assert.equal(last.payload.readUInt16BE(), closeCode);
  }
}
