/** Limits: large and slow messages, and what is announced but never comes (RFC 6455 §10.4). */
import { Buffer } from 'node:buffer';
import { Opcode } from '../../protocol/framing/opcode.js';
import { messagesIn, shortfall, whateverElse, whyUnusable } from '../exchange.js';
import type { Finding } from '../probe.js';
import { NotObservable, type Probe, type ProbeRun } from '../probe-run.js';
import type { OutgoingFrame } from '../raw-connection.js';
import { fragments } from './message.js';
import { broken, describeOutcome, echoes, pass, probe, warning, whyNotOpen } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const limits = 'RFC 6455 §10.4';

/** A server may have a limit on messages; it says so with 1009 (RFC 6455 §7.4.1). */
async function large(
  run: ProbeRun,
  kind: 'text' | 'binary',
  content: Buffer,
  frames: readonly OutgoingFrame[],
): Promise<Finding> {
  run.require(kind, 'echo');
  const connection = await run.open();
  await connection.sendFrames(...frames);
  const problem = await shortfall(run, connection, Opcode[kind], [content]);
  if (problem === undefined) return pass(`the echo of ${content.length} bytes`);
  const { close, got } = problem;
  return close !== undefined && close.payload.length >= 2 && close.payload.readUInt16BE() === 1009
    ? pass(got)
    : broken(SHOULD, got);
}

const pattern = (size: number): Buffer => Buffer.alloc(size, 'ohos-websocket audit ');

/** Why a correct client is not served. */
async function whyUnserved(run: ProbeRun): Promise<string | undefined> {
  const { connection, outcome } = await run.handshake();
  return whyNotOpen(outcome) ?? (await whyUnusable(run, connection));
}

/** How often a second client is tried whose place may not be free yet, and the milliseconds between. */
const maxTries = 3;
const pause = 100;

/** A server that takes one client at a time turns the next one away for itself, whatever the first one did. */
async function requireRoomForTwo(run: ProbeRun): Promise<void> {
  for (let attempt = 0; attempt < maxTries; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, attempt * pause));
    const { connection, outcome } = await run.handshake();
    if (whyNotOpen(outcome) === undefined && (await whyUnusable(run, connection)) === undefined) {
      const problem = await whyUnserved(run);
      connection.destroy();
      if (problem === undefined) return;
      throw new NotObservable(`the server takes no second client, whatever the first one does: ${problem}`);
    }
    connection.destroy();
  }
}

/** The server must still take clients after what was done to it. */
async function survives(run: ProbeRun, frames: readonly OutgoingFrame[]): Promise<Finding> {
  const connection = await run.open();
  await connection.sendFrames(...frames);
  const problem = await whyUnserved(run);
  if (problem !== undefined) {
    connection.destroy();
    await requireRoomForTwo(run);
    return broken(MUST, `the next client got: ${problem}`);
  }
  const [message] = run.peerTalks ? [] : messagesIn(await whateverElse(run, connection));
  return message === undefined
    ? pass('the next client got 101, and was served')
    : broken(MUST, `a message of ${message.length} bytes as the answer to one that is not there`);
}

