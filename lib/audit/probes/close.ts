/** Closing: RFC 6455 §5.5.1, §7. */
import { Buffer } from 'node:buffer';
import { maySendCloseCode } from '../../protocol/closing/close-code.js';
import { isControlOpcode, Opcode } from '../../protocol/framing/opcode.js';
import { messagesIn } from '../exchange.js';
import type { Finding, Level } from '../probe.js';
import type { Probe, ProbeRun } from '../probe-run.js';
import { type Aftermath, describeClose } from '../probe-run.js';
import type { OutgoingFrame } from '../raw-connection.js';
import { broken, closeProblem, pass, probe, warning } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const closing = 'RFC 6455 §5.5.1';

export function closeFrame(code: number, reason: string | Buffer = ''): OutgoingFrame {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(code);
  return { opcode: Opcode.close, payload: Buffer.concat([body, Buffer.from(reason)]) };
}

function codeOf({ close }: Aftermath): number | undefined {
  return close !== undefined && close.payload.length >= 2 ? close.payload.readUInt16BE() : undefined;
}

function describe({ close, end, excess }: Aftermath): string {
  return (
    [close && describeClose(close), end ?? excess].filter((part) => part !== undefined).join(', then ') || 'nothing'
  );
}

/** Sends frames that end with the client's Close frame, and looks at what follows. */
function closes(
  question: { id: string; reference: string; level: Level; rule: string; sends: string },
  expects: string,
  frames: () => readonly OutgoingFrame[],
  judge: (aftermath: Aftermath) => Finding,
  premise?: 'text',
): Probe {
  return probe(question, expects, async (run) => {
    if (premise !== undefined) run.require(premise, 'echo');
    const connection = await run.open();
    const aftermath = await run.watch(connection, frames(), { ping: false, closing: true });
    return judged(run, aftermath, judge, premise !== undefined);
  });
}

/** What the probe is about, and then what is wrong with any Close frame, or beside it. */
function judged(
  run: ProbeRun,
  aftermath: Aftermath,
  judge: (aftermath: Aftermath) => Finding,
  mayAnswer: boolean,
): Finding {
  const finding = judge(aftermath);
  if (finding.verdict !== 'pass') return finding;
  const problem = closeProblem(aftermath);
  if (problem !== undefined) return broken(MUST, problem);
  return besides(aftermath, finding, run.peer === 'client' || run.peerTalks || mayAnswer);
}

/** What else the server did, though it closed as it should. */
function besides({ close, end, excess, frames }: Aftermath, finding: Finding, mayTalk: boolean): Finding {
  if (close === undefined && end === undefined)
    return warning(`no answer to the Close frame, and TCP stayed open${excess === undefined ? '' : `: ${excess}`}`);
  const [message] = mayTalk ? [] : messagesIn(frames);
  if (message !== undefined) return broken(MUST, `${finding.got}; but a message of ${message.length} bytes as well`);
  const count = frames.filter(({ opcode }) => opcode === Opcode.close).length;
  return count > 1 ? warning(`${count} Close frames: ${finding.got}`) : finding;
}

/** The server's Close frame has to come. */
const replied =
  (level: Level) =>
  (aftermath: Aftermath): Finding => {
    const got = describe(aftermath);
    return aftermath.close === undefined
      ? broken(level, got === 'nothing' ? 'no Close frame, and TCP stayed open' : `no Close frame: ${got}`)
      : pass(got);
  };

/** The server's Close frame has to come, and not complain. */
const agreed = (aftermath: Aftermath): Finding => {
  const finding = replied(MUST)(aftermath);
  const code = codeOf(aftermath);
  return finding.verdict === 'pass' && (code === 1002 || code === 1007)
    ? broken(MUST, `refused: ${finding.got}`)
    : finding;
};

