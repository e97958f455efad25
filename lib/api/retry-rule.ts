/** When to connect again: which outcomes deserve it, and after what time. */

import type { BusinessError } from './errors.js';

/** How an attempt to connect, or a connection, ended. */
export interface ReconnectingOutcome {
  /** Of a connection that was open: the code of its `close` event. */
  code?: number;
  reason?: string;
  /** Of an attempt that failed: the HTTP status that was answered, 0 without a response. */
  status?: number;
  /** What the `error` event or the caller of `connect` was given; or what a function of the options threw. */
  error?: BusinessError | Error;
  /** Whether the attempt got as far as the network; else something is wrong with its arguments. */
  attempted: boolean;
  /** How many attempts have failed in a row, this one included; 0 for a connection that had been up for a while. */
  failures: number;
}

/** RFC 6455 §7.4 and IANA: what will be no better next time. 1000: the server is done. */
const finalCodes: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003]);
/** Too slow, too early, too often. */
const temporaryRefusals: ReadonlySet<number> = new Set([408, 425, 429]);
/** Not implemented, HTTP version not supported, and their like. */
const finalServerErrors: ReadonlySet<number> = new Set([501, 505, 511]);

/**
 * The rule of `reconnecting` without `retry`.
 *
 * Again: whatever failed in the network or within the time, the statuses 408, 425, 429 and 5xx but 501, 505 and 511, and
 * every close code but 1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000 and 3003. Not again: other statuses, and arguments
 * that are wrong.
 */
export function isTemporary({ code, status = 0, attempted }: ReconnectingOutcome): boolean {
  if (code !== undefined) return !finalCodes.has(code);
  if (!attempted) return false;
  return status === 0 || temporaryRefusals.has(status) || (status >= 500 && !finalServerErrors.has(status));
}

/** How long to wait at least and at most, in milliseconds. */
export interface BackOffRange {
  readonly minDelay: number;
  readonly maxDelay: number;
}

/** Twice as long each time, and by half of it at random, so that clients do not come in step. In milliseconds. */
export function backOffDelay(failures: number, { minDelay, maxDelay }: BackOffRange, random: number): number {
  const whole = Math.min(maxDelay, minDelay * 2 ** Math.min(Math.max(failures - 1, 0), 52));
  return whole / 2 + (whole / 2) * random;
}

/** Milliseconds: a server that asks for more is asked again after that time. */
const longestRetryAfter = 3_600_000;

/**
 * What a server's Retry-After (RFC 9110 §10.2.3) asks for, in milliseconds; at most an hour.
 *
 * @param date now, in milliseconds since 1970
 */
export function askedDelay(outcome: ReconnectingOutcome, date: number): number {
  const value = (outcome.error as BusinessError | undefined)?.response?.headers['retry-after'];
  if (typeof value !== 'string') return 0;
  return Math.min(longestRetryAfter, readRetryAfter(value, date) ?? 0);
}

/** The value of a Retry-After, seconds or a date, in milliseconds from `date` on; `undefined` when it is neither. */
export function readRetryAfter(value: string, date: number): number | undefined {
  const asked = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - date;
  return Number.isNaN(asked) ? undefined : Math.max(0, asked);
}