export const limitProbes: readonly Probe[] = [
  probe(
    {
      id: 'limit-text-1m',
      reference: limits,
      level: SHOULD,
      rule: 'takes a text message of 1 MiB, or refuses it with 1009',
      sends: 'a text message of 1 MiB in one frame',
    },
    'the message accepted (seen by its echo), or a Close frame with 1009',
    (run) => large(run, 'text', pattern(2 ** 20), [{ opcode: Opcode.text, payload: pattern(2 ** 20) }]),
  ),
  probe(
    {
      id: 'limit-binary-8m',
      reference: limits,
      level: SHOULD,
      rule: 'takes a binary message of 8 MiB, or refuses it with 1009',
      sends: 'a binary message of 8 MiB in one frame',
    },
    'the message accepted (seen by its echo), or a Close frame with 1009',
    (run) => large(run, 'binary', pattern(2 ** 23), [{ opcode: Opcode.binary, payload: pattern(2 ** 23) }]),
  ),
  probe(
    {
      id: 'limit-fragments-1000',
      reference: limits,
      level: SHOULD,
      rule: 'takes a message in 1000 fragments, or refuses it with 1009',
      sends: 'a binary message of 64000 bytes in 1000 frames',
    },
    'the message accepted (seen by its echo), or a Close frame with 1009',
    (run) => {
      const content = pattern(64000);
      const parts = Array.from({ length: 1000 }, (_, index) => content.subarray(index * 64, index * 64 + 64));
      return large(run, 'binary', content, fragments(Opcode.binary, ...parts));
    },
  ),
  probe(
    {
      id: 'limit-messages-500',
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: 'takes many messages back to back',
      sends: '500 text messages in one write',
    },
    '500 echoes, in order',
    async (run) => {
      run.require('text', 'echo');
      const connection = await run.open();
      const messages = Array.from({ length: 500 }, (_, index) => `message ${index}`);
      await connection.sendFrames(...messages.map((payload) => ({ opcode: Opcode.text, payload })));
      const due = messages.map((message) => Buffer.from(message));
      const problem = await shortfall(run, connection, Opcode.text, due);
      return problem === undefined ? pass('500 echoes, in order') : broken(MUST, problem.got);
    },
  ),
  echoes(
    {
      id: 'limit-slow',
      reference: 'RFC 6455 §5.2',
      level: MUST,
      rule: 'waits for a message that comes slowly',
      sends: 'a text frame of 300 bytes in writes of 2 bytes',
    },
    'text',
    () => pattern(300),
    (payload) => [{ opcode: Opcode.text, payload }],
    2,
  ),
  probe(
    {
      id: 'limit-announced',
      reference: limits,
      level: MUST,
      rule: 'protects itself against a message of an absurd size',
      sends: 'the header of a binary frame of 2^62 bytes; then another client',
    },
    'the connection failed or kept waiting, and 101 for the other client',
    (run) => survives(run, [{ opcode: Opcode.binary, announcedLength: 2 ** 62 }]),
  ),
  probe(
    {
      id: 'limit-announced-fragments',
      reference: limits,
      level: MUST,
      rule: 'protects itself against a fragmented message of an absurd size',
      sends: 'a fragment of 1 KiB, the header of a continuation of 2^53 - 1 bytes; then another client',
    },
    'the connection failed or kept waiting, and 101 for the other client',
    (run) =>
      survives(run, [
        { opcode: Opcode.binary, fin: false, payload: pattern(1024) },
        { opcode: Opcode.continuation, announcedLength: 2 ** 53 - 1 },
      ]),
  ),
  probe(
    {
      id: 'limit-vanished',
      reference: limits,
      level: MUST,
      rule: 'survives clients that vanish',
      sends: 'half a frame, then the connection is cut; then two other clients',
    },
    '101 for the other clients',
    async (run) => {
      const connection = await run.open();
      await connection.sendFrames({ opcode: Opcode.text, payload: 'half of', announcedLength: 100 });
      connection.destroy();
      // The first of them may come before the server has noticed.
      const { connection: first } = await run.handshake();
      first.destroy();
      const problem = await whyUnserved(run);
      if (problem === undefined) return pass('the next clients got 101');
      await requireRoomForTwo(run);
      return broken(MUST, `the next client but one got: ${problem}`);
    },
  ),
  probe(
    {
      id: 'limit-waiting',
      reference: limits,
      level: SHOULD,
      rule: 'serves a client while another one does not finish its handshake',
      sends: 'half a request head; then another client',
    },
    '101 for the other client',
    async (run) => {
      const connection = await run.connect();
      await connection.sendBytes(
        Buffer.from(`${run.request().line}\r\nHost: `),
        'a request line and half a field line',
      );
      const { outcome } = await run.handshake();
      const got = describeOutcome(outcome);
      if (outcome.kind === 'response' && outcome.status.status === 101) return pass(`the next client got ${got}`);
      connection.destroy();
      await requireRoomForTwo(run);
      return warning(`the next client got: ${got}`);
    },
  ),
];
