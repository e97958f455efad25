/** A URL as it is typed: without a scheme it gets the one that is meant most often there, and the user is told. */
import { isIPv6 } from 'node:net';

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

/** Whether a host is this machine or one of a private network (RFC 1918, RFC 4193, link-local). */
export function isNear(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '').replace(/%.*$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIPv6(name)) {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(name)?.[1];
    return mapped === undefined ? name === '::1' || name === '::' || /^(?:f[cd]|fe[89ab])/.test(name) : isNear(mapped);
  }
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(name)?.slice(1).map(Number);
  if (bytes === undefined) return false;
  const [a = 0, b = 0] = bytes;
  return (
    [0, 10, 127].includes(a) || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254)
  );
}
