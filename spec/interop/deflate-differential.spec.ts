/**
 * The same compressed streams through npm ws' receiver and through our session; see `differential.spec.ts`.
 *
 * The messages are compressed by zlib directly: neither side's compressor takes part.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
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
  theirDeflateVerdict,
  withoutEnd,
} from './receivers.js';

interface Difference {
  /** The rule by which we refuse such a stream; `undefined`: we do not. */
  readonly rule: RuleId | undefined;
  readonly theirs: string;
  readonly ours: string;
  readonly why: string;
  holds(theirs: Outcome, ours: Outcome): boolean;
}

const differences: readonly Difference[] = [
  {
    rule: undefined,
    theirs: 'loses its place in the stream when a compressed message has no byte at all: 1007 at the next one',
    ours: 'an empty message',
    why: 'RFC 7692 §7.2.3.6 has an empty message be the byte 0x00; none says it as clearly (`deflate-context.ts`)',
    holds: (theirs, ours) => {
      const before = withoutEnd(theirs);
      return (
        theirs.at(-1) === 'refused 1007' && startsWith(ours, before) && before.some((entry) => /^\w+ $/.test(entry))
      );
    },
  },
  {
    rule: 'message-utf8',
    theirs: 'looks at a text that is not compressed when its last fragment is complete',
    ours: '1007 at the first bytes that prove it',
    why: 'as without compression',
    holds: provedUtf8Earlier,
  },
  {
    rule: 'deflate-data',
    theirs: 'delivers what a message that was cut short has decompressed to',
    ours: '1007',
    why: 'a message that is not whole must not pass for one (RFC 7692 §7.2.2: it is no DEFLATE data)',
    holds: (theirs, ours) => startsWith(theirs, withoutEnd(ours)) && theirs.length >= ours.length,
  },
  {
    rule: 'deflate-data',
    theirs: 'decompresses each fragment when it is there, and refuses with 1007 before the next control frame',
    ours: 'decompresses the whole message: 1007 after the control frames between its fragments',
    why: 'one call of zlib for a message; nothing of a broken message is delivered either way',
    holds: (theirs, ours) => refusedEarlier(theirs, ours, 'refused 1007'),
  },
  {
    rule: 'message-size',
    theirs: 'refuses a fragment that decompresses to too much at once',
    ours: 'the same at the end of the message',
    why: 'as above; what is held until then is at most maxMessageSize of compressed data',
    holds: (theirs, ours) => refusedEarlier(theirs, ours, 'refused 1009'),
  },
];

/** Whether both refuse alike, and we have only answered more control frames before. */
function refusedEarlier(theirs: Outcome, ours: Outcome, refusal: string): boolean {
  const before = withoutEnd(theirs);
  return (
    theirs.at(-1) === refusal &&
    ours.at(-1) === refusal &&
    startsWith(ours, before) &&
    withoutEnd(ours).slice(before.length).every(isControl)
  );
}

const words = ['Hello ', 'Welt ', 'ü€😀', 'aaaaaaaaaaaaaaaa', '{"key":"value"}', '0123456789', '\u0000'];

/** What is wrong with a stream, if anything. */
const breakages = [
  'nothing',
  'nothing',
  'nothing',
  'a bit',
  'the end',
  'RSV1',
  'not UTF-8',
  'too big',
  'garbage',
] as const;

function stream(random: (below: number) => number, noContextTakeover: boolean): Stream & { broken: string } {
  const one = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const frames: Frame[] = [];
  const add = (fin: boolean, opcode: number, payload: Buffer, rsv = 0): void => {
    const lengthBits = payload.length < 126 ? 7 : payload.length < 65_536 ? 16 : 64;
    frames.push({ fin, rsv, opcode, masked: false, payload, lengthBits, highestBit: false });
  };
  const broken = one(breakages);
  let dictionary = Buffer.alloc(0);
  const count = 1 + random(5);
  for (let message = 0; message < count; message++) {
    let plain = Buffer.from(Array.from({ length: random(40) }, () => one(words)).join(''));
    const isBroken = message === count - 1;
    if (isBroken && broken === 'not UTF-8') plain = Buffer.concat([plain, Buffer.from([0xc3]), plain]);
    if (isBroken && broken === 'too big') plain = Buffer.alloc(maxMessageSize + one([1, 100_000]), 'z');
    const opcode = one([1, 2]);
    if (random(5) === 0) {
      add(true, opcode, plain);
      continue;
    }
    let data: Buffer = deflateRawSync(plain, {
      level: one([0, 1, 6, 9]),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary.length > 0 && !noContextTakeover ? { dictionary } : {}),
    }).subarray(0, -4);
    dictionary = Buffer.concat([dictionary, plain]).subarray(-32_768);
    if (isBroken && broken === 'a bit' && data.length > 0) data[random(data.length)]! ^= 1 << random(8);
    if (isBroken && broken === 'the end') data = data.subarray(0, random(data.length + 1));
    if (isBroken && broken === 'garbage') data = Buffer.from(Array.from({ length: 1 + random(50) }, () => random(256)));
    const cuts = Array.from({ length: random(4) }, () => random(data.length + 1)).sort((a, b) => a - b);
    [...cuts, data.length].forEach((end, at, ends) => {
      add(at === ends.length - 1, at === 0 ? opcode : 0, data.subarray(ends[at - 1] ?? 0, end), at === 0 ? 4 : 0);
      if (random(4) === 0) add(true, one([9, 10]), Buffer.from('ping'));
    });
  }
  if (broken === 'RSV1') one(frames).rsv ^= 4;
  if (random(2) === 0) add(true, 8, Buffer.from([3, 232]));
  const bytes = Buffer.concat(frames.map(encode));
  const cuts = Array.from({ length: one([0, 1, 5, 20]) }, () => random(bytes.length + 1)).sort((a, b) => a - b);
  return { bytes, cuts, broken };
}

