/** RFC 6455 §5–§7 once more, as simple as can be: a whole stream at a time, no extension; it must agree. */
import { Buffer } from 'node:buffer';
import type { RuleId } from '../../lib/protocol/rules.js';
import { binaryEvent, pongEvent, textEvent } from './stream.js';

export interface ModelLimits {
  readonly maxMessageSize: number;
  readonly maxFragments: number;
}

class Refused extends Error {
  readonly rule: RuleId;

  constructor(rule: RuleId) {
    super(rule);
    this.rule = rule;
  }
}

/** What a session has to report about these bytes, and then the end of the connection. */
export function model(bytes: Buffer, masked: boolean, limits: ModelLimits): string[] {
  const events: string[] = [];
  try {
    if (!interpret(bytes, masked, limits, events)) events.push('failed -', 'closed 1006 ');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    events.push(`failed ${error.rule}`);
  }
  return events;
}

/** @returns whether a Close frame came */
function interpret(bytes: Buffer, masked: boolean, limits: ModelLimits, events: string[]): boolean {
  let message: { opcode: number; parts: Buffer[]; announced: number; fragments: number } | undefined;
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    const second = bytes[at + 1];
    const opcode = first & 15;
    const fin = first >= 128;
    if ((first & 0x70) !== 0) throw new Refused('frame-rsv');
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) throw new Refused('frame-opcode');
    if (opcode >= 8 && !fin) throw new Refused('control-fragmented');
    if (second === undefined) return false;
    if (second >= 128 !== masked) throw new Refused(masked ? 'frame-unmasked' : 'frame-masked');
    const short = second & 127;
    if (opcode >= 8 && short > 125) throw new Refused('control-length');
    const lengthSize = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = at + 2 + lengthSize + (masked ? 4 : 0);
    if (start > bytes.length) return false;
    const extended = bytes.toString('hex', at + 2, at + 2 + lengthSize);
    const length = lengthSize === 0 ? BigInt(short) : BigInt(`0x${extended}`);
    if (lengthSize === 2 && length < 126n) throw new Refused('frame-minimal-length');
    if (lengthSize === 8 && length >= 1n << 63n) throw new Refused('frame-length-63-bit');
    if (lengthSize === 8 && length < 65536n) throw new Refused('frame-minimal-length');

    if (opcode < 8) {
      if (opcode === 0 && message === undefined) throw new Refused('message-continuation');
      if (opcode !== 0 && message !== undefined) throw new Refused('message-interleaved');
      message ??= { opcode, parts: [], announced: 0, fragments: 0 };
      message.announced += Number(length);
      message.fragments++;
      if (message.announced > limits.maxMessageSize) throw new Refused('message-size');
      if (message.fragments > limits.maxFragments + Math.floor(message.announced / 16))
        throw new Refused('message-fragments');
    }
    const end = start + Number(length);
    const payload = Buffer.from(bytes.subarray(start, end));
    if (masked) for (let index = 0; index < payload.length; index++) payload[index]! ^= bytes[start - 4 + (index & 3)]!;
    const isWhole = end <= bytes.length;
    at = end;

    if (opcode < 8) {
      message!.parts.push(payload);
      const isDone = fin && isWhole;
      const body = Buffer.concat(message!.parts);
      if (message!.opcode === 1) {
        const text = decode(body, isDone);
        if (isDone) events.push(textEvent(text));
      } else if (isDone) {
        events.push(binaryEvent(body));
      }
      if (isDone) message = undefined;
    }
    if (!isWhole) return false;
    if (opcode === 10) events.push(pongEvent(payload));
    if (opcode === 8) {
      events.push(closed(payload));
      return true;
    }
  }
  return false;
}

/** @throws {Refused} when the bytes are not UTF-8, nor, unless they are complete, the start of some */
function decode(bytes: Buffer, isComplete: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !isComplete });
  } catch {
    throw new Refused('message-utf8');
  }
}

function closed(body: Buffer): string {
  if (body.length === 0) return 'closed 1005 ';
  if (body.length === 1) throw new Refused('close-length');
  const code = body.readUInt16BE();
  const isRegistered = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  if (!isRegistered && !(code >= 3000 && code <= 4999)) throw new Refused('close-code');
  try {
    return `closed ${code} ${new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body.subarray(2))}`;
  } catch {
    throw new Refused('close-reason-utf8');
  }
}
