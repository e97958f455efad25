/**
 * The same bytes through npm ws' receiver and through our session: the same messages, or the same refusal.
 *
 * Two implementations that were written apart agree on a stream, or one of them is wrong about it, or the difference is
 * a decision. The decisions are the rows of `differences`; a stream that differs in any other way fails the spec, and
 * so does a row that no stream needs.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { RuleId } from '../../lib/protocol/rules.js';
import { wsAbsent } from './npm-ws.js';
import type { Frame, Outcome, Stream } from './receivers.js';
import {
  encode,
  equal,
  generator,
  isControl,
  maxMessageSize,
  ourVerdict,
  provedUtf8Earlier,
  show,
  startsWith,
  theirVerdict,
  withoutEnd,
} from './receivers.js';

interface Difference {
  /** The rules by which we refuse such a stream; `undefined`: we do not, yet. */
  readonly rules: readonly (RuleId | undefined)[];
  readonly theirs: string;
  readonly ours: string;
  readonly why: string;
  /** Whether the two outcomes differ in exactly that way. */
  holds(theirs: Outcome, ours: Outcome, stream: Stream): boolean;
}

/** Whether the two agree as soon as the cut-off stream goes on: then only the moment differs. */
const agreeLater = ({ bytes, cuts }: Stream): boolean => {
  const longer = { bytes: Buffer.concat([bytes, Buffer.alloc(8)]), cuts };
  return equal(theirVerdict(longer).outcome, ourVerdict(longer, true).outcome);
};

const differences: readonly Difference[] = [
  {
    rules: ['frame-minimal-length'],
    theirs: 'accepts a length in more bytes than it needs',
    ours: '1002',
    why: 'RFC 6455 §5.2: "the minimal number of bytes MUST be used to encode the length"',
    holds: (theirs, ours) => startsWith(theirs, withoutEnd(ours)),
  },
  {
    rules: ['frame-length-63-bit'],
    theirs: 'refuses a 64-bit length with its highest bit set as too big: 1009',
    ours: '1002',
    why: 'RFC 6455 §5.2: "the most significant bit MUST be 0", so it is malformed whatever the limits are',
    holds: (theirs, ours) => equal(theirs, [...withoutEnd(ours), 'refused 1009']),
  },
  {
    rules: ['message-utf8'],
    theirs: 'looks at a text when its last fragment is complete; control frames and rules before that come first',
    ours: '1007 at the first bytes that prove it',
    why: 'RFC 6455 §8.1 asks for the failure, api-contract.md for "at the first fragment that proves it"',
    holds: provedUtf8Earlier,
  },
  {
    rules: ['frame-rsv', 'frame-opcode', 'control-fragmented'],
    theirs: 'waits for the second byte of a header',
    ours: '1002 as soon as the first byte is wrong',
    why: 'nothing that follows can make it right',
    holds: (theirs, ours, stream) => equal(theirs, withoutEnd(ours)) && agreeLater(stream),
  },
  {
    rules: [undefined],
    theirs: 'refuses fragments out of order, and a Close frame of 1 byte, at the second byte of the header',
    ours: 'waits for the whole header; for the body of a Close frame',
    why: 'both rules are about more than a header; no byte that follows is processed before the refusal',
    holds: (theirs, ours, stream) => equal(theirs, [...ours, 'refused 1002']) && agreeLater(stream),
  },
];

// ---------------------------------------------------------------------------------------------------- the streams

const texts = [
  '',
  'a',
  'Hello',
  'äöü',
  '€',
  '😀',
  'x'.repeat(125),
  'é'.repeat(63),
  'long '.repeat(300),
  '\ud7ff\ue000\uffff',
];
const closeCodes = [
  0, 999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1011, 1012, 1014, 1015, 1016, 2999, 3000, 4999, 5000,
];

/** A mostly well-formed conversation of a server, broken in a few places. */
function stream(random: (below: number) => number): Stream {
  const one = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const frames: Frame[] = [];
  const add = (fin: boolean, opcode: number, payload: Buffer): void => {
    const lengthBits = payload.length < 126 ? 7 : payload.length < 65_536 ? 16 : 64;
    frames.push({ fin, rsv: 0, opcode, masked: false, payload, lengthBits, highestBit: false });
  };
  const control = (): void => add(true, one([9, 10]), Buffer.alloc(one([0, 1, 4, 125]), random(256)));
  for (let messages = random(6); messages >= 0; messages--) {
    const opcode = one([1, 1, 2]);
    const payload = Buffer.concat(Array.from({ length: 1 + random(3) }, () => Buffer.from(one(texts))));
    if (random(8) === 0 && payload.length > 0) payload[random(payload.length)] = one([0x80, 0xc0, 0xed, 0xf5, 0xff]);
    const cuts = Array.from({ length: random(4) }, () => random(payload.length + 1)).sort((a, b) => a - b);
    [...cuts, payload.length].forEach((end, at, ends) => {
      add(at === ends.length - 1, at === 0 ? opcode : 0, payload.subarray(ends[at - 1] ?? 0, end));
      if (random(4) === 0) control();
    });
  }
  if (random(2) === 0) {
    const code = Buffer.alloc(2);
    code.writeUInt16BE(one(closeCodes));
    const reason = Buffer.from(one(['', 'bye', 'größer', '\u0000', 'x'.repeat(123)]));
    if (random(6) === 0 && reason.length > 0) reason[random(reason.length)] = 0xff;
    add(
      true,
      8,
      one([Buffer.concat([code, reason]), Buffer.concat([code, reason]), Buffer.alloc(0), Buffer.from([3])]),
    );
    if (random(3) === 0) add(true, 1, Buffer.from('after the end'));
  }
  for (let broken = random(3); broken > 0; broken--) {
    const frame = one(frames);
    switch (random(9)) {
      case 0:
        frame.rsv = random(8);
        break;
      case 1:
        frame.opcode = random(16);
        break;
      case 2:
        frame.fin = !frame.fin;
        break;
      case 3:
        frame.masked = true;
        break;
      case 4:
        frame.lengthBits = frame.lengthBits === 7 ? one([16, 64]) : 64;
        break;
      case 5:
        frame.lengthBits = 64;
        frame.highestBit = true;
        break;
      case 6:
        frame.payload = Buffer.alloc(one([126, maxMessageSize, maxMessageSize + 1, 65_536]), 'z');
        frame.lengthBits = frame.payload.length < 65_536 ? 16 : 64;
        break;
      case 7:
        frames.splice(random(frames.length), 1);
        break;
      default:
        frames.splice(random(frames.length + 1), 0, { ...one(frames) });
    }
    if (frames.length === 0) control();
  }
  let bytes = Buffer.concat(frames.map(encode));
  if (random(6) === 0) bytes = bytes.subarray(0, random(bytes.length + 1));
  if (random(10) === 0 && bytes.length > 0) bytes[random(bytes.length)] = random(256);
  const cuts = Array.from({ length: one([0, 0, 1, 2, 10, 50]) }, () => random(bytes.length + 1)).sort((a, b) => a - b);
  return { bytes, cuts: random(20) === 0 ? Array.from(bytes.keys()) : cuts };
}

