/**
 * Why a connection could not be opened, or was lost: data, in no words of the API and with no code of the platform.
 *
 * A failure carries its sentence with the options in it as data, so that each facade names them in its own way.
 */

import type { Failure } from '../protocol/contracts.js';
import type { Refusal } from '../protocol/http/body-preview.js';
import type { ConnectStep } from '../protocol/recording/events.js';
import type { Violation } from '../protocol/rules.js';
import { type LimitName, type OptionName, type Sentence, sentence, spell } from '../protocol/sentence.js';

/** Where an attempt to connect is. TLS to a proxy belongs to `proxy`. */
export type Phase = ConnectStep | 'Unix socket' | 'given connection' | 'opening handshake';

interface Common {
  /** What happened, without a full stop; never a credential. */
  readonly sentence: Sentence;
  /** HTTP status of the server's response, or of the proxy's; 0 when there was none. */
  readonly status: number;
  /** Whether anything has left for the network: a DNS query, a TCP connection. */
  readonly attempted: boolean;
  /** The error of Node, or the `Violation`, behind it. */
  readonly cause?: unknown;
  /** What the server or the proxy answered instead of what was asked for. */
  readonly refusal?: Refusal | undefined;
}

/**
 * Why there is no connection (any more).
 *
 * - `aborted`: by `close` or by the signal
 * - `unloadable`: a module of this client could not be loaded
 * - `permission`: the runtime or the system does not allow it; with `option`, to read the file that it names
 * - `dns`, `tcp`, `tls`, `certificate`: the step that failed; `proxy`: all that goes wrong with a proxy but its refusal
 * - `refused`: the server or the proxy answered with another HTTP status; `forbidden`: it redirects to a host that the
 *   program does not allow
 * - `violation`: the peer broke a rule of the protocol
 * - `lost`: the connection ended without a closing handshake
 */
export type ConnectionFailure = Common &
  (
    | { readonly kind: 'aborted' | 'unloadable' | 'dns' | 'tcp' | 'tls' | 'certificate' | 'proxy' | 'lost' }
    | { readonly kind: 'refused' | 'forbidden'; readonly refusal: Refusal }
    | { readonly kind: 'violation'; readonly violation: Violation }
    | { readonly kind: 'timeout'; readonly limit: LimitName; readonly phase?: Phase }
    | { readonly kind: 'file-missing' | 'file-unusable'; readonly option: OptionName }
    | { readonly kind: 'permission'; readonly option?: OptionName }
  );

/** A failure on its way up. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: ConnectionFailure;

  constructor(failure: ConnectionFailure) {
    super(spell(failure.sentence), failure.cause === undefined ? undefined : { cause: failure.cause });
    this.failure = failure;
  }
}

export const abortedByClose = sentence`close was called before the connection was open`;
export const abortedBySignal = sentence`the attempt was aborted by its signal`;

/** A session's failure as one of its connection. */
export function ofSession({ violation, refusal, limit, ...failure }: Failure): ConnectionFailure {
  const common = { ...failure, attempted: true, cause: failure.cause ?? violation, refusal };
  if (limit !== undefined) return { ...common, kind: 'timeout', limit };
  if (violation === undefined) return { ...common, kind: 'lost' };
  if (violation.rule.id === 'handshake-status' && refusal !== undefined) return { ...common, kind: 'refused', refusal };
  return { ...common, kind: 'violation', violation };
}

/**
 * Whether the runtime or the system refused the access: Node's permission model (`ERR_ACCESS_DENIED`), Deno's (`NotCapable`), or
 * `EACCES`/`EPERM` of the operating system. Looks through `AggregateError`s (one error an address) and causes.
 */
export function isPermissionDenied(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code, errors } = at as NodeJS.ErrnoException & { errors?: unknown };
    if (code === 'ERR_ACCESS_DENIED' || code === 'EACCES' || code === 'EPERM' || at.name === 'NotCapable') return true;
    if (Array.isArray(errors) && errors.length > 0 && errors.every(isPermissionDenied)) return true;
  }
  return false;
}
