/** What a connection is made from: the arguments of `connect`, checked and completed (`options.ts`). */

import type { SessionLimits } from '../protocol/contracts.js';
import type { PerMessageDeflateOptions } from '../protocol/deflate/options.js';
import type { Field } from '../protocol/http/field.js';
import type { DialPlan } from './dial/dial.js';
import type { Target } from './dial/target.js';

/** What is used of an `AbortSignal`: its own type is there with the DOM library or Node's types only. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Everything that a connection needs to know, checked. */
export interface ConnectPlan {
  readonly target: Target;
  readonly dial: DialPlan;
  /** Fields of the request after those that the handshake owns, in the user's spelling. */
  readonly fields: readonly Field[];
  readonly subprotocols: readonly string[];
  readonly limits: SessionLimits;
  /** Milliseconds. */
  readonly handshakeTimeout: number;
  readonly pingInterval: number;
  readonly pongTimeout: number;
  readonly deflate: PerMessageDeflateOptions | undefined;
  readonly signal: AbortSignalLike | undefined;
}
