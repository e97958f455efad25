/** Errors of the system, of DNS and of TCP in words that a person can act on. */
import { sentence } from '../../protocol/sentence.js';
import { type ConnectionFailure, isPermissionDenied } from '../failure.js';
import { LookupError } from './addresses.js';

/**
 * A DNS lookup or a TCP connection failed.
 *
 * @param peer what was to be reached, e.g. `the server localhost:8080`
 */
export function connectFailure(peer: string, host: string, error: Error): ConnectionFailure {
  return {
    kind: isPermissionDenied(error) ? 'permission' : isLookup(error) ? 'dns' : 'tcp',
    sentence: sentence`could not connect to ${peer}: ${reason(error, host)}`,
    status: 0,
    attempted: true,
    cause: error,
  };
}

function isLookup(error: NodeJS.ErrnoException): boolean {
  return error instanceof LookupError || error.syscall === 'getaddrinfo';
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'the network is unreachable',
  ENOENT: 'there is no such file',
  ENOTSOCK: 'it is not a socket',
  ENAMETOOLONG: 'its path is longer than the system allows',
  EAGAIN: 'too many connections wait there',
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