const handshake: readonly Probe[] = [
  closes(
    {
      id: 'close-reply',
      reference: closing,
      level: MUST,
      rule: 'answers a Close frame with one',
      sends: 'a Close frame with 1000',
    },
    'a Close frame',
    () => [closeFrame(1000)],
    agreed,
  ),
  closes(
    {
      id: 'close-echo',
      reference: closing,
      level: SHOULD,
      rule: 'echoes the status code',
      sends: 'a Close frame with 1000',
    },
    'a Close frame with 1000',
    () => [closeFrame(1000)],
    (aftermath) => (codeOf(aftermath) === 1000 ? pass(describe(aftermath)) : broken(SHOULD, describe(aftermath))),
  ),
  closes(
    {
      id: 'close-tcp',
      reference: 'RFC 6455 §5.5.1, §7.1.1',
      level: MUST,
      rule: 'closes TCP first, and at once',
      sends: 'a Close frame with 1000; TCP is left open',
    },
    'the end of TCP from the server after its Close frame',
    () => [closeFrame(1000)],
    (aftermath) =>
      aftermath.end !== undefined ? pass(describe(aftermath)) : broken(MUST, `${describe(aftermath)}; TCP stayed open`),
  ),
  closes(
    {
      id: 'close-empty',
      reference: closing,
      level: MUST,
      rule: 'answers a Close frame without a body',
      sends: 'an empty Close frame',
    },
    'a Close frame',
    () => [{ opcode: Opcode.close }],
    agreed,
  ),
  closes(
    {
      id: 'close-empty-code',
      reference: 'RFC 6455 §7.4.1',
      level: MUST,
      rule: 'does not put 1005 into a frame',
      sends: 'an empty Close frame',
    },
    'a Close frame that is empty or has a code that may be sent',
    () => [{ opcode: Opcode.close }],
    (aftermath) => {
      const code = codeOf(aftermath);
      return code === undefined || maySendCloseCode(code)
        ? pass(describe(aftermath))
        : broken(MUST, describe(aftermath));
    },
  ),
  closes(
    {
      id: 'close-reason',
      reference: closing,
      level: MUST,
      rule: 'takes a reason of the largest size',
      sends: 'a Close frame with 1000 and a reason of 123 bytes',
    },
    'a Close frame',
    () => [closeFrame(1000, 'r'.repeat(123))],
    agreed,
  ),
  closes(
    {
      id: 'close-reason-characters',
      reference: closing,
      level: MUST,
      rule: 'takes a reason beyond ASCII',
      sends: 'a Close frame with 1000 and the reason "grüße 😀"',
    },
    'a Close frame',
    () => [closeFrame(1000, 'grüße 😀')],
    agreed,
  ),
  closes(
    {
      id: 'close-inside-message',
      reference: 'RFC 6455 §5.4, §5.5.1',
      level: MUST,
      rule: 'answers a Close frame inside a fragmented message',
      sends: 'a text frame without FIN, a Close frame with 1000',
    },
    'a Close frame',
    () => [{ opcode: Opcode.text, fin: false, payload: 'unfinished' }, closeFrame(1000)],
    // A server may call it an error that the message does not end; it has answered all the same.
    (aftermath) => {
      const finding = replied(MUST)(aftermath);
      return finding.verdict === 'pass' && codeOf(aftermath) === 1002 ? warning(finding.got) : finding;
    },
  ),
  closes(
    {
      id: 'close-last',
      reference: closing,
      level: MUST,
      rule: 'sends no data frame after its Close frame',
      sends: 'a Close frame with 1000, then a text message',
    },
    'no data frame behind the Close frame',
    () => [closeFrame(1000), { opcode: Opcode.text, payload: 'too late' }],
    (aftermath) => {
      const { frames, close } = aftermath;
      const after = close === undefined ? [] : frames.slice(frames.indexOf(close) + 1);
      const late = after.filter(({ opcode }) => !isControlOpcode(opcode)).length;
      if (late > 0) return broken(MUST, `${late} data frame(s) after ${describeClose(close!)}`);
      return after.length > 0
        ? warning(`${after.length} control frame(s) after ${describeClose(close!)}`)
        : pass(describe(aftermath));
    },
  ),
  closes(
    {
      id: 'close-discards',
      reference: 'RFC 6455 §1.4, §5.5.1',
      level: SHOULD,
      rule: 'discards data after a Close frame',
      sends: 'a Close frame with 1000, then a text message',
    },
    'no echo of the message',
    () => [closeFrame(1000), { opcode: Opcode.text, payload: 'discard this' }],
    (aftermath) =>
      aftermath.frames.some(({ payload }) => payload.toString() === 'discard this')
        ? broken(SHOULD, 'the echo of a message that followed the Close frame')
        : pass(describe(aftermath)),
    'text',
  ),
  closes(
    {
      id: 'close-ping-after',
      reference: 'RFC 6455 §1.4, §5.5.2',
      level: SHOULD,
      rule: 'does not answer a ping after a Close frame',
      sends: 'a Close frame with 1000, then a ping',
    },
    'no pong',
    () => [closeFrame(1000), { opcode: Opcode.ping, payload: 'too late' }],
    (aftermath) =>
      aftermath.frames.some(({ opcode }) => opcode === Opcode.pong)
        ? broken(SHOULD, 'a pong for a ping that followed the Close frame')
        : pass(describe(aftermath)),
  ),
  probe(
    {
      id: 'close-pieces',
      reference: closing,
      level: MUST,
      rule: 'reads a Close frame in whatever pieces TCP delivers it',
      sends: 'a Close frame with 1000, byte by byte',
    },
    'a Close frame',
    async (run) => {
      const connection = await run.open();
      await connection.sendPieces([closeFrame(1000, 'slow')], 1, 1);
      return judged(run, await run.watch(connection, [], { ping: false, closing: true }), agreed, false);
    },
  ),
];

