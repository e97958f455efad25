/** What only a client's frames have, masks (RFC 6455 §5.1, §5.3), and what it does at the end of a connection. */
import { Buffer } from 'node:buffer';
import { Opcode } from '../../protocol/framing/opcode.js';
import type { Finding } from '../probe.js';
import { describeClose, type Probe } from '../probe-run.js';
import { broken, fails, pass, probe, warning } from '../probes/probe-shapes.js';
import type { IncomingFrame } from '../raw-connection.js';
import { type ClientRun, clientProbe } from './client-run.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const masking = 'RFC 6455 §5.3, §10.3';
/** Frames that are looked at: enough for what is said about their keys to be no chance. */
const count = 24;

/** Pongs, one after the other: a client may leave out all but the last of several. Then the connection ends. */
async function pongs(run: ClientRun, most = count): Promise<IncomingFrame[] | string> {
  const connection = await run.open();
  const frames: IncomingFrame[] = [];
  while (frames.length < most) {
    await connection.sendFrames({ opcode: Opcode.ping, payload: `ping ${frames.length}` });
    const received = await run.await(connection, ({ opcode }) => opcode === Opcode.pong);
    if (typeof received === 'string') return received;
    frames.push(received);
  }
  connection.destroy();
  return frames;
}

function aboutKeys(
  id: string,
  rule: string,
  expects: string,
  judge: (keys: readonly number[]) => string | undefined,
): Probe {
  const sends = `${count} pings, one after the other`;
  return clientProbe({ id, reference: masking, level: MUST, rule, sends }, expects, async (run) => {
    const frames = await pongs(run);
    if (typeof frames === 'string') return broken(MUST, frames);
    const problem = judge(frames.map(({ maskingKey }) => maskingKey >>> 0));
    return problem === undefined ? pass(`${frames.length} frames`) : broken(MUST, problem);
  });
}

const hex = (key: number): string => (key >>> 0).toString(16).padStart(8, '0');

const masks: readonly Probe[] = [
  clientProbe(
    {
      id: 'frame-masked-control',
      reference: 'RFC 6455 §5.1',
      level: MUST,
      rule: 'masks its control frames',
      sends: 'a ping',
    },
    'a masked pong',
    async (run) => {
      const frames = await pongs(run, 1);
      if (typeof frames === 'string') return broken(MUST, frames);
      return frames[0]!.masked ? pass('a masked pong') : broken(MUST, 'an unmasked pong');
    },
  ),
  clientProbe(
    {
      id: 'frame-masked-empty',
      reference: 'RFC 6455 §5.1',
      level: MUST,
      rule: 'masks frames without a payload as well',
      sends: 'an empty ping',
    },
    'a masked pong',
    async (run) => {
      const connection = await run.open();
      await connection.sendFrames({ opcode: Opcode.ping });
      const received = await run.await(connection, ({ opcode }) => opcode === Opcode.pong);
      if (typeof received === 'string') return broken(MUST, received);
      return received.masked ? pass('a masked pong') : broken(MUST, 'an unmasked pong');
    },
  ),
  clientProbe(
    {
      id: 'frame-masked-close',
      reference: 'RFC 6455 §5.1',
      level: MUST,
      rule: 'masks its Close frame',
      sends: 'a Close frame with 1000',
    },
    'a masked Close frame',
    async (run) => {
      const { close, end } = await watchClosing(run);
      if (close === undefined) return broken(MUST, end ?? 'no Close frame');
      return close.masked ? pass('a masked Close frame') : broken(MUST, 'an unmasked Close frame');
    },
  ),
  clientProbe(
    {
      id: 'frame-masked-message',
      reference: 'RFC 6455 §5.1',
      level: MUST,
      rule: 'masks its messages',
      sends: 'a text message',
    },
    'a masked text frame (the echo)',
    async (run) => {
      run.require('text', 'echo');
      const connection = await run.open();
      await connection.sendFrames({ opcode: Opcode.text, payload: 'to be masked' });
      const received = await run.await(connection, ({ opcode }) => opcode === Opcode.text);
      if (typeof received === 'string') return broken(MUST, received);
      return received.masked ? pass('a masked text frame') : broken(MUST, 'an unmasked text frame');
    },
  ),
  aboutKeys('frame-key-repeated', 'chooses a new masking key for each frame', 'no key twice', (keys) => {
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    return twice === undefined ? undefined : `the key ${hex(twice)} more than once`;
  }),
  aboutKeys(
    'frame-key-counted',
    'derives no masking key from the one before by counting',
    'no constant step between keys',
    (keys) => {
      const steps = new Set(keys.slice(1).map((key, index) => (key - keys[index]!) >>> 0));
      return steps.size === 1 ? `each key is the one before plus ${hex([...steps][0]!)}` : undefined;
    },
  ),
  aboutKeys(
    'frame-key-bytes',
    'takes each byte of a masking key at random',
    'each of the four bytes changes',
    (keys) => {
      const fixed = [0, 8, 16, 24].filter((bits) => new Set(keys.map((key) => (key >>> bits) & 0xff)).size === 1);
      return fixed.length === 0 ? undefined : `byte ${fixed[0]! / 8 + 1} is the same in ${keys.length} keys`;
    },
  ),
  clientProbe(
    {
      id: 'frame-key-seed',
      reference: masking,
      level: MUST,
      rule: 'has other masking keys on another connection',
      sends: 'three pings on each of two connections',
    },
    'no key that was seen before',
    async (run) => {
      const [first, second] = [await pongs(run, 3), await pongs(run, 3)];
      if (typeof first === 'string' || typeof second === 'string') return broken(MUST, `${first as string}`);
      const keys = new Set(first.map(({ maskingKey }) => maskingKey));
      const again = second.find(({ maskingKey }) => keys.has(maskingKey));
      return again === undefined ? pass('other keys') : broken(MUST, `the key ${hex(again.maskingKey)} again`);
    },
  ),
];

