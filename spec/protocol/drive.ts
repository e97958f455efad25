/** Drives a session with arrays of bytes, on a clock that stands still, and writes down everything that it reports. */

import { Buffer } from 'node:buffer';
import type { Failure, SessionHandler, SessionLimits, SessionObserver } from '../../lib/protocol/contracts.js';
import { MaskingKeys } from '../../lib/protocol/framing/mask.js';
import { opcodeName } from '../../lib/protocol/framing/opcode.js';
import { OutputQueue } from '../../lib/protocol/framing/output-queue.js';
import { defaultHeadLimits } from '../../lib/protocol/http/limits.js';
import type { MessageExtension } from '../../lib/protocol/messages/extension.js';
import { spell } from '../../lib/protocol/sentence.js';
import { Session } from '../../lib/protocol/session.js';
import { acceptFor, switchingProtocols } from '../peer/acceptance.js';
import { type ReceivedFrame, readFrame } from '../peer/frames.js';
import { seededFill } from './random.js';

/** The limits of the specs, unless one says otherwise: those of the client. */
export const limits: SessionLimits = {
  ...defaultHeadLimits,
  maxMessageSize: 100 * 2 ** 20,
  maxFragments: 131_072,
  closeTimeout: 10_000,
};

/** The key that driven sessions send: 16 zero bytes. */
export const key = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** The Sec-WebSocket-Accept that answers it. */
export const accept = acceptFor(key);

/** A good response with further field lines. */
export const goodHead = (...lines: string[]): string => switchingProtocols(key, ...lines);

/** A frame that a session sent. */
export type SentFrame = Omit<ReceivedFrame, 'size'>;

/** How a driven session differs from the usual one: a client without extension, heartbeat or observer. */
export interface Setup {
  readonly server?: boolean;
  readonly limits?: Partial<SessionLimits>;
  readonly subprotocols?: readonly string[];
  readonly extension?: MessageExtension | undefined;
  /** Whether an observer writes into `events` as well. */
  readonly observed?: boolean;
  readonly handshakeDeadline?: number;
  readonly pingInterval?: number;
  readonly pongTimeout?: number;
  /** Called after an event was written down. */
  readonly react?: (event: string, session: Session) => void;
}

export class Driven {
  readonly session: Session;
  readonly output: OutputQueue;
  /** What the handler and the observer were told, one line each. */
  readonly events: string[] = [];
  readonly failures: Failure[] = [];
  /** Milliseconds. */
  now = 0;
  readonly request: string;

  constructor(setup: Setup = {}) {
    const log = (event: string): void => {
      this.events.push(event);
      setup.react?.(event, this.session);
    };
    this.output = new OutputQueue(() => log('flush'));
    const { server, handshakeDeadline, pingInterval, pongTimeout, extension } = setup;
    this.session = new Session(handler(log, this.failures), {
      request: server
        ? undefined
        : {
            host: 'server.example',
            resource: '/chat',
            subprotocols: setup.subprotocols ?? [],
            extensions: extension?.offer ?? '',
            fields: [],
          },
      limits: { ...limits, ...setup.limits },
      sink: this.output,
      random: (bytes) => bytes.fill(0),
      keys: new MaskingKeys(seededFill(1)),
      now: () => this.now,
      ...(handshakeDeadline === undefined ? {} : { handshakeDeadline }),
      ...(pingInterval === undefined ? {} : { pingInterval }),
      ...(pongTimeout === undefined ? {} : { pongTimeout }),
      extension,
      observer: setup.observed ? observer(log) : undefined,
    });
    this.request = server ? '' : this.sentBytes().toString('latin1');
  }

  /** Gives the session the bytes of a hex string (blanks ignored), or bytes, in one chunk. */
  receive(bytes: string | Uint8Array): this {
    this.session.receive(typeof bytes === 'string' ? fromHex(bytes) : Buffer.from(bytes));
    return this;
  }

  /** Gives the session text as it stands, such as a response head. */
  receiveText(text: string): this {
    return this.receive(Buffer.from(text, 'latin1'));
  }

