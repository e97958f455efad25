/** What entries of an exclusion list and of `no_proxy` have in common: hosts, ports, IP addresses, domains. */
import { BlockList, isIP } from 'node:net';
import { isLocalhost, normalizeHost, withoutZone } from './host.js';

/** An entry or a target, taken apart. */
export interface HostAndPort {
  /** In lower case, without brackets and without the final dot of a fully qualified name. */
  readonly host: string;
  /** Not given: any. */
  readonly port: number | undefined;
}

/** Takes `host`, `host:port`, `[::1]`, `[::1]:port` or `::1` apart. */
export function splitHostAndPort(text: string): HostAndPort {
  const lowerCase = text.toLowerCase();
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(lowerCase);
  const named = /^([^:]*):(\d+)$/.exec(lowerCase);
  const parts = bracketed ?? named;
  return {
    host: normalizeHost(parts?.[1] ?? lowerCase),
    port: parts?.[2] === undefined ? undefined : Number(parts[2]),
  };
}

/** Whether `address` is the same address as `other`, or one of the network `other` with that many leading bits. */
export function isSameNetwork(address: string, other: string, prefix?: number): boolean {
  const family = familyOf(other);
  const bits = family === 'ipv4' ? 32 : 128;
  if (family === undefined || familyOf(address) === undefined || (prefix ?? 0) > bits) return false;
  const list = new BlockList();
  list.addSubnet(withoutZone(other), prefix ?? bits, family);
  return list.check(withoutZone(address), familyOf(address)!);
}

/** Whether a host is this machine: `localhost`, a name below it, or an address of loopback. */
export function isLoopback(host: string): boolean {
  return isLocalhost(host) || isSameNetwork(host, '127.0.0.0', 8) || isSameNetwork(host, '::1');
}

/** Whether a name is the domain or lies in it, as `ample.com` and `www.ample.com` do in `ample.com`. */
export function isInDomain(name: string, domain: string): boolean {
  return domain !== '' && (name === domain || name.endsWith(`.${domain}`));
}

/** Whether the whole text matches a pattern in which `*` stands for any run of characters. Takes linear time. */
export function matchesWildcards(text: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces.shift()!;
  const last = pieces.pop();
  if (last === undefined) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}

function familyOf(host: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(host);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}
