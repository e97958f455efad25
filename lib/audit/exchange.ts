/** What exactly a server sent: the messages that are due, and whatever else came before, between and after them. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { isControlOpcode, Opcode } from '../protocol/framing/opcode.js';
import type { ProbeRun } from './probe-run.js';
import { describeClose } from './probe-run.js';
import type { IncomingFrame, RawConnection } from './raw-connection.js';

/** Why the messages did not come as they were due. */
export interface Shortfall {
  readonly got: string;
  /** The Close frame that came instead. */
  readonly close?: IncomingFrame;
}

/** The finished messages among frames, put together. */
export function messagesIn(frames: readonly IncomingFrame[]): Buffer[] {
  const messages: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const { opcode, fin, payload } of frames) {
    if (isControlOpcode(opcode)) continue;
    if (opcode !== Opcode.continuation) parts = [];
    parts.push(payload);
    if (fin) messages.push(Buffer.concat(parts));
  }
  return messages;
}

/**
 * Waits until these messages have come, in order, and no other one: neither before them nor until a ping sent behind the
 * last one is answered. Of a server that talks unasked, others are let through.
 */
export async function shortfall(
  run: ProbeRun,
  connection: RawConnection,
  opcode: number,
  messages: readonly Buffer[],
): Promise<Shortfall | undefined> {
  if (run.peerTalks) return lenientShortfall(run, connection, opcode, messages);
  let data: IncomingFrame[] = [];
  for (const [index, message] of messages.entries()) {
    const which = messages.length === 1 ? 'the echo' : `echo ${index + 1} of ${messages.length}`;
    do {
      const received = await run.await(connection, (frame) => !isControlOpcode(frame.opcode) || isClose(frame));
      if (typeof received === 'string') return { got: received };
      if (isClose(received)) return { got: describeClose(received), close: received };
      data.push(received);
    } while (!data.at(-1)!.fin);
    const [whole = Buffer.alloc(0)] = messagesIn(data);
    if (data[0]!.opcode !== opcode || !whole.equals(message))
      return { got: `instead of ${which}, a message of ${whole.length} bytes that is not the one sent` };
    data = [];
  }
  const more = await whateverElse(run, connection);
  const [extra] = messagesIn(more);
  return extra === undefined ? undefined : { got: `all that was sent, and then a message of ${extra.length} bytes` };
}

async function lenientShortfall(
  run: ProbeRun,
  connection: RawConnection,
  opcode: number,
  messages: readonly Buffer[],
): Promise<Shortfall | undefined> {
  for (const message of messages) {
    const result = await run.awaitMessage(connection, opcode, message);
    if (result !== 'came') return { got: result };
  }
  return undefined;
}

/** The frames that come until a ping is answered; a server that does not answer it has the grace of a carried-on one. */
export async function whateverElse(run: ProbeRun, connection: RawConnection): Promise<IncomingFrame[]> {
  const payload = `anything else? ${randomBytes(4).toString('hex')}`;
  await connection.sendFrames({ opcode: Opcode.ping, payload });
  const limit = Math.min(run.deadline, performance.now() + run.times.grace);
  const frames: IncomingFrame[] = [];
  for (;;) {
    const received = await connection.next(limit);
    if (received.kind !== 'frame') return frames;
    const { frame } = received;
    if (frame.opcode === Opcode.pong && frame.payload.toString() === payload) return frames;
    frames.push(frame);
    if (isClose(frame)) return frames;
  }
}

/** Why a connection that was opened cannot be used: the server ends it, though nothing was asked of it but a ping. */
export async function whyUnusable(run: ProbeRun, connection: RawConnection): Promise<string | undefined> {
  await connection.sendFrames({ opcode: Opcode.ping, payload: 'in use?' });
  const limit = Math.min(run.deadline, performance.now() + run.times.grace);
  for (;;) {
    const received = await connection.next(limit);
    if (received.kind === 'end' || received.kind === 'excess') return received.how;
    if (received.kind !== 'frame' || received.frame.opcode === Opcode.pong) return undefined;
    if (isClose(received.frame)) return describeClose(received.frame);
  }
}

function isClose({ opcode }: IncomingFrame): boolean {
  return opcode === Opcode.close;
}
