/** What a server must not take where compression was agreed on, and what may exhaust it (RFC 7692 §6.1, §7.2.2, §8). */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Opcode } from '../../protocol/framing/opcode.js';
import type { Level } from '../probe.js';
import type { Probe, ProbeRun } from '../probe-run.js';
import type { OutgoingFrame } from '../raw-connection.js';
import { compressed, compressedFrame, DeflatePeer, flushed } from './deflate-peer.js';
import { broken, describeOutcome, judgeRefusing, pass, probe } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';

interface Row {
  readonly id: string;
  readonly reference: string;
  readonly level: Level;
  readonly rule: string;
  readonly sends: string;
  /** Codes that fit. Default: 1002. */
  readonly codes?: readonly number[];
  /** The premise, when it is a whole message that is wrong. */
  readonly message?: 'text' | 'binary';
  frames(): readonly OutgoingFrame[];
}

function failed({ frames, codes = [1002], message, ...question }: Row): Probe {
  const expects = `the connection failed: a Close frame with ${codes.join(' or ')}, then the end of TCP; or only that`;
  return probe({ ...question, sends: `${question.sends}, then a ping` }, expects, async (run) => {
    if (message !== undefined) run.require(message, 'accepted');
    const { connection } = await DeflatePeer.open(run);
    return judgeRefusing(run, await run.watch(connection, frames()), question.level, codes);
  });
}

const RSV1 = 4;
const bits = 'RFC 7692 §6.1';
const data = 'RFC 7692 §7.2.2';

/** But for the bit nothing is wrong with them: a server that overlooks it carries on. */
const reserved: readonly Row[] = [
  {
    id: 'deflate-rsv1-ping',
    reference: bits,
    level: MUST,
    rule: 'fails the connection on a ping with RSV1',
    sends: 'a ping with RSV1',
    frames: () => [{ opcode: Opcode.ping, payload: 'a ping', rsv: RSV1 }],
  },
  {
    id: 'deflate-rsv1-pong',
    reference: bits,
    level: MUST,
    rule: 'fails the connection on a pong with RSV1',
    sends: 'a pong with RSV1',
    frames: () => [{ opcode: Opcode.pong, payload: 'a pong', rsv: RSV1 }],
  },
  {
    id: 'deflate-rsv1-continuation',
    reference: bits,
    level: MUST,
    rule: 'fails the connection on RSV1 inside a compressed message',
    sends: 'a text frame with RSV1 and without FIN, a continuation frame with RSV1',
    frames: () => [
      compressedFrame(Opcode.text, flushed('unfinished'), false),
      { opcode: Opcode.continuation, payload: Buffer.of(0), rsv: RSV1 },
    ],
  },
  {
    id: 'deflate-rsv1-late',
    reference: bits,
    level: MUST,
    rule: 'fails the connection on RSV1 inside an uncompressed message',
    sends: 'a text frame without FIN, a continuation frame with RSV1',
    frames: () => [
      { opcode: Opcode.text, payload: 'plain', fin: false },
      { opcode: Opcode.continuation, payload: 'late', rsv: RSV1 },
    ],
  },
  ...([2, 1, 6] as const).map((rsv) => {
    const name = { 2: 'RSV2', 1: 'RSV3', 6: 'RSV1 and RSV2' }[rsv];
    return {
      id: `deflate-${{ 2: 'rsv2', 1: 'rsv3', 6: 'rsv1-rsv2' }[rsv]}`,
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: `fails the connection on ${name}, which permessage-deflate does not define`,
      sends: `a text frame with ${name}`,
      frames: (): OutgoingFrame[] => [{ opcode: Opcode.text, payload: rsv === 6 ? compressed('odd') : 'odd', rsv }],
    } as const;
  }),
];

const textFrame = (...bytes: number[]): OutgoingFrame[] => [compressedFrame(Opcode.text, Buffer.from(bytes))];

