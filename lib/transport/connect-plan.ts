/** What a connection is made from: the arguments of `connect`, checked and completed (`options.ts`). */

import type { SessionLimits } from '../protocol/contracts.js';
import type { PerMessageDeflateOptions } from '../protocol/deflate/options.js';
import type { Field } from '../protocol/http/field.js';
import type { AbortSignalLike } from './abort-signal.js';
import type { DialPlan } from './dial/dial.js';
import type { Target } from './dial/target.js';

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
  /** Whether redirects are followed: how many at most, and how long their URLs may be. */
  readonly redirects?: { readonly most: number; readonly maxUrlLength: number } | undefined;
}
