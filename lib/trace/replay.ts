/**
 * Replays a transcript: what went into each session goes into a fresh one, at the same times on a virtual clock, and what
 * comes out is compared with what the transcript says. A transcript of a failure is a test:
 *
 * @example
 * it('survives what the server of issue 17 sends', () => {
 *   assert.equal(replay(readTranscript('spec/issue-17.jsonl')).difference, undefined);
 * });
 */
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import type { SessionHandler } from '../protocol/contracts.js';
import { PerMessageDeflate } from '../protocol/deflate/permessage-deflate.js';
import type { Budget } from '../protocol/framing/budget.js';
import { OutputQueue } from '../protocol/framing/output-queue.js';
import type { MessageExtension } from '../protocol/messages/extension.js';
import { printable, shorten } from '../protocol/printable.js';
import { applyCall, type CallTarget, type SessionCall } from '../protocol/recording/calls.js';
import type { ObservedEvent, SessionEvent } from '../protocol/recording/events.js';
import type { Json } from '../protocol/recording/json-members.js';
import { Recorder } from '../protocol/recording/recorder.js';
import { writeEvent } from '../protocol/recording/reports.js';
import { Violation } from '../protocol/rules.js';
import type { Session } from '../protocol/session.js';
import { type Difference, isSame } from './difference.js';
import { ReplayedKeys } from './replayed-keys.js';
import { TranscriptError } from './transcript-error.js';
import type { Transcript, TranscriptEntry } from './transcript-reader.js';

export { type Difference, describeDifference } from './difference.js';
export { TranscriptError } from './transcript-error.js';
export { parseTranscript, readTranscript, type Transcript, type TranscriptEntry } from './transcript-reader.js';

/** What a replay came to. */
export interface ReplayResult {
  /** The first one, in the order of connections; `undefined`: the replay did the same. */
  readonly difference: Difference | undefined;
  /** Lines that were replayed. */
  readonly events: number;
  readonly connections: number;
}

/**
 * Replays all connections of a transcript, one after the other.
 *
 * What a replay does after the last line of a connection that has no `close` is not a difference: the program crashed there,
 * or the transcript was cut.
 *
 * @param listener gets what the sessions do; buffers are good until it returns
 * @throws {TranscriptError} when the lines are in an order that no session can have made
 */
export function replay(transcript: Transcript, listener: (event: ObservedEvent) => void = () => {}): ReplayResult {
  const connections = new Map<number, TranscriptEntry[]>();
  for (const entry of transcript.entries) {
    const { connection } = entry.event;
    const entries = connections.get(connection);
    if (entries === undefined) connections.set(connection, [entry]);
    else entries.push(entry);
  }
  let events = 0;
  let difference: Difference | undefined;
  for (const [connection, entries] of connections) {
    const one = new ConnectionReplay(connection, entries, transcript.header.redacted, listener);
    one.run();
    events += one.events;
    difference ??= one.difference;
  }
  return { difference, events, connections: connections.size };
}

/** Bytes by which a message may be larger than the one in the transcript, and still be shown. */
const slack = 65536;
/** Bytes that come out before a rule is found broken; a client's `maxMessageSize` unless it says otherwise. */
const largestInflated = 100 * 2 ** 20;

/** Ends the replay of a connection from within its session. */
class Stopped extends Error {}

class ConnectionReplay {
  readonly #connection: number;
  readonly #entries: readonly TranscriptEntry[];
  readonly #redacted: boolean;
  readonly #listener: (event: ObservedEvent) => void;
  readonly #recorder: Recorder;
  readonly #output = new OutputQueue(() => this.#drain());
  #session: Session | undefined;
  /** The line that the replay has to come to next. */
  #at = 0;
  /** The virtual clock. */
  #now = 0;
  /** How many calls are in progress. */
  #depth = 0;
  #stopped = false;
  events = 0;
  difference: Difference | undefined;

