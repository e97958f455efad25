/** A server that turns clients away because there are too many of them: what it says, and when it may be asked again. */
import type { Head, StatusLine } from '../protocol/http/head.js';
import { printable, shorten } from '../protocol/printable.js';

export interface LimitRefusal {
  /** `429 Too Many Requests`, or `no response, TCP closed by the server`. */
  readonly status: string;
  /** Milliseconds until it may be asked again, when the server says so. */
  readonly retryAfter: number | undefined;
  /** The status says that it is a limit: 429 or 503. Otherwise it is what a correct request got, after others had got 101. */
  readonly isSaid: boolean;
}

/**
 * The refusal in a response; nothing when it is an answer to the question. Neither 429 nor 503 says anything about the
 * request, so no verdict may rest on them. @param now milliseconds since 1970
 */
export function refusalOf(status: StatusLine, head: Head, now: number): LimitRefusal | undefined {
  if (status.status !== 429 && status.status !== 503) return undefined;
  return { ...turnedAway(status, head, now), isSaid: true };
}

/** The refusal of a correct request, with whatever status. */
export function turnedAway(status: StatusLine, head: Head, now: number): LimitRefusal {
  const [value = ''] = head.values('retry-after');
  const time = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  const retryAfter = Number.isNaN(time) ? undefined : Math.max(time, 0);
  return { status: describeStatus(status), retryAfter, isSaid: false };
}

/** One line of a report, with what to do about it. */
export function describeRefusal({ status, isSaid }: LimitRefusal): string {
  return isSaid
    ? `the opening handshake was answered with ${status}: the server limits its clients, ask fewer questions at once`
    : `a correct opening handshake, answered with 101 before, got ${status}: perhaps the server limits its clients, ask fewer questions at once`;
}

/** `404 Not Found`. */
export function describeStatus({ status, message }: StatusLine): string {
  return printable(`${status} ${shorten(message, 60)}`.trim());
}
