/** Frames: RFC 6455 §5.1, §5.2, §5.3, §5.5. */
import { Buffer } from 'node:buffer';
import { isControlOpcode, Opcode } from '../../protocol/framing/opcode.js';
import { shortfall } from '../exchange.js';
import { ownFrameFaults } from '../overheard.js';
import type { Finding } from '../probe.js';
import type { Probe, ProbeRun } from '../probe-run.js';
import type { IncomingFrame } from '../raw-connection.js';
import { broken, echoes, fails, notObservable, pass, probe } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
/** RFC 6455 forbids it to the client and leaves the server's reaction to §10.7. */
const invalid = (section: string): string => `RFC 6455 ${section}, §10.7`;

const text = (length: number): Buffer =>
  Buffer.from('0123456789abcdef'.repeat(Math.ceil(length / 16)).slice(0, length));
const binary = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff));

const reservedBits: readonly Probe[] = (
  [
    ['rsv1', 4],
    ['rsv2', 2],
    ['rsv3', 1],
  ] as const
).map(([name, rsv]) =>
  fails(
    {
      id: `frame-${name}`,
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: `fails the connection on ${name.toUpperCase()} when no extension defines it`,
      sends: `a text frame with ${name.toUpperCase()}, then a ping`,
    },
    () => [{ opcode: Opcode.text, rsv, payload: 'reserved' }],
  ),
);

const reservedOpcodes: readonly Probe[] = [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf].map((opcode) =>
  fails(
    {
      id: `frame-opcode-${opcode.toString(16)}`,
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: `fails the connection on the reserved opcode 0x${opcode.toString(16).toUpperCase()}`,
      sends: `a frame with opcode 0x${opcode.toString(16).toUpperCase()}, then a ping`,
    },
    () => [{ opcode, payload: 'reserved' }],
  ),
);

const refused: readonly Probe[] = [
  fails(
    {
      id: 'frame-unmasked',
      reference: 'RFC 6455 §5.1',
      level: MUST,
      rule: 'closes the connection on a frame that is not masked',
      sends: 'an unmasked text frame, then a masked ping',
    },
    () => [{ opcode: Opcode.text, masked: false, payload: 'unmasked' }],
  ),
  fails(
    {
      id: 'frame-unmasked-control',
      reference: 'RFC 6455 §5.1',
      level: MUST,
      rule: 'closes the connection on a control frame that is not masked',
      sends: 'an unmasked pong, then a masked ping',
    },
    () => [{ opcode: Opcode.pong, masked: false, payload: 'unmasked' }],
  ),
  fails(
    {
      id: 'frame-rsv-control',
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: 'fails the connection on a reserved bit of a control frame',
      sends: 'a pong with RSV1, then a ping',
    },
    () => [{ opcode: Opcode.pong, rsv: 4, payload: 'reserved' }],
  ),
  fails(
    {
      id: 'frame-length-16-minimal',
      reference: invalid('§5.2'),
      level: SHOULD,
      rule: 'fails the connection on a length of 7 bits that is written in 16',
      sends: 'a text frame of 5 bytes, its length in 16 bits, then a ping',
    },
    () => [{ opcode: Opcode.text, payload: 'short', lengthBits: 16 }],
  ),
  fails(
    {
      id: 'frame-length-64-minimal',
      reference: invalid('§5.2'),
      level: SHOULD,
      rule: 'fails the connection on a length of 16 bits that is written in 64',
      sends: 'a text frame of 200 bytes, its length in 64 bits, then a ping',
    },
    () => [{ opcode: Opcode.text, payload: text(200), lengthBits: 64 }],
  ),
  fails(
    {
      id: 'frame-length-top-bit',
      reference: invalid('§5.2'),
      level: SHOULD,
      rule: 'fails the connection on a 64-bit length with its top bit set',
      sends: 'the header of a binary frame with the length 2^63',
    },
    () => [{ opcode: Opcode.binary, announcedLength: 2 ** 63 }],
    { codes: [1002, 1009], swallows: true },
  ),
  fails(
    {
      id: 'frame-control-fragmented',
      reference: invalid('§5.5'),
      level: SHOULD,
      rule: 'fails the connection on a control frame without FIN',
      sends: 'a ping without FIN, then another ping',
    },
    () => [{ opcode: Opcode.ping, fin: false, payload: 'part' }],
  ),
  fails(
    {
      id: 'frame-control-continued',
      reference: invalid('§5.5'),
      level: SHOULD,
      rule: 'fails the connection on a fragmented control frame',
      sends: 'a ping without FIN, its continuation, then another ping',
    },
    () => [
      { opcode: Opcode.ping, fin: false, payload: 'part' },
      { opcode: Opcode.continuation, payload: 'rest' },
    ],
  ),
  fails(
    {
      id: 'frame-control-long',
      reference: invalid('§5.5'),
      level: SHOULD,
      rule: 'fails the connection on a control frame above 125 bytes',
      sends: 'a pong of 126 bytes, then a ping',
    },
    () => [{ opcode: Opcode.pong, payload: text(126) }],
  ),
  probe(
    {
      id: 'frame-control-long-ping',
      reference: 'RFC 6455 §5.5',
      level: MUST,
      rule: 'sends no control frame above 125 bytes itself',
      sends: 'a ping of 126 bytes',
    },
    'no Pong frame with 126 bytes',
    async (run) => {
      const connection = await run.open();
      const { frames, close, end } = await run.watch(connection, [{ opcode: Opcode.ping, payload: text(126) }]);
      const long = frames.find(({ opcode, length }) => isControlOpcode(opcode) && length > 125);
      if (long !== undefined) return broken(MUST, `a control frame of ${long.length} bytes`);
      return pass(close === undefined && end === undefined ? 'no long control frame' : 'the connection failed');
    },
  ),
];

