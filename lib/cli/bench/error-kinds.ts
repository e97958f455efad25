/** Errors of a load by kind: few and short names, so that thousands of errors make a table of some rows. */
import type { LimitName } from '../../protocol/sentence.js';
import type { ConnectionFailure } from '../../transport/failure.js';
import type { Ending } from '../link.js';

const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EMFILE: 'no free file descriptor',
  ENFILE: 'no free file descriptor',
  EADDRNOTAVAIL: 'no free port',
};

const limits: Readonly<Record<LimitName, string>> = {
  handshakeTimeout: 'timeout while opening',
  pongTimeout: 'no pong in time',
  closeTimeout: 'no Close frame in time',
};

/** Why a connection could not be opened. */
export function openingErrorKind(failure: ConnectionFailure): string {
  if (failure.kind === 'refused') return `status ${failure.status}`;
  const code = codeOf(failure.cause);
  const known = code === undefined ? undefined : codes[code];
  if (known === 'reset' || (known === undefined && failure.kind === 'lost')) return `${known ?? 'ended'} while opening`;
  return known ?? kindOf(failure);
}

/** Why a connection that was open ended. */
export function endingErrorKind({ code, failure }: Ending): string {
  if (failure === undefined) return `closed with ${code}`;
  const known = codeOf(failure.cause);
  if (known !== undefined && codes[known] !== undefined) return codes[known];
  return failure.kind === 'lost' ? 'ended without a Close frame' : kindOf(failure);
}

function kindOf(failure: ConnectionFailure): string {
  switch (failure.kind) {
    case 'violation':
      return `violation of ${failure.violation.rule.id}`;
    case 'timeout':
      return limits[failure.limit];
    default:
      return failure.kind;
  }
}

/** The code of Node's error, through causes and the errors of several addresses. */
function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; depth++) {
    const { code, errors } = at as NodeJS.ErrnoException & { errors?: unknown[] };
    if (code !== undefined && (codes[code] !== undefined || errors === undefined)) return code;
    at = errors?.[0] ?? at.cause;
  }
  return undefined;
}
