/** Failures of a connection, which are data, in the words of the API: the caller's error, and the `error` event's. */

import { spell } from '../protocol/sentence.js';
import type { ConnectionFailure } from '../transport/failure.js';
import { type BusinessError, businessError, errorEvent, type FailedResponse } from './errors.js';

/** The error that the caller of `connect` gets. */
export function callerError(failure: ConnectionFailure): BusinessError {
  return businessError(codeOf(failure), spell(failure.sentence), details(failure));
}

/**
 * Whether listeners of `error` learn of a failed attempt. Files that cannot be used are a mistake in the options, which only
 * the caller of `connect` gets, as for any other.
 */
export function isEvent({ attempted, kind }: ConnectionFailure): boolean {
  return attempted || kind === 'unloadable' || kind === 'proxy';
}

/** The error that listeners of `error` get when an attempt to connect fails. */
export function attemptError(failure: ConnectionFailure): BusinessError {
  return asListened(errorEvent(failure.status, spell(failure.sentence), details(failure)));
}

/** The error that listeners of `error` get when a connection is lost that was open. */
export function lossError(failure: ConnectionFailure): BusinessError {
  return asListened(errorEvent(undefined, spell(failure.sentence), details(failure)));
}

/** The platform's type of this listener does not show that `data` is a string. */
function asListened(error: BusinessError<string>): BusinessError {
  return error as unknown as BusinessError;
}

function codeOf({ kind }: ConnectionFailure): 201 | 2302002 | 2302998 | 2302999 {
  if (kind === 'permission') return 201;
  if (kind === 'forbidden') return 2302998;
  return kind === 'file-missing' ? 2302002 : 2302999;
}

function details({ cause, refusal }: ConnectionFailure): {
  cause: unknown;
  response: FailedResponse | undefined;
} {
  if (refusal === undefined) return { cause, response: undefined };
  const { status, head, body } = refusal;
  return { cause, response: { status: status.status, message: status.message, headers: head.toHeaders(), body } };
}