const masked: readonly Probe[] = (
  [
    ['text', Opcode.text],
    ['ping', Opcode.ping],
  ] as const
).map(([name, opcode]) =>
  fails(
    {
      id: `frame-refuses-masked-${name}`,
      reference: 'RFC 6455 §5.1',
      level: MUST,
      rule: `fails the connection on a ${name} frame that is masked`,
      sends: `a masked ${name} frame, then a ping`,
    },
    () => [{ opcode, payload: 'masked', masked: true }],
  ),
);

/** What the client does first when both Close frames have passed, or a rule was broken. */
const ending: readonly Probe[] = [
  clientProbe(
    {
      id: 'close-waits',
      reference: 'RFC 6455 §7.1.1',
      level: SHOULD,
      rule: 'lets the server close TCP first',
      sends: 'a Close frame with 1000; TCP is left open for a while',
    },
    'a Close frame, and TCP left open',
    async (run) => {
      const { close, end } = await watchClosing(run);
      if (close === undefined) return broken(SHOULD, end ?? 'no Close frame');
      return end === 'TCP closed by the probe' ? pass(describeClose(close)) : broken(SHOULD, `${end}, and at once`);
    },
  ),
  afterViolation('close-discards-after-violation', 'handles nothing behind a violation', 'a ping', (frames) => {
    const isAnswered = frames.some(({ opcode }) => opcode === Opcode.pong);
    return isAnswered ? broken(MUST, 'it answered the ping behind the violation') : pass('nothing more was handled');
  }),
  afterViolation(
    'close-silent-after-violation',
    'sends nothing behind the Close frame that answers a violation',
    'a Close frame with 1000',
    (frames) => {
      const at = frames.findIndex(({ opcode }) => opcode === Opcode.close);
      const after = at < 0 ? 0 : frames.length - at - 1;
      return after === 0 ? pass('nothing') : broken(MUST, `${after} frame(s) behind its Close frame`);
    },
  ),
];

function afterViolation(
  id: string,
  rule: string,
  what: string,
  judge: (frames: readonly IncomingFrame[]) => Finding,
): Probe {
  const sends = `a frame with a reserved opcode, then ${what} twice`;
  return probe({ id, reference: 'RFC 6455 §7.1.7', level: MUST, rule, sends }, 'the connection failed', async (run) => {
    const connection = await run.open();
    const payload = Buffer.from([0x03, 0xe8]);
    const more = id.startsWith('close-silent') ? { opcode: Opcode.close, payload } : { opcode: Opcode.ping };
    const { frames, close, end } = await run.watch(connection, [{ opcode: 3 }, more, more], { ping: false });
    const finding = judge(frames);
    if (finding.verdict !== 'pass' || close !== undefined || end !== undefined) return finding;
    return warning('nothing more came, but TCP stayed open');
  });
}

/** Announced sizes that no client can hold. */
const absurd: readonly Probe[] = [
  fails(
    {
      id: 'limit-announced',
      reference: 'RFC 6455 §10.4',
      level: SHOULD,
      rule: 'protects itself against a message of an absurd size',
      sends: 'the header of a binary frame of 2^62 bytes',
    },
    () => [{ opcode: Opcode.binary, announcedLength: 2 ** 62 }],
    { codes: [1009, 1002], swallows: true },
  ),
  fails(
    {
      id: 'limit-announced-fragments',
      reference: 'RFC 6455 §10.4',
      level: SHOULD,
      rule: 'protects itself against a fragmented message of an absurd size',
      sends: 'a fragment of 1 KiB, the header of a continuation of 2^53 - 1 bytes',
    },
    () => [
      { opcode: Opcode.binary, fin: false, payload: Buffer.alloc(1024) },
      { opcode: Opcode.continuation, announcedLength: 2 ** 53 - 1 },
    ],
    { codes: [1009, 1002], swallows: true },
  ),
];

export const clientFrameProbes: readonly Probe[] = [...masks, ...masked];
export const clientEndProbes: readonly Probe[] = [...ending, ...absurd];

/** Opens a connection and closes it with 1000: what the client answers, and how the connection ends. */
async function watchClosing(run: ClientRun) {
  const connection = await run.open();
  const payload = Buffer.from([0x03, 0xe8]);
  return run.watch(connection, [{ opcode: Opcode.close, payload }], { ping: false, closing: true });
}