/** RFC 6455 §7.4.1, §7.4.2: codes that a client may send. */
const valid: readonly Probe[] = [1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code) =>
  closes(
    {
      id: `close-code-${code}`,
      reference: 'RFC 6455 §7.4',
      level: MUST,
      rule: `takes the status code ${code}`,
      sends: `a Close frame with ${code}`,
    },
    `a Close frame, typically with ${code}`,
    () => [closeFrame(code)],
    (aftermath) => (codeOf(aftermath) === code ? pass(describe(aftermath)) : agreed(aftermath)),
  ),
);

/** RFC 6455 §7.4.1: "MUST NOT be set as a status code in a Close control frame by an endpoint", nor echoed. */
const unsendable: readonly Probe[] = [1005, 1006, 1015].map((code) =>
  closes(
    {
      id: `close-code-${code}`,
      reference: 'RFC 6455 §7.4.1',
      level: MUST,
      rule: `never puts ${code} into a Close frame, not even as an echo`,
      sends: `a Close frame with ${code}`,
    },
    `no Close frame with ${code}`,
    () => [closeFrame(code)],
    (aftermath) => (codeOf(aftermath) === code ? broken(MUST, describe(aftermath)) : pass(describe(aftermath))),
  ),
);

/** RFC 6455 §7.4.2: not used, or reserved for later versions of the protocol. */
const unassigned: readonly Probe[] = [0, 999, 1004, 1016, 1100, 2000, 2999, 5000, 65535].map((code) =>
  closes(
    {
      id: `close-code-${code}`,
      reference: 'RFC 6455 §7.4, §10.7',
      level: SHOULD,
      rule: `takes the status code ${code} for an error`,
      sends: `a Close frame with ${code}`,
    },
    'a Close frame with 1002, or the end of TCP',
    () => [closeFrame(code)],
    (aftermath) => failed(aftermath, [1002]),
  ),
);

const malformed: readonly Probe[] = [
  closes(
    {
      id: 'close-body-1',
      reference: 'RFC 6455 §5.5.1, §10.7',
      level: SHOULD,
      rule: 'takes a body of one byte for an error',
      sends: 'a Close frame with the body 03',
    },
    'a Close frame with 1002, or the end of TCP',
    () => [{ opcode: Opcode.close, payload: Buffer.from([3]) }],
    (aftermath) => failed(aftermath, [1002]),
  ),
  closes(
    {
      id: 'close-reason-utf8',
      reference: 'RFC 6455 §5.5.1, §8.1',
      level: SHOULD,
      rule: 'takes a reason that is not UTF-8 for an error',
      sends: 'a Close frame with 1000 and the reason FF FE',
    },
    'a Close frame with 1007, or the end of TCP',
    () => [closeFrame(1000, Buffer.from([0xff, 0xfe]))],
    (aftermath) => failed(aftermath, [1007, 1002]),
  ),
  closes(
    {
      id: 'close-long',
      reference: 'RFC 6455 §5.5, §10.7',
      level: SHOULD,
      rule: 'takes a Close frame above 125 bytes for an error',
      sends: 'a Close frame with 1000 and a reason of 124 bytes',
    },
    'a Close frame with 1002, or the end of TCP',
    () => [closeFrame(1000, 'r'.repeat(124))],
    (aftermath) => failed(aftermath, [1002]),
  ),
];

/** The connection ends either way; only the code tells whether the fault was seen. */
function failed(aftermath: Aftermath, codes: readonly number[]): Finding {
  const { close, end } = aftermath;
  const got = describe(aftermath);
  if (close === undefined)
    return end === undefined
      ? broken(SHOULD, 'no Close frame, and TCP stayed open')
      : pass(`${got} without a Close frame`);
  const code = codeOf(aftermath);
  return code !== undefined && codes.includes(code) ? pass(got) : broken(SHOULD, `not seen as an error: ${got}`);
}

const failure = probe(
  {
    id: 'close-on-failure',
    reference: 'RFC 6455 §7.1.7',
    level: SHOULD,
    rule: 'says why with a Close frame when it fails the connection',
    sends: 'a frame with the reserved opcode 0x3',
  },
  'a Close frame before the end of TCP',
  async (run) => {
    const connection = await run.open();
    const aftermath = await run.watch(connection, [{ opcode: 0x3, payload: 'reserved' }]);
    return judged(run, aftermath, replied(SHOULD), false);
  },
);

export const closeProbes: readonly Probe[] = [
  ...handshake,
  ...valid,
  ...unsendable,
  ...unassigned,
  ...malformed,
  failure,
];
