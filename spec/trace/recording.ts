/** Records transcripts without a socket: a script says what goes into the session, on a clock that it sets. */
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import type { SessionHandler, SessionLimits } from '../../lib/protocol/contracts.js';
import type { PerMessageDeflateOptions } from '../../lib/protocol/deflate/options.js';
import { PerMessageDeflate } from '../../lib/protocol/deflate/permessage-deflate.js';
import { MaskingKeys } from '../../lib/protocol/framing/mask.js';
import { OutputQueue } from '../../lib/protocol/framing/output-queue.js';
import type { Field } from '../../lib/protocol/http/field.js';
import type { ObservedEvent } from '../../lib/protocol/recording/events.js';
import { Recorder } from '../../lib/protocol/recording/recorder.js';
import type { Session } from '../../lib/protocol/session.js';
import { TranscriptEncoder, transcriptHeader } from '../../lib/trace/transcript-format.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';
import { switchingProtocols } from '../peer/acceptance.js';
import { frameOf } from '../peer/frames.js';
import { limits } from '../protocol/drive.js';
import { seededFill } from '../protocol/random.js';

/** A report of the session, messages by their kind. */
type Reaction = Exclude<keyof SessionHandler, 'message'> | 'text' | 'binary';

export interface RecordingSetup {
  readonly connection?: number;
  readonly secrets?: boolean;
  readonly fields?: readonly Field[];
  readonly subprotocols?: readonly string[];
  readonly limits?: Partial<SessionLimits>;
  readonly deflate?: PerMessageDeflateOptions;
  readonly handshakeDeadline?: number;
  readonly pingInterval?: number;
  readonly pongTimeout?: number;
  /** What comes before the session. */
  readonly before?: (recording: Recording) => void;
  /** What listeners do, by the name of the handler. */
  readonly on?: Partial<Record<Reaction, (session: Session) => void>>;
}

export class Recording {
  readonly #lines: string[] = [];
  /** Milliseconds. */
  now = 1000;
  readonly recorder: Recorder;
  readonly session: Session;
  readonly queue = new OutputQueue(() => this.drain());
  /** What the session sent. */
  readonly #output: Buffer[] = [];

  constructor(setup: RecordingSetup = {}) {
    const { connection = 1, secrets = false, fields = [], subprotocols = [], deflate, on = {} } = setup;
    const encoder = new TranscriptEncoder(!secrets);
    this.#lines.push(JSON.stringify(transcriptHeader(!secrets)));
    this.recorder = new Recorder(
      connection,
      () => this.now,
      (_channel, build) => this.#lines.push(JSON.stringify(encoder.encode(build()))),
    );
    this.recorder.connecting('ws://example.test/chat');
    this.now += 5.1234;
    setup.before?.(this);
    const extension = deflate && new PerMessageDeflate(zlib, deflate);
    const react = (name: Reaction) => () => on[name]?.(this.session);
    this.session = this.recorder.session(
      {
        response: react('response'),
        open: react('open'),
        message: (data) => on[typeof data === 'string' ? 'text' : 'binary']?.(this.session),
        pong: react('pong'),
        failed: react('failed'),
        closed: react('closed'),
      },
      {
        request: { host: 'example.test', resource: '/chat', subprotocols, extensions: extension?.offer ?? '', fields },
        limits: { ...limits, ...setup.limits },
        sink: this.queue,
        random: seededFill(1),
        keys: new MaskingKeys(seededFill(2)),
        now: () => this.now,
        extension,
        ...(setup.handshakeDeadline === undefined ? {} : { handshakeDeadline: setup.handshakeDeadline }),
        ...(setup.pingInterval === undefined ? {} : { pingInterval: setup.pingInterval }),
        ...(setup.pongTimeout === undefined ? {} : { pongTimeout: setup.pongTimeout }),
      },
      deflate,
    );
    this.drain();
  }

  /** Feeds bytes, in one chunk or in chunks of a size, each a millisecond after the last. */
  receive(bytes: Buffer | string, chunkSize = Infinity): this {
    const all = Buffer.from(bytes as string, 'latin1');
    for (let at = 0; at < all.length; at += chunkSize) {
      this.now += 1;
      this.session.receive(all.subarray(at, Math.min(all.length, at + chunkSize)));
      this.drain();
    }
    return this;
  }

  /** Feeds the good answer to the request, with further field lines. */
  accept(...lines: string[]): this {
    const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(this.sent)![1]!;
    return this.receive(switchingProtocols(key, ...lines));
  }

  /** Lets the time pass until the next deadline, and acts on it. */
  expire(): this {
    this.now = this.session.deadline + 1;
    this.session.expire();
    this.drain();
    return this;
  }

  do(action: (session: Session) => void): this {
    this.now += 1;
    action(this.session);
    this.drain();
    return this;
  }

  get sent(): string {
    return Buffer.concat(this.#output).toString('latin1');
  }

  /** The transcript. */
  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  drain(): void {
    const { queue } = this;
    for (let chunk = queue.take(); chunk !== undefined; chunk = queue.take()) {
      this.#output.push(Buffer.from(chunk.bytes));
      queue.release(chunk);
    }
  }
}

/** The events of a connection, as they are read back from a transcript. */
export function events(connection: number): ObservedEvent[] {
  const recording = new Recording({ connection, fields: [['Cookie', 'id=swordfish']], secrets: true })
    .accept()
    .do((session) => session.sendText(`grüße ${connection}`))
    .receive(frameOf(0x82, 'data'))
    .receive(frameOf(0x88))
    .do((session) => session.receiveEnd());
  return parseTranscript(recording.text).entries.map(({ event }) => event);
}

/** Several connections at a time, one event of each in turn. */
export function interleaved(...connections: number[]): ObservedEvent[] {
  const all = connections.map(events);
  return all[0]!.flatMap((_, index) => all.map((list) => list[index]!));
}
