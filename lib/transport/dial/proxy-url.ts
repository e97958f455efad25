/** The URL of a proxy, as the environment and the command line have it. */
import { percentDecode } from '../../protocol/http/basic-authorization.js';
import { withoutBrackets } from './host.js';

/** Bytes of a user name, and of a password, that SOCKS5 can carry (RFC 1929 §2). */
export const longestSocksText = 255;

/** A proxy's URL, taken apart. */
export interface ProxyUrl {
  /** In lower case, without the colon, e.g. `http`. */
  readonly scheme: string;
  /** Without brackets. */
  readonly host: string;
  /** The URL's, or the default one of its scheme. */
  readonly port: number;
  /** Decoded; empty when there are none. */
  readonly username: string;
  readonly password: string;
}

/**
 * Reads `[scheme://][user:password@]host[:port]`; without a scheme it is `http`. The user name may be a Windows one,
 * `DOMAIN\user`; any other backslash and white space are refused, since `URL` would read another host out of them.
 *
 * @returns `undefined` when it is not a URL. The text may hold credentials: no message may show it
 */
export function parseProxyUrl(text: string): ProxyUrl | undefined {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const spelled = withScheme.replace(/^(\w[\w+.-]*:\/\/[^\\/?#:@]+)\\([^\\/?#:@]+(?::[^/?#]*)?@)/, '$1%5C$2');
  if (/[\\\s\0-\x1f\x7f]/.test(spelled) || !URL.canParse(spelled)) return undefined;
  const { protocol, hostname: spelledHost, port, username, password } = new URL(spelled);
  // Hosts of schemes that `URL` does not know stay as they are spelled.
  const asHttp = spelled.replace(/^[^:]*/, 'http');
  const hostname = spelledHost !== '' && URL.canParse(asHttp) ? new URL(asHttp).hostname : '';
  if (hostname === '' || port === '0') return undefined;
  return {
    scheme: protocol.slice(0, -1),
    host: withoutBrackets(hostname),
    port: port === '' ? defaultPort(protocol) : Number(port),
    username: percentDecode(username),
    password: percentDecode(password),
  };
}

function defaultPort(protocol: string): number {
  if (protocol.startsWith('socks')) return 1080;
  return protocol === 'https:' ? 443 : 80;
}
