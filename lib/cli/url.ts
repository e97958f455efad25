/** A URL as it is typed: without a scheme it gets the one that is meant most often there, and the user is told. */
import { isIPv6 } from 'node:net';
import { isLoopback, isSameNetwork } from '../transport/dial/host-pattern.js';

export interface TypedUrl {
  readonly url: string;
  /** What to tell the user about the scheme that was added; none when one was given. */
  readonly note: string | undefined;
}

/** `localhost:8080/chat` -> `ws://localhost:8080/chat`, `example.com` -> `wss://example.com`, `:8080` -> `ws://localhost:8080` */
export function completeUrl(typed: string): TypedUrl {
  if (
    /^[a-z][a-z\d+.-]*:[\\/]/i.test(typed) ||
    /^(?:wss?|https?|ws\+unix):/i.test(typed) ||
    /^(?:[\\/?#]|$)/.test(typed)
  )
    return { url: typed, note: undefined };
  const [, user = '', rest = typed] = /^([^/?#]*@)?([^]*)$/.exec(typed) ?? [];
  const [authority = ''] = /^[^/?#]*/.exec(rest) ?? [];
  const bracketed = isIPv6(authority)
    ? `[${authority}]`
    : authority.startsWith(':')
      ? `localhost${authority}`
      : authority;
  const host = bracketed.startsWith('[') ? bracketed.slice(1, bracketed.indexOf(']')) : bracketed.replace(/:\d*$/, '');
  const near = isNear(host);
  return {
    url: `${near ? 'ws' : 'wss'}://${user}${bracketed}${rest.slice(authority.length)}`,
    note: near
      ? 'the URL has no scheme: taken as ws://, since the address is a loopback or private one'
      : 'the URL has no scheme: taken as wss://; write ws:// for a server without TLS',
  };
}

/** This machine without a loopback address, private networks (RFC 1918, RFC 4193), and link-local ones. */
const nearNetworks: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['::', 128],
  ['fc00::', 7],
  ['fe80::', 10],
];

/** Whether a host is this machine or one of a private network. */
export function isNear(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return isLoopback(name) || nearNetworks.some(([address, prefix]) => isSameNetwork(name, address, prefix));
}
