/** What the session of a connection is made with: the plan's part, and what it needs from outside. */
import { randomFillSync } from 'node:crypto';
import type { SessionOptions } from '../protocol/contracts.js';
import { MaskingKeys } from '../protocol/framing/mask.js';
import type { OutputSink } from '../protocol/framing/output-queue.js';
import type { ConnectionParts } from './connection-parts.js';
import { budget } from './inbox.js';

/** One pool of masking keys for all connections. */
const keys = new MaskingKeys(randomFillSync);
/** The pool serves the nonces of handshakes too: a call into the random source takes as long as reading a response. */
const random = (bytes: Uint8Array): void => keys.fill(bytes);

/** Whole milliseconds: V8 stores small integers unboxed. */
export const now = (): number => Math.trunc(performance.now());

export function sessionOptions({ plan, deadline, extension }: ConnectionParts, sink: OutputSink): SessionOptions {
  const { target, fields, subprotocols, limits, pingInterval, pongTimeout } = plan;
  return {
    request: {
      host: target.hostField,
      resource: target.resource,
      subprotocols,
      extensions: extension?.offer ?? '',
      fields,
    },
    limits,
    sink,
    budget,
    random,
    keys,
    now,
    handshakeDeadline: deadline,
    pingInterval,
    pongTimeout: pongTimeout === 0 ? Infinity : pongTimeout,
    extension,
  };
}