// ---------------------------------------------------------------------------------------------------- the comparison

/** Compares, and says which row explains a difference. */
function compare(of: Stream, name: string): Difference | undefined {
  const theirs = theirVerdict(of);
  const ours = ourVerdict(of, true);
  const unwatched = ourVerdict(of, false);
  const noControl = (outcome: Outcome): Outcome => outcome.filter((entry) => !isControl(entry));
  assert.deepEqual(unwatched.outcome, noControl(ours.outcome), `${name}: an observer changes nothing; ${show(of)}`);

  if (equal(theirs.outcome, ours.outcome)) return undefined;
  const row = differences.find(
    ({ rules, holds }) => rules.includes(ours.rule) && holds(theirs.outcome, ours.outcome, of),
  );
  if (row === undefined) {
    assert.deepEqual(
      ours.outcome,
      theirs.outcome,
      `${name}: we (actual) and ws (expected) differ; rule ${ours.rule}; ${show(of)}`,
    );
  }
  return row;
}

describe('npm ws and this client, given the same bytes', { skip: wsAbsent }, () => {
  const { DIFFERENTIAL_CASES, DIFFERENTIAL_SEED } = process.env;
  const cases = Number(DIFFERENTIAL_CASES ?? 3_000);
  const seed = Number(DIFFERENTIAL_SEED ?? 6455);
  const needed = new Set<Difference>();

  it(`deliver the same or refuse the same: ${cases} streams from seed ${seed}`, () => {
    const seen = { same: 0, different: 0 };
    for (let number = 0; number < cases; number++) {
      const row = compare(stream(generator(seed + number)), `DIFFERENTIAL_SEED=${seed + number} DIFFERENTIAL_CASES=1`);
      if (row === undefined) seen.same++;
      else {
        seen.different++;
        needed.add(row);
      }
    }
    assert.ok(
      cases < 100 || seen.same > cases / 2,
      `the streams are too odd to mean anything: ${JSON.stringify(seen)}`,
    );
  });

  it('agree on hand-written streams that chance seldom makes', () => {
    for (const hex of [
      '8801', // a Close frame of 1 byte, without that byte
      '0105 48656c6c6f 827e', // a binary message inside a text, its length cut off
      '007e', // a continuation of nothing, its length cut off
      '827f 8000000000000000', // the highest bit of a length, and nothing else
      '827f ffffffffffffffff',
      '0101 c3 8900 8001 28', // a text that a ping interrupts in the middle of a wrong character
    ]) {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      for (const cuts of [[], Array.from(bytes.keys())]) {
        const row = compare({ bytes, cuts }, hex);
        if (row !== undefined) needed.add(row);
      }
    }
  });

  it('agree on every close code: which ones are delivered, which ones refused', () => {
    for (const code of [...Array(5_100).keys(), 10_000, 32_767, 32_768, 65_535]) {
      const bytes = Buffer.from([0x88, 2, code >> 8, code & 0xff]);
      assert.equal(compare({ bytes, cuts: [] }, `close code ${code}`), undefined);
    }
  });

  it('agree on every first byte of a frame, with every kind of second byte', () => {
    for (let first = 0; first < 256; first++) {
      for (const second of [0, 1, 2, 125, 126, 127, 0x80, 0x82, 0xfd, 0xfe, 0xff]) {
        const bytes = Buffer.concat([Buffer.from([first, second]), Buffer.alloc(140)]);
        const row = compare({ bytes, cuts: [] }, `first bytes ${first} ${second}`);
        if (row !== undefined) assert.deepEqual(row.rules, ['frame-minimal-length']);
      }
    }
  });

  const ownStreams = DIFFERENTIAL_SEED !== undefined && 'only the built-in streams are known to need every row';
  it('need every row of the table of differences', { skip: ownStreams }, () => {
    const unused = differences.filter((row) => !needed.has(row)).map(({ theirs }) => theirs);
    assert.deepEqual(unused, []);
  });
});
