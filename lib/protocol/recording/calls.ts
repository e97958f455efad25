/**
 * What a session is called with, as one row a method: how the arguments are written as JSON, read back, and applied.
 * A method of `Session` that gets a row here gets an override in `recording-session.ts`.
 */
import { Buffer } from 'node:buffer';
import type { Fragment } from '../contracts.js';
import type { Session } from '../session.js';
import {
  bytes,
  data,
  flag,
  number,
  object,
  optional,
  readMembers,
  type Shape,
  type Shapes,
  text,
  writeMembers,
} from './shapes.js';

/** Why a connection or the attempt to make one ended, as far as it can be written down. */
export interface SessionFailure {
  /** What happened, as a sentence. */
  readonly message: string;
  /** The HTTP status of the response; 0 when there was none. */
  readonly status: number;
  /** The start of the body of a response that was not 101. */
  readonly body: string | undefined;
}

/** The arguments of each method; `abandon` is the connection that gives an attempt up. */
interface CallArguments {
  receive: { readonly bytes: Uint8Array };
  receiveEnd: { readonly error: string | undefined };
  send: { readonly data: string | Uint8Array };
  sendFragment: { readonly opcode: number; readonly payload: Uint8Array; readonly fin: boolean };
  ping: { readonly payload: Uint8Array };
  close: { readonly code: number; readonly reason: string };
  congested: { readonly congested: boolean };
  paused: { readonly paused: boolean };
  written: { readonly position: number; readonly transit: number };
  expire: object;
  abandon: { readonly failure: SessionFailure };
}

export type CallMethod = keyof CallArguments;

/** A call of a method of `Session`, with its arguments; `abandon` is the connection that gives an attempt up. */
export type SessionCall = { [M in CallMethod]: { readonly method: M } & CallArguments[M] }[CallMethod];

/** What calls are applied to. */
export interface CallTarget {
  readonly session: Session;
  abandon(failure: SessionFailure): void;
}

interface CallRow<A> {
  /** The arguments, in the order in which they are written. */
  readonly members: Shapes<A>;
  apply(to: CallTarget, args: A): void;
}

export const sessionFailure: Shape<SessionFailure> = object({ message: text, status: number, body: optional(text) });

export const calls: { readonly [M in CallMethod]: CallRow<CallArguments[M]> } = {
  receive: {
    members: { bytes },
    apply: ({ session }, call) => session.receive(Buffer.from(call.bytes)),
  },
  receiveEnd: {
    members: { error: optional(text) },
    apply: ({ session }, { error }) => session.receiveEnd(error === undefined ? undefined : new Error(error)),
  },
  send: {
    members: { data },
    apply: ({ session }, call) =>
      typeof call.data === 'string' ? session.sendText(call.data) : session.sendBinary(call.data),
  },
  sendFragment: {
    members: { opcode: number, payload: bytes, fin: flag },
    apply: ({ session }, { opcode, payload, fin }) =>
      session.sendFragment({ opcode: opcode as Fragment['opcode'], payload, fin }),
  },
  ping: {
    members: { payload: bytes },
    apply: ({ session }, { payload }) => session.ping(payload),
  },
  close: {
    members: { code: number, reason: text },
    apply: ({ session }, { code, reason }) => session.close(code, reason),
  },
  congested: {
    members: { congested: flag },
    apply: ({ session }, { congested }) => {
      session.congested = congested;
    },
  },
  paused: {
    members: { paused: flag },
    apply: ({ session }, { paused }) => {
      session.paused = paused;
    },
  },
  written: {
    members: { position: number, transit: number },
    apply: ({ session }, { position, transit }) => session.written(position, transit),
  },
  expire: {
    members: {},
    apply: ({ session }) => session.expire(),
  },
  abandon: {
    members: { failure: sessionFailure },
    apply: (to, { failure }) => to.abandon(failure),
  },
};

/** Each row fits its own method; which one it is, only the call knows. */
function rowOf(method: CallMethod): CallRow<object> {
  return calls[method] as CallRow<object>;
}

export function applyCall(to: CallTarget, call: SessionCall): void {
  rowOf(call.method).apply(to, call);
}

/** A call beside the other members of its line: `method`, then the arguments. */
export const sessionCall: Shape<SessionCall> = {
  write: (line, _name, call) => {
    line['method'] = call.method;
    writeMembers<object>(rowOf(call.method).members, call, line);
  },
  read: (members) => {
    const method = members.string('method');
    if (!Object.hasOwn(calls, method)) throw members.error('method', 'the method of a call, e.g. "receive"', method);
    const args = readMembers<object>(rowOf(method as CallMethod).members, members);
    return { method, ...args } as SessionCall;
  },
};