  constructor(
    connection: number,
    entries: readonly TranscriptEntry[],
    redacted: boolean,
    listener: (event: ObservedEvent) => void,
  ) {
    this.#redacted = redacted;
    this.#connection = connection;
    this.#entries = entries;
    this.#listener = listener;
    this.#recorder = new Recorder(
      connection,
      () => this.#now,
      (_channel, build) => this.#compare(build()),
    );
  }

  run(): void {
    for (
      let entry = this.#entries[0];
      entry !== undefined && this.difference === undefined && !this.#stopped;
      entry = this.#entries[this.#at]
    ) {
      const { event, line } = entry;
      this.#now = event.time;
      if (event.type === 'connecting') {
        this.#recorder.connecting(event.url);
      } else if (event.type === 'step') {
        const { step, duration, tcp, tls } = event;
        this.#recorder.step({ step, duration, tcp, tls });
      } else if (event.type === 'session') {
        this.#session = this.#start(event, line);
      } else if (event.type === 'call') {
        this.#call(event.call, line);
      } else {
        this.#differ(entry, undefined);
      }
      if (this.#entries[this.#at] === entry && this.difference === undefined) {
        throw new TranscriptError(
          line,
          'an event that can come here',
          `"${event.type}" of connection ${event.connection}`,
        );
      }
    }
  }

  /** Takes what the recorder reports: the calls as well as what came of them. */
  #compare(event: ObservedEvent): void {
    if (this.difference !== undefined) return;
    const entry = this.#entries[this.#at];
    const got = writeEvent(event);
    if (entry === undefined) {
      // The transcript ends here without a close: whatever follows was not written down.
      if (this.#entries.at(-1)!.event.type === 'close') this.#differ(undefined, got);
    } else if (isSame(entry.json, got, this.#redacted)) {
      this.#at++;
      this.events++;
    } else {
      this.#differ(entry, got);
    }
    if (this.difference === undefined) this.#listener(event);
  }

  #differ(entry: TranscriptEntry | undefined, got: Json | undefined): void {
    const line = entry?.line ?? this.#entries.at(-1)!.line + 1;
    this.difference = { connection: this.#connection, line, expected: entry?.json, got };
  }

  #start(event: SessionEvent, line: number): Session {
    if (this.#session !== undefined) throw new TranscriptError(line, 'one session for a connection', 'another one');
    const { request, limits, handshakeDeadline, pingInterval, pongTimeout, deflate } = event;
    const nonce = Buffer.from(event.key, 'base64');
    if (nonce.length !== 16) throw new TranscriptError(line, '16 bytes in base64 in "key"', `${nonce.length} bytes`);
    return this.#recorder.session(
      this.#handler(),
      {
        request,
        limits,
        sink: this.#output,
        random: (bytes) => bytes.set(nonce),
        keys: new ReplayedKeys(this.#entries.map((entry) => entry.event)),
        now: () => this.#now,
        handshakeDeadline,
        pingInterval,
        pongTimeout,
        extension: deflate && this.#extension(new PerMessageDeflate(zlib, deflate)),
      },
      deflate,
    );
  }

  #call(call: SessionCall, line: number): void {
    const session = this.#session;
    if (session === undefined && call.method !== 'abandon')
      throw new TranscriptError(line, 'the line "session" before any call', call.method);
    const to: CallTarget = { session: session!, abandon: (failure) => this.#recorder.abandon(failure) };
    this.#depth++;
    try {
      applyCall(to, call);
    } catch (error) {
      // A session says why it refuses what a peer sent; what else it throws is about values that no program can give it.
      if (error instanceof TranscriptError) throw error;
      if (error instanceof Stopped) {
        this.#stopped = true;
        return;
      }
      throw new TranscriptError(
        line,
        'a call that the session can take',
        `${call.method}: ${printable(shorten((error as Error).message, 120))}`,
      );
    }
    this.#depth--;
    this.#drain();
  }

  /** Repeats what listeners did during this call. */
  #nested(): void {
    for (;;) {
      const entry = this.#entries[this.#at];
      if (this.difference !== undefined || entry?.event.type !== 'call' || entry.event.depth !== this.#depth) return;
      this.#now = entry.event.time;
      this.#call(entry.event.call, entry.line);
      if (this.#entries[this.#at] === entry) return; // the session is over, and reports no calls
    }
  }

  #handler(): SessionHandler {
    const nested = (): void => this.#nested();
    return {
      response: nested,
      open: nested,
      message: nested,
      pong: nested,
      failed: nested,
      closed: nested,
    };
  }

  /** What would be written. */
  #drain(): void {
    const output = this.#output;
    for (let chunk = output.take(); chunk !== undefined; chunk = output.take()) output.release(chunk);
  }

  /** Compresses to what was sent then: another version of zlib may come to other bytes. */
  #extension(extension: PerMessageDeflate): MessageExtension {
    return {
      offer: extension.offer,
      accept: (extensions) => extension.accept(extensions),
      compresses: (size) => extension.compresses(size),
      deflate: (bytes) => {
        const event = this.#entries[this.#at]?.event;
        if (event?.type !== 'deflated') return extension.deflate(bytes);
        return event.bytes && Buffer.from(event.bytes);
      },
      deflatePiece: (bytes, last) => {
        const event = this.#entries[this.#at]?.event;
        return Buffer.from(
          event?.type === 'deflated' && event.bytes ? event.bytes : extension.deflatePiece(bytes, last),
        );
      },
      inflate: (bytes, maxSize, offset, budget) => this.#inflate(extension, bytes, maxSize, offset, budget),
    };
  }

  /**
   * Decompresses no more than the transcript can have: its size bounds what a replay holds, and a few bytes of it may
   * stand for gigabytes.
   */
  #inflate(extension: PerMessageDeflate, bytes: Buffer, maxSize: number, offset: number, budget: Budget): Buffer {
    if (this.difference !== undefined || this.#stopped) throw new Stopped();
    const bound = Math.min(maxSize, this.#expectedSize());
    try {
      return extension.inflate(bytes, bound, offset, budget);
    } catch (error) {
      if (!(error instanceof Violation) || error.rule.id !== 'message-size' || bound === maxSize) throw error;
      const entry = this.#entries[this.#at];
      const got = { type: 'message', direction: 'received', size: `more than ${bound} bytes` };
      if (entry !== undefined) this.#differ(entry, got);
      throw new Stopped();
    }
  }

  /** How many bytes the message that comes in has at most, if the transcript is right. */
  #expectedSize(): number {
    for (let at = this.#at; at < this.#entries.length; at++) {
      const { event } = this.#entries[at]!;
      if (event.type === 'rule') return largestInflated;
      if (event.type !== 'message' || event.direction !== 'received') continue;
      return slack + (typeof event.data === 'string' ? Buffer.byteLength(event.data) : event.data.length);
    }
    return slack;
  }
}
