/** The URL of a proxy, as the environment and the command line have it. */
import { percentDecode } from '../../protocol/http/basic-authorization.js';
import { withoutBrackets } from './host.js';

/** A proxy's URL, taken apart. */
export interface ProxyUrl {
  /** In lower case, without the colon, e.g. `http`. */
  readonly scheme: string;
  /** Without brackets. */
  readonly host: string;
  /** The URL's, or the default one of `http` and `https`. */
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
  const { protocol, hostname, port, username, password } = new URL(spelled);
  if (hostname === '' || port === '0') return undefined;
  return {
    scheme: protocol.slice(0, -1),
    host: withoutBrackets(hostname),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    username: percentDecode(username),
    password: percentDecode(password),
  };
}