const invalid: readonly Row[] = [
  {
    id: 'deflate-data-type',
    rule: 'fails the connection on a block of the reserved type',
    sends: 'a text frame with RSV1 and the data 06',
    frames: () => textFrame(0x06),
  },
  {
    id: 'deflate-data-stored',
    rule: 'fails the connection on a stored block whose length does not fit its complement',
    sends: 'a text frame with RSV1 and the data 00 05 00 00 00 "hello" 00',
    frames: () => textFrame(0x00, 0x05, 0x00, 0x00, 0x00, ...Buffer.from('hello'), 0x00),
  },
  {
    id: 'deflate-data-codes',
    rule: 'fails the connection on a block with impossible Huffman codes',
    sends: 'a text frame with RSV1 and the data FC FF FF FF FF',
    frames: () => textFrame(0xfc, 0xff, 0xff, 0xff, 0xff),
  },
  {
    id: 'deflate-data-distance',
    rule: 'fails the connection on a reference to before the first message',
    sends: 'a text frame with RSV1 that refers to a message that was not sent',
    frames: () => {
      const before = Buffer.from(randomBytes(300).toString('hex'));
      return [compressedFrame(Opcode.text, compressed(before, { dictionary: before }))];
    },
  },
  {
    id: 'deflate-data-cut',
    rule: 'fails the connection on data that ends inside a block',
    sends: 'a text frame with RSV1 and the beginning of a stored block of 100 bytes',
    frames: () => textFrame(0x00, 0x64, 0x00, 0x9b, 0xff, ...Buffer.from('too short')),
  },
  {
    id: 'deflate-data-after-final',
    rule: 'fails the connection on nonsense behind a final block',
    sends: 'a text frame with RSV1 and the data 03 00 06',
    frames: () => textFrame(0x03, 0x00, 0x06),
  },
  {
    id: 'deflate-data-fragments',
    rule: 'fails the connection on invalid data in the second fragment',
    sends: 'a text frame with RSV1 and without FIN, a continuation frame with the data 06',
    frames: () => [
      compressedFrame(Opcode.text, flushed('a good start'), false),
      { opcode: Opcode.continuation, payload: Buffer.from([0x06]) },
    ],
  },
].map((row) => ({ ...row, reference: data, level: SHOULD, codes: [1007, 1002], message: 'text' }) as const);

const utf8: readonly Row[] = [
  {
    id: 'deflate-utf8',
    rule: 'fails the connection on a compressed text that is not UTF-8',
    sends: 'a compressed text with the byte FF',
    frames: () => [compressedFrame(Opcode.text, compressed(Buffer.from('no text: \xff', 'latin1')))],
  },
  {
    id: 'deflate-utf8-cut',
    rule: 'fails the connection on a compressed text that ends inside a character',
    sends: 'a compressed text that ends with E2 82',
    frames: () => [compressedFrame(Opcode.text, compressed(Buffer.from('cut: \xe2\x82', 'latin1')))],
  },
  {
    id: 'deflate-utf8-fragments',
    rule: 'fails the connection on a compressed text in fragments that is not UTF-8',
    sends: 'a compressed text with the bytes ED A0 80, in two frames',
    frames: (): OutgoingFrame[] => {
      const all = compressed(Buffer.from('surrogate: \xed\xa0\x80', 'latin1'));
      return [
        compressedFrame(Opcode.text, all.subarray(0, 8), false),
        { opcode: Opcode.continuation, payload: all.subarray(8) },
      ];
    },
  },
].map((row) => ({ ...row, reference: 'RFC 6455 §8.1', level: MUST, codes: [1007], message: 'text' }) as const);

/** The server must still take clients after what was done to it. */
async function survives(run: ProbeRun, frames: readonly OutgoingFrame[]): Promise<ReturnType<typeof pass>> {
  const { connection } = await DeflatePeer.open(run);
  await connection.sendFrames(...frames);
  const { outcome } = await run.handshake();
  if (outcome.kind === 'response' && outcome.status.status === 101) return pass('the next client got 101');
  return broken(MUST, `the next client got: ${describeOutcome(outcome)}`);
}

const mebibyte = (): Buffer => flushed(Buffer.alloc(2 ** 20));

const bombs: readonly Probe[] = (
  [
    [
      'deflate-bomb',
      'a message of 100 KiB that inflates to 100 MiB',
      () => [compressedFrame(Opcode.binary, Buffer.concat([...new Array<Buffer>(100).fill(mebibyte()), Buffer.of(0)]))],
    ],
    [
      'deflate-bomb-fragments',
      'a message of 100 fragments that inflates to 100 MiB',
      () => [
        compressedFrame(Opcode.binary, mebibyte(), false),
        ...new Array<OutgoingFrame>(99).fill({ opcode: Opcode.continuation, payload: mebibyte(), fin: false }),
        { opcode: Opcode.continuation, payload: Buffer.of(0) },
      ],
    ],
    [
      'deflate-bomb-blocks',
      'a message of 100000 bytes that is 50000 empty final blocks',
      () => [compressedFrame(Opcode.binary, Buffer.from(`${'0300'.repeat(50_000)}00`, 'hex'))],
    ],
  ] as const
).map(([id, what, frames]) =>
  probe(
    {
      id,
      reference: 'RFC 7692 §8, RFC 6455 §10.4',
      level: MUST,
      rule: `protects itself against ${what}`,
      sends: `${what}; then another client`,
    },
    '101 for the other client',
    (run) => survives(run, frames()),
  ),
);

export const deflateRefusedProbes: readonly Probe[] = [...[...reserved, ...invalid, ...utf8].map(failed), ...bombs];
