/** Ping and pong: RFC 6455 §5.5.2, §5.5.3. */
import { Buffer } from 'node:buffer';
import { Opcode } from '../../protocol/framing/opcode.js';
import { messagesIn } from '../exchange.js';
import type { Finding, Level } from '../probe.js';
import type { Probe, ProbeRun } from '../probe-run.js';
import type { IncomingFrame } from '../raw-connection.js';
import { broken, pass, pongs, probe } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const ping = 'RFC 6455 §5.5.2';
const pong = 'RFC 6455 §5.5.3';

const answered: readonly Probe[] = [
  pongs(
    {
      id: 'ping-empty',
      reference: ping,
      level: MUST,
      rule: 'answers an empty ping with an empty pong',
      sends: 'an empty ping',
    },
    Buffer.alloc(0),
  ),
  pongs(
    {
      id: 'ping-payload',
      reference: pong,
      level: MUST,
      rule: 'answers a ping with its payload',
      sends: 'a ping with a text',
    },
    Buffer.from('ping payload'),
  ),
  pongs(
    {
      id: 'ping-binary',
      reference: pong,
      level: MUST,
      rule: 'answers a ping with bytes that are no text',
      sends: 'a ping with FF FE 00 80 C0',
    },
    Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc0]),
  ),
  pongs(
    {
      id: 'ping-125',
      reference: pong,
      level: MUST,
      rule: 'answers a ping of the largest size',
      sends: 'a ping of 125 bytes',
    },
    Buffer.alloc(125, 'p'),
  ),
  pongs(
    {
      id: 'ping-pieces',
      reference: ping,
      level: MUST,
      rule: 'reads a ping in whatever pieces TCP delivers it',
      sends: 'a ping, byte by byte',
    },
    Buffer.from('slow ping'),
    [],
    1,
  ),
  pongs(
    {
      id: 'ping-after-pong',
      reference: pong,
      level: MUST,
      rule: 'ignores an unsolicited pong',
      sends: 'a pong that no ping asked for, then a ping',
    },
    Buffer.from('after the pong'),
    [{ opcode: Opcode.pong, payload: 'unsolicited' }],
  ),
  pongs(
    {
      id: 'ping-after-pong-empty',
      reference: pong,
      level: MUST,
      rule: 'ignores an empty unsolicited pong',
      sends: 'an empty pong, then a ping',
    },
    Buffer.from('after the empty pong'),
    [{ opcode: Opcode.pong }],
  ),
];

/** Control frames ask for no message. */
function unaskedMessage(run: ProbeRun, frames: readonly IncomingFrame[]): string | undefined {
  const [message] = run.peerTalks || run.peer === 'client' ? [] : messagesIn(frames);
  return message === undefined ? undefined : `a message of ${message.length} bytes that no ping asks for`;
}

/** RFC 6455 §5.5.3 lets a server answer only the most recent of several pings. */
async function storm(run: ProbeRun, count: number, level: Level): Promise<Finding> {
  const connection = await run.open();
  const pings = Array.from({ length: count }, (_, index) => ({ opcode: Opcode.ping, payload: `ping ${index}` }));
  await connection.sendFrames(...pings);
  const seen: IncomingFrame[] = [];
  let last = -1;
  let answers = 0;
  for (;;) {
    const received = await run.await(connection, (frame) => seen.push(frame) > 0 && frame.opcode === Opcode.pong);
    if (typeof received === 'string') return broken(level, `${answers} pongs, the last ping not answered: ${received}`);
    const index = pings.findIndex(({ payload }) => payload === received.payload.toString());
    if (index < 0) return broken(level, 'a pong with a payload that no ping had');
    if (index <= last) return broken(level, `a pong for ping ${index} after that for ping ${last}`);
    last = index;
    answers++;
    if (last < count - 1) continue;
    const problem = unaskedMessage(run, seen);
    return problem === undefined
      ? pass(`${answers} pongs for ${count} pings, the last one among them`)
      : broken(level, `${answers} pongs, and ${problem}`);
  }
}

const others: readonly Probe[] = [
  probe(
    {
      id: 'ping-several',
      reference: pong,
      level: MUST,
      rule: 'answers several pings in order, or the most recent',
      sends: '10 pings in one write',
    },
    'pongs in the order of the pings, the last ping answered',
    (run) => storm(run, 10, MUST),
  ),
  probe(
    // A server may end a connection that it takes for an attack, so no MUST is broken by that.
    {
      id: 'ping-storm',
      reference: pong,
      level: SHOULD,
      rule: 'answers a storm of pings',
      sends: '2000 pings in one write',
    },
    'pongs in the order of the pings, the last ping answered',
    (run) => storm(run, 2000, SHOULD),
  ),
  probe(
    {
      id: 'ping-pong-unanswered',
      reference: pong,
      level: SHOULD,
      rule: 'does not answer a pong',
      sends: 'an unsolicited pong, then a ping',
    },
    'no pong with the payload of ours',
    async (run) => {
      const connection = await run.open();
      const { frames } = await run.watch(connection, [{ opcode: Opcode.pong, payload: 'no answer expected' }]);
      const answer = frames.some(
        ({ opcode, payload }) => opcode === Opcode.pong && payload.toString() === 'no answer expected',
      );
      if (answer) return broken(SHOULD, 'a pong as the answer to a pong');
      const problem = unaskedMessage(run, frames);
      return problem === undefined ? pass('nothing but the answer to the ping') : broken(MUST, problem);
    },
  ),
];

export const pingProbes: readonly Probe[] = [...answered, ...others];