describe('npm ws and this client, given the same compressed bytes', { skip: wsAbsent }, () => {
  const { DIFFERENTIAL_CASES, DIFFERENTIAL_SEED } = process.env;
  const cases = Number(DIFFERENTIAL_CASES ?? 1_000);
  const seed = Number(DIFFERENTIAL_SEED ?? 7692);
  const needed = new Set<Difference>();

  /** Compares, and says which row explains a difference. */
  async function compare(of: Stream & { broken?: string }, noContextTakeover: boolean, name: string): Promise<void> {
    const theirs = await theirDeflateVerdict(of, noContextTakeover);
    const ours = ourVerdict(of, true, { noContextTakeover });
    const unwatched = ourVerdict(of, false, { noContextTakeover });
    const unchanged = ours.outcome.filter((entry) => !isControl(entry));
    assert.deepEqual(unwatched.outcome, unchanged, `${name}: an observer changes nothing; ${show(of)}`);
    if (of.broken === 'nothing') assert.equal(ours.rule, undefined, `${name}: nothing is wrong with it; ${show(of)}`);
    if (equal(theirs.outcome, ours.outcome)) return;
    const row = differences.find((each) => each.rule === ours.rule && each.holds(theirs.outcome, ours.outcome));
    if (row === undefined) {
      const message = `${name}: we (actual), ws (expected); ${of.broken} broken, rule ${ours.rule}; ${show(of)}`;
      assert.deepEqual(ours.outcome, theirs.outcome, message);
    } else {
      assert.notEqual(of.broken, 'nothing', `${name}: only broken streams may differ; ${show(of)}`);
      needed.add(row);
    }
  }

  for (const noContextTakeover of [false, true]) {
    const how = noContextTakeover ? 'without' : 'with';
    it(`deliver the same or refuse the same ${how} context takeover: ${cases} streams from seed ${seed}`, async () => {
      for (let number = 0; number < cases; number++) {
        const of = stream(generator(seed + number), noContextTakeover);
        await compare(of, noContextTakeover, `DIFFERENTIAL_SEED=${seed + number} DIFFERENTIAL_CASES=1`);
      }
    });
  }

  it('agree on hand-written streams: the examples of RFC 7692 §7.2.3, and what chance seldom makes', async () => {
    for (const hex of [
      'c107 f248cdc9c90700', // §7.2.3.1: "Hello"
      '4103 f248cd 8004 c9c90700', // … in two fragments
      'c107 f248cdc9c90700 c105 f200110000', // §7.2.3.2: again, from the window
      'c10b 000500faff48656c6c6f00', // §7.2.3.3: without compression
      'c108 f348cdc9c9070000', // §7.2.3.4: a final block
      'c10d f2480500 0000ffff cac9c90700', // §7.2.3.5: two blocks
      'c101 00', // §7.2.3.6: an empty message
      'c200 c107 f248cdc9c90700', // an empty message without that byte
      '4100 8000 c107 f248cdc9c90700',
    ]) {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      for (const cuts of [[], Array.from(bytes.keys())]) await compare({ bytes, cuts }, false, hex);
    }
  });

  const ownStreams = DIFFERENTIAL_SEED !== undefined && 'only the built-in streams are known to need every row';
  it('need every row of the table of differences', { skip: ownStreams }, () => {
    assert.deepEqual(
      differences.filter((row) => !needed.has(row)).map(({ theirs }) => theirs),
      [],
    );
  });
});
