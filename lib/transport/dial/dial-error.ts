/** Why a connection attempt failed, in words that a person can act on. */

import type { Refusal } from '../../protocol/session.js';
import { isPermissionDenied } from '../failure.js';

/** Why there is no connection. */
export interface DialFailure {
  /** What happened, as a sentence; never a credential. */
  readonly message: string;
  readonly code: 201 | 2302002 | 2302999;
  /** The proxy's HTTP status; 0 when there is none. */
  readonly status: number;
  readonly cause?: unknown;
  /** What the proxy answered instead of a 2xx. */
  readonly refusal?: Refusal;
}

/** A failure on its way up. */
export class DialError extends Error implements DialFailure {
  override readonly name = 'DialError';
  readonly code: 201 | 2302002 | 2302999;
  readonly status: number;
  declare readonly refusal?: Refusal;

  constructor(message: string, { code = 2302999, status = 0, cause, refusal }: Partial<Omit<DialFailure, 'message'>>) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    if (refusal !== undefined) this.refusal = refusal;
  }
}

/**
 * A failed DNS lookup or TCP connection.
 *
 * @param peer what was to be reached, e.g. `the server localhost:8080`
 */
export function connectError(peer: string, host: string, error: Error): DialError {
  const denied = isPermissionDenied(error);
  return new DialError(`could not connect to ${peer}: ${reason(error, host)}`, {
    code: denied ? 201 : 2302999,
    cause: error,
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'the network is unreachable',
  EADDRNOTAVAIL: 'the address is not available on this machine',
  ERR_ACCESS_DENIED: "Node's permission model does not allow network access",
  EACCES: 'the system does not allow it (EACCES)',
  EPERM: 'the system does not allow it (EPERM)',
};

/** What a system's error means. With happy eyeballs there is one for each address: all different ones are named. */
export function reason(error: Error, host: string): string {
  const { code, errors, syscall } = error as NodeJS.ErrnoException & { errors?: Error[] };
  if (errors !== undefined && errors.length > 0) {
    return [...new Set(errors.map((each) => reason(each, host)))].join('; ');
  }
  if (code === 'EAI_AGAIN') return `the name server did not answer the question for ${host}`;
  if (syscall === 'getaddrinfo') return `the host name ${host} could not be resolved (${code})`;
  return (code === undefined ? undefined : reasons[code]) ?? (error.message || String(code));
}
