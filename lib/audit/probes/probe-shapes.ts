/** The shapes that most probes have: something must be refused, accepted, failed, echoed. */
import { type Buffer, isUtf8 } from 'node:buffer';
import { maySendCloseCode } from '../../protocol/closing/close-code.js';
import { isControlOpcode, Opcode } from '../../protocol/framing/opcode.js';
import { quote } from '../../protocol/printable.js';
import { messagesIn, shortfall, whateverElse, whyUnusable } from '../exchange.js';
import type { Finding, Level, Question, Section } from '../probe.js';
import {
  type Aftermath,
  describeClose,
  type HandshakeOutcome,
  type Mutation,
  type Probe,
  type ProbeRun,
} from '../probe-run.js';
import type { IncomingFrame, OutgoingFrame, Peer } from '../raw-connection.js';
import { describeStatus } from '../refusal.js';

/** A question without what the shape of its probe adds. */
export type QuestionDraft = Omit<Question, 'section' | 'expects'> & { readonly expects?: string };

export function probe(question: QuestionDraft, expects: string, ask: (run: ProbeRun) => Promise<Finding>): Probe {
  const section = question.id.slice(0, question.id.indexOf('-')) as Section;
  return { expects, ...question, section, ask };
}

export const pass = (got: string): Finding => ({ verdict: 'pass', got });
export const warning = (got: string): Finding => ({ verdict: 'warning', got });
export const notObservable = (got: string): Finding => ({ verdict: 'not observable', got });
/** The rule is broken: how bad that is depends on its level. */
export const broken = (level: Level, got: string): Finding => ({ verdict: level === 'MUST' ? 'fail' : 'warning', got });

// ------------------------------------------------------------------ the opening handshake

export function describeOutcome(outcome: HandshakeOutcome): string {
  if (outcome.kind !== 'response') return outcome.got;
  return describeStatus(outcome.status);
}

/** Why a response does not open the connection; nothing when it does. */
export function whyNotOpen(outcome: HandshakeOutcome): string | undefined {
  if (outcome.kind !== 'response' || outcome.status.status !== 101) return describeOutcome(outcome);
  const accept = outcome.head.values('sec-websocket-accept')[0];
  return accept === outcome.accept
    ? undefined
    : `101, but Sec-WebSocket-Accept ${accept === undefined ? 'missing' : quote(accept)}`;
}

/** A handshake that a server has to take; `pieces`: its bytes in writes of this size. */
export function accepts(question: QuestionDraft, mutate: Mutation, pieces?: number): Probe {
  return probe(question, '101 Switching Protocols', async (run) => {
    const { connection, outcome } = await run.handshake(mutate, pieces);
    const problem = whyNotOpen(outcome);
    if (problem !== undefined) return broken(question.level, problem);
    const unusable = await whyUnusable(run, connection);
    const got = describeOutcome(outcome);
    return unusable === undefined ? pass(got) : broken(question.level, `${got}, but then: ${unusable}`);
  });
}

/**
 * A handshake that a server has to refuse.
 *
 * RFC 6455 §4.2.1 asks for an HTTP response with an error code. A request without the upgrade is a plain HTTP request,
 * which any status but 101 answers; a server that just drops TCP has refused as well, if not as it should.
 */
export function refuses(question: QuestionDraft, mutate: Mutation): Probe {
  const expects = 'an HTTP response with an appropriate error status such as 400, not 101';
  return probe(question, expects, async (run) => {
    const { outcome } = await run.handshake(mutate);
    const got = describeOutcome(outcome);
    if (outcome.kind === 'response') {
      const { status } = outcome.status;
      if (status === 101) return broken(question.level, got);
      return status >= 500 && status !== 501 && status !== 505
        ? warning(`refused as if it were the server's own fault: ${got}`)
        : pass(got);
    }
    if (outcome.kind === 'silence') return broken(question.level, got);
    return warning(`refused, but not with an HTTP response: ${got}`);
  });
}

/** A handshake that succeeds, and something that the response has to satisfy: `judge` says what is wrong. */
export function answers(
  question: QuestionDraft,
  expects: string,
  mutate: Mutation,
  judge: (outcome: Extract<HandshakeOutcome, { kind: 'response' }>) => string | undefined,
): Probe {
  return probe(question, expects, async (run) => {
    const { outcome } = await run.handshake(mutate);
    if (outcome.kind !== 'response') return notObservable(outcome.got);
    const problem = judge(outcome);
    return problem === undefined ? pass(describeOutcome(outcome)) : broken(question.level, problem);
  });
}

// ------------------------------------------------------------------ frames

/** Frames that make a server fail the connection (RFC 6455 §7.1.7). */
export interface FailOptions {
  /** Codes that fit; another one is a warning. Default: 1002. */
  readonly codes?: readonly number[];
  /** The premise: what the server does with a correct message of this kind. */
  readonly message?: 'text' | 'binary';
  /** The fault swallows what follows, so that no ping behind it can be seen. */
  readonly swallows?: boolean;
  /** How many messages are correct, and may be answered. Default 0. */
  readonly correct?: number;
}

