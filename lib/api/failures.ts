/** Failures of a connection, which are data, in the words of the API: the caller's error, and the `error` event's. */

import type { ConnectionFailure } from '../transport/connection.js';
import { type BusinessError, businessError, errorEvent, type FailedResponse } from './errors.js';

/** The error that the caller of `connect` gets. */
export function callerError(failure: ConnectionFailure): BusinessError {
  return businessError(failure.code, failure.message, details(failure));
}

/** The error that listeners of `error` get. */
export function eventError({ status, message, ...failure }: ConnectionFailure): BusinessError {
  // The platform's type of this listener does not show that `data` is a string.
  return errorEvent(status, message, details(failure)) as unknown as BusinessError;
}

function details({ cause, refusal }: Pick<ConnectionFailure, 'cause' | 'refusal'>): {
  cause: unknown;
  response: FailedResponse | undefined;
} {
  if (refusal === undefined) return { cause, response: undefined };
  const { status, head, body } = refusal;
  return { cause, response: { status: status.status, message: status.message, headers: head.toHeaders(), body } };
}
