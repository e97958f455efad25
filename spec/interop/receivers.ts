/** One stream of bytes through npm ws' receiver and through our session, and what streams are made of. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import type { SessionObserver } from '../../lib/protocol/contracts.js';
import { PerMessageDeflate } from '../../lib/protocol/deflate/permessage-deflate.js';
import { MaskingKeys } from '../../lib/protocol/framing/mask.js';
import { OutputQueue } from '../../lib/protocol/framing/output-queue.js';
import type { RuleId } from '../../lib/protocol/rules.js';
import { spell } from '../../lib/protocol/sentence.js';
import { Session } from '../../lib/protocol/session.js';
import { switchingProtocols } from '../peer/acceptance.js';
import type { WsReceiver } from './npm-ws.js';
import { npmWs } from './npm-ws.js';

export const maxMessageSize = 4096;

/** What came out of a stream, in order; the last entry may be `close` or `refused`. */
export type Outcome = readonly string[];

export interface Verdict {
  readonly outcome: Outcome;
  /** The rule by which we refused. */
  readonly rule?: RuleId | undefined;
}

/** Bytes of the peer, cut into the chunks in which they arrive. */
export interface Stream {
  readonly bytes: Buffer;
  readonly cuts: readonly number[];
}

export const withoutEnd = (outcome: Outcome): Outcome => outcome.filter((entry) => !/^(close|refused) /.test(entry));
export const startsWith = (outcome: Outcome, start: Outcome): boolean =>
  start.every((entry, at) => outcome[at] === entry);
export const equal = (one: Outcome, other: Outcome): boolean => one.length === other.length && startsWith(one, other);
export const isControl = (entry: string): boolean => /^(ping|pong) /.test(entry);
/**
 * Whether we refused with 1007 at the first bytes that prove a text wrong, and ws, which looks at it when its last
 * fragment is complete, processed control frames before that; what comes of the stream then is another matter.
 */
export const provedUtf8Earlier = (theirs: Outcome, ours: Outcome): boolean =>
  startsWith(theirs, withoutEnd(ours)) &&
  withoutEnd(theirs)
    .slice(ours.length - 1)
    .every(isControl);
export const show = ({ bytes, cuts }: Stream): string =>
  `${bytes.toString('hex').slice(0, 2000)} cut at ${cuts.join().slice(0, 200)}`;

/** npm ws. Without compression its events come before `write` returns. */
export function theirVerdict({ bytes, cuts }: Stream): Verdict {
  const outcome: string[] = [];
  const receiver = new (npmWs().Receiver)({
    isServer: false,
    maxPayload: maxMessageSize,
    allowSynchronousEvents: true,
  });
  listen(receiver, outcome);
  // A refusal is handed to the callback of the write that brought it.
  let refusal: Error | undefined;
  for (const chunk of chunks(bytes, cuts)) {
    if (refusal !== undefined || receiver.writableEnded) break;
    receiver.write(chunk, (error) => (refusal ??= error ?? undefined));
    refusal ??= receiver.errored ?? undefined;
  }
  if (refusal !== undefined) outcome.push(`refused ${statusCode(refusal)}`);
  return { outcome };
}

/** npm ws with permessage-deflate, whose parameters are the server's answer. It decompresses in other threads. */
export async function theirDeflateVerdict({ bytes, cuts }: Stream, noContextTakeover: boolean): Promise<Verdict> {
  const { PerMessageDeflate: Extension, Receiver } = npmWs();
  const outcome: string[] = [];
  const extension = new Extension({ isServer: false, maxPayload: maxMessageSize });
  extension.accept([noContextTakeover ? { server_no_context_takeover: [true] } : {}]);
  const receiver = new Receiver({
    isServer: false,
    maxPayload: maxMessageSize,
    allowSynchronousEvents: true,
    extensions: { 'permessage-deflate': extension },
  });
  listen(receiver, outcome);
  let refusal: Error | undefined;
  for (const chunk of chunks(bytes, cuts)) {
    if (refusal !== undefined || receiver.writableEnded) break;
    await new Promise<void>((resolve) => {
      receiver.write(chunk, (error) => {
        refusal ??= error ?? undefined;
        resolve();
      });
    });
  }
  if (refusal !== undefined) outcome.push(`refused ${statusCode(refusal)}`);
  extension.cleanup();
  return { outcome };
}

