/** The one form of a host: a name or an IP address, as this client keeps, compares and looks it up. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Lower case, no brackets around an IPv6 address, no final dot, in ASCII as a URL's host is. */
export function normalizeHost(host: string): string {
  const name = withoutBrackets(host.trim().toLowerCase()).replace(/\.$/, '');
  return domainToASCII(name) || name; // empty for what is not a domain: IPv6 addresses
}

/** `[::1]` -> `::1` */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** `fe80::1%eth0` -> `fe80::1`: the zone is about this machine's interfaces, not about the address. */
export function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

/** RFC 6761 §6.3: `localhost` and every name below it. */
export function isLocalhost(host: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(host);
}

/** 4 or 6 for an IP address, else 0. Also for the facade, which knows no sockets. */
export function addressFamily(host: string): number {
  return isIP(host);
}