const lengths: readonly Probe[] = (
  [
    ['text', 0],
    ['binary', 0],
    ['text', 125],
    ['text', 126],
    ['binary', 127],
    ['binary', 128],
    ['binary', 65535],
    ['binary', 65536],
  ] as const
).map(([kind, length]) =>
  echoes(
    {
      id: `frame-${kind}-${length}`,
      reference: 'RFC 6455 §5.2, §5.6',
      level: MUST,
      rule: `takes a ${kind} frame of ${length} bytes`,
      sends: `a ${kind} message of ${length} bytes in one frame`,
    },
    kind,
    () => (kind === 'text' ? text(length) : binary(length)),
    (payload) => [{ opcode: Opcode[kind], payload }],
  ),
);

const accepted: readonly Probe[] = [
  ...lengths,
  echoes(
    {
      id: 'frame-mask-zero',
      reference: 'RFC 6455 §5.3',
      level: MUST,
      rule: 'takes any masking key',
      sends: 'a text frame with the masking key 00 00 00 00',
    },
    'text',
    () => text(30),
    (payload) => [{ opcode: Opcode.text, payload, maskingKey: Buffer.alloc(4) }],
  ),
  echoes(
    {
      id: 'frame-mask-octets',
      reference: 'RFC 6455 §5.3',
      level: MUST,
      rule: 'unmasks byte i with byte i mod 4 of the key',
      sends: 'a text frame of 31 bytes with the masking key 01 80 FF 5A',
    },
    'text',
    () => text(31),
    (payload) => [{ opcode: Opcode.text, payload, maskingKey: Buffer.from([0x01, 0x80, 0xff, 0x5a]) }],
  ),
  echoes(
    {
      id: 'frame-pieces',
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: 'reads frames in whatever pieces TCP delivers them',
      sends: 'a text frame of 40 bytes, byte by byte',
    },
    'text',
    () => text(40),
    (payload) => [{ opcode: Opcode.text, payload }],
    1,
  ),
  probe(
    {
      id: 'frame-together',
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: 'reads all frames of one TCP segment',
      sends: 'three text messages in one write',
    },
    'three echoes, in order',
    async (run) => {
      run.require('text', 'echo');
      const connection = await run.open();
      const messages = ['first', 'second', 'third'];
      await connection.sendFrames(...messages.map((payload) => ({ opcode: Opcode.text, payload })));
      const due = messages.map((message) => Buffer.from(message));
      const problem = await shortfall(run, connection, Opcode.text, due);
      return problem === undefined ? pass('three echoes, in order') : broken(MUST, problem.got);
    },
  ),
];

/** What a server's own frames look like, seen in its answers to lengths around each boundary. */
function ownFrames(
  id: string,
  reference: string,
  rule: string,
  expects: string,
  check: (frame: IncomingFrame) => string | undefined,
): Probe {
  const sends = 'binary messages of 125, 126, 65535 and 65536 bytes, a ping, a Close frame';
  return probe({ id, reference, level: MUST, rule, sends }, expects, (run) => ownFrame(run, check));
}

async function ownFrame(run: ProbeRun, check: (frame: IncomingFrame) => string | undefined): Promise<Finding> {
  const connection = await run.open();
  const closing = { opcode: Opcode.close, payload: Buffer.from([0x03, 0xe8]) };
  const ping = { opcode: Opcode.ping, payload: 'ping' };
  const problems: string[] = [];
  let seen = 0;
  const look = (frame: IncomingFrame): boolean => {
    seen++;
    const problem = check(frame);
    if (problem !== undefined) problems.push(problem);
    return frame.opcode === Opcode.pong;
  };
  for (const length of [125, 126, 65535, 65536]) {
    await connection.sendFrames({ opcode: Opcode.binary, payload: binary(length) }, ping);
    if (typeof (await run.await(connection, look)) === 'string') break;
  }
  // The echoes may come after the pongs.
  const { frames } = await run.watch(connection, [closing], { ping: false, closing: true });
  frames.forEach(look);
  if (problems[0] !== undefined) return broken(MUST, problems[0]);
  return seen === 0 ? notObservable('the server sent no frame') : pass(`${seen} frames, all as expected`);
}

const own: readonly Probe[] = [
  ownFrames(
    'frame-own-unmasked',
    'RFC 6455 §5.1',
    'does not mask its frames',
    'no masked frame',
    ownFrameFaults['frame-own-unmasked'],
  ),
  ownFrames(
    'frame-own-rsv',
    'RFC 6455 §5.2',
    'sets no reserved bit without an extension',
    'no frame with RSV1, RSV2 or RSV3',
    (frame) =>
      frame.rsv === 0 ? undefined : `a frame with the reserved bits ${frame.rsv.toString(2).padStart(3, '0')}`,
  ),
  ownFrames(
    'frame-own-opcode',
    'RFC 6455 §5.2',
    'uses no reserved opcode',
    'no frame with a reserved opcode',
    ownFrameFaults['frame-own-opcode'],
  ),
  ownFrames(
    'frame-own-length',
    'RFC 6455 §5.2',
    'writes lengths in the fewest bytes',
    'no length in more bits than it needs',
    ownFrameFaults['frame-own-length'],
  ),
  ownFrames(
    'frame-own-control',
    'RFC 6455 §5.5',
    'sends control frames unfragmented and with at most 125 bytes',
    'no control frame without FIN or above 125 bytes',
    ownFrameFaults['frame-own-control'],
  ),
];

export const frameProbes: readonly Probe[] = [...accepted, ...own, ...refused, ...reservedBits, ...reservedOpcodes];
