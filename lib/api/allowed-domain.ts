/** Whether a host is on the list of `setAllowedDomains`. Apart from it, so that importing the client needs no URL parser. */

import { normalizeHost, withoutZone } from '../transport/dial/host.js';
import { allowedDomains } from './allowed-domains.js';

/** Each list in the one form of hosts: a long one would be slow to bring into it for each connect. */
const normalized = new WeakMap<readonly string[], readonly string[]>();

/** Whether the list, when there is one, has the host. */
export function isAllowedDomain(host: string): boolean {
  const given = allowedDomains();
  if (given === undefined) return true;
  let domains = normalized.get(given);
  if (domains === undefined) {
    domains = given.map(normalizeHost);
    normalized.set(given, domains);
  }
  const name = normalizeHost(withoutZone(host));
  return domains.some((domain) => (domain.startsWith('*.') ? name.endsWith(domain.slice(1)) : name === domain));
}
