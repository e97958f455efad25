/** Fragmented messages: RFC 6455 §5.4. */
import { Buffer } from 'node:buffer';
import { Opcode } from '../../protocol/framing/opcode.js';
import { shortfall } from '../exchange.js';
import type { Probe } from '../probe-run.js';
import type { OutgoingFrame } from '../raw-connection.js';
import { broken, echoes, fails, pass, pongs, probe } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const fragmentation = 'RFC 6455 §5.4';
/** RFC 6455 forbids it to the client and leaves the server's reaction to §10.7. */
const invalid = 'RFC 6455 §5.4, §10.7';

/** A message in as many frames as there are parts. */
export function fragments(opcode: number, ...parts: (string | Buffer)[]): OutgoingFrame[] {
  return parts.map((payload, index) => ({
    opcode: index === 0 ? opcode : Opcode.continuation,
    fin: index === parts.length - 1,
    payload,
  }));
}

const hello = (): Buffer => Buffer.from('Hello, fragments!');

const accepted: readonly Probe[] = [
  echoes(
    {
      id: 'message-fragments-text',
      reference: fragmentation,
      level: MUST,
      rule: 'takes a text message in two fragments',
      sends: 'a text message in two frames',
    },
    'text',
    hello,
    () => fragments(Opcode.text, 'Hello, ', 'fragments!'),
  ),
  echoes(
    {
      id: 'message-fragments-binary',
      reference: fragmentation,
      level: MUST,
      rule: 'takes a binary message in three fragments',
      sends: 'a binary message in three frames',
    },
    'binary',
    () => Buffer.from([0, 1, 2, 253, 254, 255]),
    () => fragments(Opcode.binary, Buffer.from([0, 1]), Buffer.from([2, 253]), Buffer.from([254, 255])),
  ),
  echoes(
    {
      id: 'message-fragments-many',
      reference: fragmentation,
      level: MUST,
      rule: 'takes a message in fragments of one byte',
      sends: 'a text message in 17 frames',
    },
    'text',
    hello,
    (content) => fragments(Opcode.text, ...content.toString()),
  ),
  echoes(
    {
      id: 'message-fragments-empty-first',
      reference: fragmentation,
      level: MUST,
      rule: 'takes an empty first fragment',
      sends: 'a text message, its first frame empty',
    },
    'text',
    hello,
    (content) => fragments(Opcode.text, '', content),
  ),
  echoes(
    {
      id: 'message-fragments-empty-last',
      reference: fragmentation,
      level: MUST,
      rule: 'takes an empty last fragment',
      sends: 'a text message, its last frame empty',
    },
    'text',
    hello,
    (content) => fragments(Opcode.text, content, ''),
  ),
  echoes(
    {
      id: 'message-fragments-empty-all',
      reference: fragmentation,
      level: MUST,
      rule: 'takes a message of empty fragments only',
      sends: 'a text message in three empty frames',
    },
    'text',
    () => Buffer.alloc(0),
    () => fragments(Opcode.text, '', '', ''),
  ),
  echoes(
    {
      id: 'message-fragments-ping',
      reference: fragmentation,
      level: MUST,
      rule: 'takes control frames between the fragments of a message',
      sends: 'a text frame, a ping, the continuation',
    },
    'text',
    hello,
    () => between({ opcode: Opcode.ping, payload: 'between' }),
  ),
  echoes(
    {
      id: 'message-fragments-pong',
      reference: fragmentation,
      level: MUST,
      rule: 'takes an unsolicited pong between the fragments of a message',
      sends: 'a text frame, a pong, the continuation',
    },
    'text',
    hello,
    () => between({ opcode: Opcode.pong, payload: 'between' }),
  ),
  echoes(
    {
      id: 'message-fragments-pieces',
      reference: fragmentation,
      level: MUST,
      rule: 'reads fragments in whatever pieces TCP delivers them',
      sends: 'a text message in two frames, in writes of 3 bytes',
    },
    'text',
    hello,
    () => fragments(Opcode.text, 'Hello, ', 'fragments!'),
    3,
  ),
  pongs(
    {
      id: 'message-ping-unfinished',
      reference: 'RFC 6455 §5.4, §5.5.2',
      level: MUST,
      rule: 'answers a ping while a fragmented message is unfinished',
      sends: 'a text frame without FIN, then a ping',
    },
    Buffer.from('unfinished'),
    [{ opcode: Opcode.text, fin: false, payload: 'to be ' }],
  ),
  probe(
    {
      id: 'message-after-fragments',
      reference: fragmentation,
      level: MUST,
      rule: 'starts anew after a fragmented message',
      sends: 'a text message in two frames, then one in one frame',
    },
    'both messages accepted (seen by their echoes)',
    async (run) => {
      run.require('text', 'echo');
      const connection = await run.open();
      await connection.sendFrames(...fragments(Opcode.text, 'one ', 'message'), {
        opcode: Opcode.text,
        payload: 'another',
      });
      const both = ['one message', 'another'].map((message) => Buffer.from(message));
      const problem = await shortfall(run, connection, Opcode.text, both);
      return problem === undefined ? pass('both echoes') : broken(MUST, problem.got);
    },
  ),
];

function between(control: OutgoingFrame): OutgoingFrame[] {
  const [first, last] = fragments(Opcode.text, 'Hello, ', 'fragments!');
  return [first!, control, last!];
}

const refused: readonly Probe[] = [
  fails(
    {
      id: 'message-continuation-first',
      reference: invalid,
      level: SHOULD,
      rule: 'fails the connection on a continuation frame without a message',
      sends: 'a continuation frame with FIN, then a ping',
    },
    () => [{ opcode: Opcode.continuation, payload: 'nothing to continue' }],
  ),
  fails(
    {
      id: 'message-continuation-first-unfinished',
      reference: invalid,
      level: SHOULD,
      rule: 'fails the connection on a continuation frame without FIN and without a message',
      sends: 'a continuation frame without FIN, then a ping',
    },
    () => [{ opcode: Opcode.continuation, fin: false, payload: 'nothing to continue' }],
  ),
  fails(
    {
      id: 'message-continuation-after',
      reference: invalid,
      level: SHOULD,
      rule: 'fails the connection on a continuation frame after a finished message',
      sends: 'a text message in two frames, another continuation frame, then a ping',
    },
    () => [...fragments(Opcode.text, 'Hello, ', 'fragments!'), { opcode: Opcode.continuation, payload: 'too late' }],
    { message: 'text', correct: 1 },
  ),
  fails(
    {
      id: 'message-interleaved-text',
      reference: invalid,
      level: SHOULD,
      rule: 'fails the connection on a text frame inside a fragmented message',
      sends: 'a text frame without FIN, a text frame with FIN, then a ping',
    },
    () => [
      { opcode: Opcode.text, fin: false, payload: 'unfinished' },
      { opcode: Opcode.text, payload: 'new' },
    ],
  ),
  fails(
    {
      id: 'message-interleaved-binary',
      reference: invalid,
      level: SHOULD,
      rule: 'fails the connection on a binary frame inside a fragmented message',
      sends: 'a text frame without FIN, a binary frame with FIN, then a ping',
    },
    () => [
      { opcode: Opcode.text, fin: false, payload: 'unfinished' },
      { opcode: Opcode.binary, payload: 'new' },
    ],
  ),
];

export const messageProbes: readonly Probe[] = [...accepted, ...refused];
