/** What an observed session reports, as one row an event: its channel, and how its members are written as JSON and read back. */
import { sessionCall, sessionFailure } from './calls.js';
import type { Channel, ChannelEvents, EventStamp, ObservedEvent } from './events.js';
import type { Json, JsonMembers } from './json-members.js';
import * as shape from './shapes.js';
import {
  bound,
  bytes,
  fields,
  flag,
  number,
  optional,
  readMembers,
  type Shapes,
  text,
  writeMembers,
} from './shapes.js';

export type EventType = ObservedEvent['type'];
export type EventOf<T extends EventType> = Extract<ObservedEvent, { readonly type: T }>;
/** An event without what all of them have. */
export type EventMembers<T extends EventType> = Omit<EventOf<T>, 'type' | keyof EventStamp>;

type ChannelOf<T extends EventType> = { [C in Channel]: EventOf<T> extends ChannelEvents[C] ? C : never }[Channel];

interface ReportRow<T extends EventType> {
  readonly channel: ChannelOf<T>;
  /** In the order in which they are written, after `type`, `connection` and `time`. */
  readonly members: Shapes<EventMembers<T>>;
}

const sent = shape.constant('sent');
const received = shape.constant('received');
const direction = shape.oneOf('sent', 'received');
const start = shape.constant(0);

export const reports: { readonly [T in EventType]: ReportRow<T> } = {
  connecting: { channel: 'handshake', members: { url: text } },
  step: {
    channel: 'handshake',
    members: {
      step: shape.oneOf('DNS lookup', 'TCP connection', 'proxy', 'TLS handshake'),
      duration: number,
      tcp: optional(shape.object({ address: text, port: number, localPort: number })),
      tls: optional(shape.object({ version: text, cipher: text, certificate: optional(text), resumed: flag })),
    },
  },
  request: {
    channel: 'handshake',
    members: { direction: sent, offset: start, startLine: text, fields, bytes: shape.unwritten },
  },
  response: {
    channel: 'handshake',
    members: {
      direction: received,
      offset: number,
      version: text,
      status: number,
      message: text,
      fields,
      lenient: shape.optional(shape.lenient),
    },
  },
  open: { channel: 'handshake', members: { subprotocol: text, extensions: text } },
  frame: {
    channel: 'frame',
    members: {
      direction,
      offset: number,
      fin: flag,
      rsv: number,
      opcode: number,
      masked: flag,
      maskingKey: number,
      length: number,
      lengthBits: number,
      payload: shape.controlPayload,
    },
  },
  message: { channel: 'message', members: { direction, offset: number, data: shape.data } },
  rule: {
    channel: 'rule',
    members: {
      direction,
      offset: number,
      id: shape.named(),
      section: text,
      expected: text,
      got: text,
      closeCode: optional(number),
      bytes: shape.absent,
    },
  },
  close: {
    channel: 'close',
    members: { code: number, reason: text, opened: flag, failure: optional(sessionFailure) },
  },
  session: {
    channel: 'session',
    members: {
      key: text,
      request: optional(
        shape.object({ host: text, resource: text, subprotocols: shape.strings, extensions: text, fields }),
      ),
      limits: shape.object({
        maxHeadSize: bound,
        maxHeadFields: bound,
        maxFragments: bound,
        maxMessageSize: bound,
        closeTimeout: bound,
      }),
      handshakeDeadline: bound,
      pingInterval: number,
      pongTimeout: bound,
      deflate: optional(shape.options()),
    },
  },
  call: { channel: 'session', members: { depth: number, call: sessionCall } },
  keys: { channel: 'session', members: { keys: shape.numbers } },
  deflated: { channel: 'session', members: { bytes: optional(bytes) } },
  bytes: { channel: 'session', members: { direction, offset: number, bytes, ended: optional(text) } },
  relay: { channel: 'handshake', members: { message: text } },
};

/** Each row fits its own event; which one it is, only the event knows. */
function membersOf(type: EventType): Shapes<object> {
  return reports[type].members;
}

/** The line of an event: `type`, `connection` and `time` first, so that a person finds what it is about at its start. */
export function writeEvent(event: ObservedEvent): Json {
  const { type, connection, time } = event;
  return writeMembers<object>(membersOf(type), event, { type, connection, time });
}

/** An event from its line. The payload of a data frame is empty: lines do not have it. */
export function readEvent(members: JsonMembers): ObservedEvent {
  const stamp: EventStamp = { connection: members.number('connection'), time: members.number('time') };
  const type = members.string('type');
  if (!Object.hasOwn(reports, type)) throw members.error('type', 'the type of an event, e.g. "frame"', type);
  const rest = readMembers<object>(membersOf(type as EventType), members);
  return { ...stamp, type, ...rest } as ObservedEvent;
}