function listen(receiver: WsReceiver, outcome: string[]): void {
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    outcome.push(isBinary ? `binary ${data.toString('hex')}` : `text ${data.toString()}`);
  });
  receiver.on('ping', (data: Buffer) => outcome.push(`ping ${data.toString('hex')}`));
  receiver.on('pong', (data: Buffer) => outcome.push(`pong ${data.toString('hex')}`));
  receiver.on('conclude', (code: number, reason: Buffer) => outcome.push(`close ${code} ${reason.toString()}`));
  receiver.on('error', () => {});
}

/** ws keeps the close code under a symbol. */
function statusCode(error: Error): unknown {
  const symbol = Object.getOwnPropertySymbols(error).find(({ description }) => description === 'status-code');
  assert.ok(symbol !== undefined, `not a refusal of ws: ${error.stack}`);
  return (error as unknown as Record<symbol, unknown>)[symbol];
}

const zeros = (target: Uint8Array): Uint8Array => target.fill(0);
const key = Buffer.alloc(16).toString('base64');

/** Our session. `watched`: with an observer, which sees pings and takes the frames out of the short ways. */
export function ourVerdict(
  { bytes, cuts }: Stream,
  watched: boolean,
  deflate?: { noContextTakeover: boolean },
): Verdict {
  const outcome: string[] = [];
  let rule: RuleId | undefined;
  let isLost = false;
  const nothing = (): void => {};
  const observer: SessionObserver = {
    request: nothing,
    response: nothing,
    message: nothing,
    violation: nothing,
    closed: nothing,
    frame: (direction, { opcode }, payload) => {
      if (direction === 'received' && opcode === 9) outcome.push(`ping ${payload.toString('hex')}`);
      if (direction === 'received' && opcode === 10) outcome.push(`pong ${payload.toString('hex')}`);
    },
  };
  const extension = deflate && new PerMessageDeflate(zlib);
  const session = new Session(
    {
      response: nothing,
      open: nothing,
      pong: nothing,
      message: (data) =>
        outcome.push(typeof data === 'string' ? `text ${data}` : `binary ${Buffer.from(data).toString('hex')}`),
      failed: ({ violation, sentence }) => {
        isLost = violation === undefined;
        if (violation === undefined) return;
        rule = violation.rule.id;
        assert.notEqual(violation.rule.closeCode, undefined, spell(sentence));
        outcome.push(`refused ${violation.rule.closeCode}`);
      },
      closed: (code, reason) => {
        if (rule === undefined && !isLost) outcome.push(`close ${code} ${reason}`);
      },
    },
    {
      request: { host: 'localhost', resource: '/', subprotocols: [], extensions: extension?.offer ?? '', fields: [] },
      limits: { maxHeadSize: 65_536, maxHeadFields: 100, maxMessageSize, maxFragments: 10_000, closeTimeout: 10_000 },
      sink: new OutputQueue(),
      random: zeros,
      keys: new MaskingKeys(zeros),
      now: () => 0,
      observer: watched ? observer : undefined,
      extension,
    },
  );
  const parameters = deflate?.noContextTakeover === true ? '; server_no_context_takeover' : '';
  const fields = deflate === undefined ? [] : [`Sec-WebSocket-Extensions: permessage-deflate${parameters}`];
  session.receive(Buffer.from(switchingProtocols(key, ...fields)));
  assert.ok(session.isOpen);
  for (const chunk of chunks(bytes, cuts)) session.receive(chunk);
  session.receiveEnd();
  return { outcome, rule };
}

/** Each chunk in memory of its own, as from a socket. */
function chunks(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts, bytes.length];
  return edges.slice(1).flatMap((end, at) => (end > edges[at]! ? [Buffer.from(bytes.subarray(edges[at], end))] : []));
}

/** A small generator of numbers that the seed decides (mulberry32). */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export interface Frame {
  fin: boolean;
  rsv: number;
  opcode: number;
  masked: boolean;
  payload: Buffer;
  /** 7, 16, 64; more than needed breaks a rule. */
  lengthBits: number;
  highestBit: boolean;
}

export function encode({ fin, rsv, opcode, masked, payload, lengthBits, highestBit }: Frame): Buffer {
  const size = lengthBits === 7 ? 2 : lengthBits === 16 ? 4 : 10;
  const header = Buffer.alloc(size);
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  header[1] = (masked ? 0x80 : 0) | (lengthBits === 7 ? payload.length : lengthBits === 16 ? 126 : 127);
  if (lengthBits === 16) header.writeUInt16BE(payload.length, 2);
  if (lengthBits === 64) header.writeBigUInt64BE(BigInt(payload.length) | (highestBit ? 1n << 63n : 0n), 2);
  // A key of zeros leaves the payload as it is.
  return Buffer.concat([header, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}