  /** Completes the opening handshake. */
  open(...lines: string[]): this {
    return this.receiveText(goodHead(...lines));
  }

  /** Lets time pass, and the session act on it. */
  wait(milliseconds: number): this {
    this.now += milliseconds;
    this.session.expire();
    return this;
  }

  /** Takes all output. */
  sentBytes(): Buffer {
    const pieces: Buffer[] = [];
    for (let chunk = this.output.take(); chunk !== undefined; chunk = this.output.take()) {
      pieces.push(Buffer.from(chunk.bytes));
      this.output.release(chunk);
    }
    return Buffer.concat(pieces);
  }

  /** Takes all output, as frames. */
  sent(): SentFrame[] {
    return parseFrames(this.sentBytes());
  }

  /** Takes all output, one line a frame: `close 03e8627965`. */
  sentLines(): string[] {
    return this.sent().map(({ fin, rsv, opcode, payload }) => {
      const name = `${opcodeName(opcode)}${fin ? '' : ' unfinished'}${rsv === 0 ? '' : ` rsv ${rsv}`}`;
      return line(name, payload.toString('hex'));
    });
  }

  /** Takes what has been reported since the last call. */
  takeEvents(): string[] {
    return this.events.splice(0);
  }
}

/** A client session that is open, its events so far forgotten. */
export function openClient(setup: Setup = {}, ...lines: string[]): Driven {
  const driven = new Driven(setup).open(...lines);
  driven.takeEvents();
  return driven;
}

export function fromHex(hex: string): Buffer {
  const digits = hex.replaceAll(/\s/g, '');
  const bytes = Buffer.from(digits, 'hex');
  if (bytes.length * 2 !== digits.length) throw new Error(`not hex: ${hex}`);
  return bytes;
}

/** Splits bytes into frames; the naive counterpart of what the framer builds. */
export function parseFrames(bytes: Buffer): SentFrame[] {
  const frames: SentFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const one = readFrame(bytes.subarray(at));
    if (one === undefined) throw new Error(`a frame of ${bytes.length - at} bytes is cut off`);
    const { size, ...frame } = one;
    frames.push(frame);
    at += size;
  }
  return frames;
}

type Log = (event: string) => void;

/** `name rest`, or just `name` when there is no rest. */
function line(name: string, rest: string): string {
  return rest === '' ? name : `${name} ${rest}`;
}

function handler(log: Log, failures: Failure[]): SessionHandler {
  return {
    response: (status) => log(`response ${status.status}`),
    open: ({ subprotocol, extensions }) => log(line(line('open', subprotocol), extensions)),
    message: (data) =>
      log(typeof data === 'string' ? line('text', data) : line('binary', Buffer.from(data).toString('hex'))),
    pong: (payload) => log(line('pong', payload.toString('hex'))),
    failed: (failure) => {
      failures.push(failure);
      const { violation, sentence, status } = failure;
      log(
        `failed ${status} ${violation === undefined ? '-' : `${violation.rule.id}@${violation.offset}`} ${spell(sentence)}`,
      );
    },
    closed: (code, reason) => log(line(`closed ${code}`, reason)),
  };
}

function observer(log: Log): SessionObserver {
  return {
    request: (bytes) => log(`seen request ${bytes.length}`),
    response: (status) => log(`seen response ${status.status}`),
    frame: (direction, { fin, rsv, opcode, masked, length, lengthBits }, payload, offset) =>
      log(
        `seen ${direction} frame @${offset} fin ${fin} rsv ${rsv} ${opcodeName(opcode)} masked ${masked} ` +
          `${length} in ${lengthBits}: ${payload.toString('hex')}`,
      ),
    message: (direction, data) =>
      log(`seen ${direction} message ${typeof data === 'string' ? data : `of ${data.byteLength} bytes`}`),
    violation: ({ rule }) => log(`seen violation ${rule.id}`),
    closed: (code, reason, clean) => log(`seen closed ${code} ${reason} ${clean}`),
  };
}
