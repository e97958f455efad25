/** The hosts to which this process may connect: the platform has this list in an application's configuration. */

import { typeName } from './arguments.js';
import { parameterError } from './errors.js';

let allowed: readonly string[] | undefined;

/**
 * Restricts every later `connect` of this process to these hosts; others fail with 2302998 before any DNS query.
 *
 * @param domains exact hosts (`api.example.com`, `127.0.0.1`, `::1`) and suffixes (`*.example.com`: every host below
 *   it, not `example.com` itself), case-insensitive; an empty list allows nothing; `undefined` lifts the restriction
 * @throws {BusinessError} 401 when it is neither
 */
export function setAllowedDomains(domains: readonly string[] | undefined): void {
  if (domains !== undefined) checkDomains(domains);
  allowed = domains && Object.freeze([...domains]);
}

function checkDomains(domains: unknown): void {
  const wrong = Array.isArray(domains) ? domains.findIndex((domain) => typeof domain !== 'string') : undefined;
  if (wrong === -1) return;
  const got = wrong === undefined ? typeName(domains) : `${typeName((domains as unknown[])[wrong])} at [${wrong}]`;
  throw parameterError(
    `setAllowedDomains expects an array of strings, or undefined to lift the restriction; got ${got}.`,
  );
}

/** The list as it was given; another array after each call of `setAllowedDomains`. */
export function allowedDomains(): readonly string[] | undefined {
  return allowed;
}
