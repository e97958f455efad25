/** The two parts of a recorded conversation, as bytes with their times: what a replay plays to a live peer. */
import { Buffer } from 'node:buffer';
import { frameBytes } from '../protocol/framing/frame-bytes.js';
import { type FrameHeader, frameHeader } from '../protocol/framing/header.js';
import { isControlOpcode, Opcode } from '../protocol/framing/opcode.js';
import type { Field } from '../protocol/http/field.js';
import { HeadReader, parseStatusLine } from '../protocol/http/head.js';
import type {
  CallEvent,
  Direction,
  FrameEvent,
  ObservedEvent,
  SessionMessageEvent,
} from '../protocol/recording/events.js';
import { Violation } from '../protocol/rules.js';
import type { Transcript } from '../trace/transcript-reader.js';

/** Bytes, or the end of a direction. */
export interface PlayedPiece {
  /** Milliseconds since the response. */
  readonly time: number;
  readonly bytes: Buffer;
  /** How the direction ends behind them: `end`, or an error such as `ECONNRESET`. */
  readonly ended?: string | undefined;
}

/** One connection of a transcript. */
export interface PlayedConnection {
  readonly request: { readonly startLine: string; readonly fields: readonly Field[] } | undefined;
  readonly response:
    | { readonly version: string; readonly status: number; readonly message: string; readonly fields: readonly Field[] }
    | undefined;
  /** What the client sent behind its request. */
  readonly fromClient: readonly PlayedPiece[];
  /** What the server sent behind its response. */
  readonly fromServer: readonly PlayedPiece[];
  /** The same without compression: for a client that does not offer it. */
  readonly plainFromServer: readonly PlayedPiece[];
}

/** The connections of a transcript, of a relay or of a client, in the order in which they started. */
export function readPlayedConnections({ entries }: Transcript): PlayedConnection[] {
  const connections = new Map<number, ObservedEvent[]>();
  for (const { event } of entries) {
    const events = connections.get(event.connection);
    if (events === undefined) connections.set(event.connection, [event]);
    else events.push(event);
  }
  return [...connections.values()]
    .filter((events) => events.some(({ type }) => type === 'request'))
    .map(readConnection);
}

function readConnection(events: readonly ObservedEvent[]): PlayedConnection {
  const find = <T extends ObservedEvent['type']>(type: T) =>
    events.findLast((event) => event.type === type) as Extract<ObservedEvent, { type: T }> | undefined;
  const request = find('request');
  const response = find('response');
  const start = response?.time ?? request!.time;
  const isRelayed = events.some(({ type }) => type === 'bytes');
  const last = events.at(-1)!.time - start;
  return {
    request,
    response,
    fromClient: isRelayed ? bytesOf(events, 'sent', start) : [...sentPieces(events, start), ended(last)],
    fromServer: isRelayed ? bytesOf(events, 'received', start) : receivedPieces(events, start),
    plainFromServer: plainPieces(events, start, last),
  };
}

const nothing: Buffer = Buffer.alloc(0);
const ended = (time: number, how = 'end'): PlayedPiece => ({ time, bytes: nothing, ended: how });

/** As a relay has recorded them. */
function bytesOf(events: readonly ObservedEvent[], direction: Direction, start: number): PlayedPiece[] {
  return events.flatMap((event) =>
    event.type === 'bytes' && event.direction === direction
      ? [{ time: Math.max(0, event.time - start), bytes: Buffer.from(event.bytes), ended: event.ended }]
      : [],
  );
}

/** What a client's session was given: without the heads. */
function receivedPieces(events: readonly ObservedEvent[], start: number): PlayedPiece[] {
  const reader = new HeadReader({ maxHeadSize: 2 ** 20, maxHeadFields: 10_000 });
  const pieces: PlayedPiece[] = [];
  let isHead = true;
  for (const event of events) {
    if (event.type !== 'call' || event.depth > 0) continue;
    const time = Math.max(0, event.time - start);
    const { call }: CallEvent = event;
    if (call.method === 'receiveEnd') pieces.push(ended(time, call.error === undefined ? 'end' : 'ECONNRESET'));
    if (call.method !== 'receive') continue;
    let bytes = Buffer.from(call.bytes);
    if (isHead) {
      const at = endOfHeads(reader, bytes);
      isHead = at < 0;
      bytes = at < 0 ? Buffer.alloc(0) : bytes.subarray(at);
    }
    if (bytes.length > 0) pieces.push({ time, bytes });
  }
  return pieces;
}

/** @returns the position behind the final head; -1: it goes on */
function endOfHeads(reader: HeadReader, bytes: Buffer): number {
  try {
    for (let at = 0; at < bytes.length; ) {
      at = reader.push(bytes, at, bytes.length);
      if (reader.head === undefined) continue;
      const { status } = parseStatusLine(reader.head.startLine);
      if (status === 101 || status >= 200) return at;
      reader.skipHead();
    }
    return -1;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return 0; // not a head: all of it is played
  }
}

/** What a client's session sent, put together again: the keys are in its frames, the data in its messages or fragments. */
function sentPieces(events: readonly ObservedEvent[], start: number): PlayedPiece[] {
  const pieces: PlayedPiece[] = [];
  let deflated: Uint8Array | undefined;
  let fragment: Uint8Array | undefined;
  let waiting: FrameEvent | undefined;
  for (const event of events) {
    const time = Math.max(0, event.time - start);
    if (event.type === 'deflated') deflated = event.bytes;
    else if (event.type === 'call' && event.call.method === 'sendFragment') {
      fragment = event.call.payload;
      deflated = undefined;
    } else if (event.type === 'frame' && event.direction === 'sent') {
      if (isControlOpcode(event.opcode)) pieces.push({ time, bytes: wholeFrame(event, event.payload) });
      else if (fragment !== undefined) {
        pieces.push({ time, bytes: wholeFrame(event, deflated ?? fragment) });
        fragment = undefined;
      } else waiting = event;
    } else if (event.type === 'message' && event.direction === 'sent' && waiting !== undefined) {
      const payload = waiting.rsv !== 0 && deflated !== undefined ? deflated : dataOf(event);
      pieces.push({ time, bytes: wholeFrame(waiting, payload) });
      waiting = undefined;
    }
  }
  return pieces;
}

/** What a server said, without fragments and compression. */
function plainPieces(events: readonly ObservedEvent[], start: number, last: number): PlayedPiece[] {
  const pieces: PlayedPiece[] = [];
  for (const event of events) {
    if ((event.type !== 'frame' && event.type !== 'message') || event.direction !== 'received') continue;
    const time = Math.max(0, event.time - start);
    const header = { ...frameHeader(), fin: true };
    if (event.type === 'message') {
      const opcode = typeof event.data === 'string' ? Opcode.text : Opcode.binary;
      pieces.push({ time, bytes: wholeFrame({ ...header, opcode }, dataOf(event)) });
    } else if (isControlOpcode(event.opcode)) {
      pieces.push({ time, bytes: wholeFrame({ ...header, opcode: event.opcode }, event.payload) });
    }
  }
  return [...pieces, ended(last)];
}

function dataOf({ data }: SessionMessageEvent): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data) : data;
}

function wholeFrame(header: Readonly<FrameHeader>, payload: Uint8Array): Buffer {
  return frameBytes({ ...header, length: payload.length, lengthBits: 7 }, payload);
}