/** A connection that a server has to fail: a Close frame with a fitting code, or no more than the end of TCP. */
export function fails(
  question: QuestionDraft,
  frames: () => readonly OutgoingFrame[],
  options: FailOptions = {},
): Probe {
  const { codes = [1002], message, swallows = false, correct = 0 } = options;
  const expects = `the connection failed: a Close frame with ${codes.join(' or ')}, then the end of TCP; or only that`;
  return probe(question, expects, async (run) => {
    if (message !== undefined) run.require(message, 'accepted');
    const connection = await run.open();
    const aftermath = await run.watch(connection, frames(), { ping: !swallows });
    return judgeRefusing(run, aftermath, question.level, codes, correct);
  });
}

/** As `judgeFailure`, and no message came but for `correct` ones. */
export function judgeRefusing(
  run: ProbeRun,
  aftermath: Aftermath,
  level: Level,
  codes: readonly number[],
  correct = 0,
): Finding {
  const finding = judgeFailure(aftermath, level, codes, run.peer);
  const came = messagesIn(aftermath.frames).length;
  if (run.peer === 'client' || run.peerTalks || finding.verdict === 'fail' || came <= correct) return finding;
  return broken(level, `${finding.got}; but before that it answered what it had to refuse with a message`);
}

export function judgeFailure(
  aftermath: Aftermath,
  level: Level,
  codes: readonly number[],
  peer: Peer = 'server',
): Finding {
  const { close, end, carriedOn, excess } = aftermath;
  if (close === undefined && end === undefined) {
    const silent = excess ?? 'nothing came, and TCP stayed open';
    const more = carriedOn ? 'it answered the ping that followed' : silent;
    const echoed = aftermath.frames.some(({ opcode }) => !isControlOpcode(opcode));
    return broken(level, `the ${peer} carried on: ${more}${echoed ? ', and it sent a message' : ''}`);
  }
  if (close === undefined) return pass(`${end} without a Close frame`);
  const got = describeClose(close);
  const misbehaved = closeProblem(aftermath);
  if (misbehaved !== undefined) return broken('MUST', misbehaved);
  if (carriedOn) return warning(`${got}, but only after it had answered the ping that followed`);
  if (end === undefined) return warning(`${got}, but TCP stayed open`);
  const code = close.payload.length >= 2 ? close.payload.readUInt16BE() : undefined;
  if (code === undefined || !codes.includes(code)) return warning(`${got}; ${codes.join(' or ')} would be fitting`);
  return pass(`${got}, then ${end}`);
}

/** What is wrong with a Close frame, or behind it, whatever it was sent for. */
export function closeProblem({ close, frames }: Aftermath): string | undefined {
  if (close === undefined) return undefined;
  const { payload } = close;
  if (payload.length === 1) return describeClose(close);
  const code = payload.length === 0 ? undefined : payload.readUInt16BE();
  if (code !== undefined && !maySendCloseCode(code)) return `${describeClose(close)}: no endpoint may send that code`;
  if (!isUtf8(payload.subarray(2))) return `${describeClose(close)}, whose reason is not UTF-8`;
  const late = frames.slice(frames.indexOf(close) + 1).filter(({ opcode }) => !isControlOpcode(opcode)).length;
  return late > 0 ? `${late} data frame(s) after ${describeClose(close)}` : undefined;
}

/** A message, in frames of whatever kind, that a server has to take: it comes back from one that echoes. */
export function echoes(
  question: QuestionDraft,
  kind: 'text' | 'binary',
  content: () => Buffer,
  frames: (content: Buffer) => readonly OutgoingFrame[],
  pieces?: number,
): Probe {
  return probe(question, 'the message accepted (seen by its echo)', async (run) => {
    run.require(kind, 'echo');
    const connection = await run.open();
    const message = content();
    const all = frames(message);
    if (pieces === undefined) await connection.sendFrames(...all);
    else await connection.sendPieces([...all], pieces, 1);
    const problem = await shortfall(run, connection, Opcode[kind], [message]);
    if (problem === undefined) return pass(`the echo of ${message.length} bytes`);
    return broken(question.level, problem.got);
  });
}

/** Pings that a server has to answer with their own payload, after other frames. */
export function pongs(
  question: QuestionDraft,
  payload: Buffer,
  before: readonly OutgoingFrame[] = [],
  pieces?: number,
): Probe {
  return probe(question, 'a Pong frame with the payload of the ping', async (run) => {
    const connection = await run.open();
    const frames = [...before, { opcode: Opcode.ping, payload }];
    if (pieces === undefined) await connection.sendFrames(...frames);
    else await connection.sendPieces(frames, pieces, 1);
    const seen: IncomingFrame[] = [];
    const received = await run.await(connection, (frame) => seen.push(frame) > 0 && frame.opcode === Opcode.pong);
    if (typeof received === 'string') return broken(question.level, received);
    if (!received.payload.equals(payload))
      return broken(question.level, `a Pong frame with another payload of ${received.payload.length} bytes`);
    const more = run.peer === 'client' ? [] : await whateverElse(run, connection);
    const [message] = messagesIn([...seen, ...more]);
    if (message !== undefined && !run.peerTalks && run.peer === 'server')
      return broken(question.level, `a Pong frame, and a message of ${message.length} bytes that no ping asks for`);
    return more.some(({ opcode }) => opcode === Opcode.pong)
      ? warning('more than one Pong frame for the ping')
      : pass(`a Pong frame with ${payload.length} bytes`);
  });
}
