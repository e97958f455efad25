/** The types of the documented API. Source: `@ohos.net.webSocket`, `@ohos.base`; our additions are marked. */

import type { PerMessageDeflateOptions } from '../protocol/deflate/options.js';
import type { ResponseHeaders } from '../protocol/http/field.js';
import type { AbortSignalLike } from '../transport/abort-signal.js';
import type { ConnectionSource } from '../transport/dial/duplex-like.js';
import type { LookupFunction } from '../transport/dial/lookup.js';
import type { AnyProxy, ProxyAddress, ProxyConfiguration } from '../transport/dial/proxy-configuration.js';
import type { ClientCert, ClientCertText, PemText } from '../transport/tls/client-cert.js';
import type { BusinessError } from './errors.js';
import type { TlsProtocol } from './tls-protocol.js';

export type { PerMessageDeflateOptions } from '../protocol/deflate/options.js';
export type { ResponseHeaders } from '../protocol/http/field.js';
export type { ConnectionSource, DuplexLike } from '../transport/dial/duplex-like.js';
export type { FoundAddress, LookupFunction } from '../transport/dial/lookup.js';
export type {
  AnyProxy,
  HttpProxy,
  ProxyAddress,
  ProxyConfiguration,
  ProxyType,
} from '../transport/dial/proxy-configuration.js';
export type { ClientCert, ClientCertText, PemText } from '../transport/tls/client-cert.js';

/** A function that gets a value. */
export type Callback<T> = (data: T) => void;

/** A function that gets an error. */
export type ErrorCallback<T extends Error = BusinessError> = (err: T) => void;

/**
 * A function that gets the outcome of an operation: `err` is `undefined` on success; else `data` says nothing.
 *
 * The type says `BusinessError` without `undefined`, as the platform's does, so that its programs compile unchanged.
 */
export type AsyncCallback<T, E = void> = (err: BusinessError<E>, data: T) => void;

/** The options of `connect` that the platform has. A property that is `undefined` counts as not given. */
export interface WebSocketRequestOptions {
  /**
   * Request headers: a record, or anything iterable in pairs (`Headers`, `Map`). Values are `string`, `number` or
   * `string[]` and leave as UTF-8; an empty string is skipped, and for `User-Agent` means that none is sent. Those that
   * the handshake owns (`Upgrade`, `Connection`, `Sec-WebSocket-Key`, …) are ignored. Several `Cookie` become one.
   *
   * 401: a name that is not a token, a value with CR, LF, NUL or another control character, a second `Host`, `Origin`,
   * `Authorization` or `User-Agent`.
   */
  header?: Object | undefined;
  /** A PEM file, or a directory of PEM files, with the only CAs to trust; not given or `''`: the runtime's. */
  caPath?: string | undefined;
  /** The client's certificate for servers that ask for one. */
  clientCert?: ClientCert | undefined;
  /** Default `'system'`: the environment's `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`, … */
  proxy?: ProxyConfiguration | undefined;
  /** Subprotocols, comma-separated, in order of preference; default none. */
  protocol?: string | undefined;
  /** Accepts any server certificate: for tests only. Default `false`. */
  skipServerCertVerification?: boolean | undefined;
  /** Seconds between pings, 0 to 30 000; default 30; 0: no heartbeat. */
  pingInterval?: number | undefined;
  /** Seconds to wait for a pong, at most `pingInterval`; default 30; 0: pongs are not waited for. */
  pongTimeout?: number | undefined;
  /** The lowest TLS version allowed; default: the runtime's. */
  minSupportTlsProtocol?: TlsProtocol | undefined;
  /** When given, an `Origin: http[s]://host` is sent, with the port when `true`. */
  supportOriginPort?: boolean | undefined;
}

/** The URL of a server: text, or an object of the class `URL`. */
export type WebSocketUrl = string | { readonly href: string; readonly protocol: string };

/** The options of `connect`, with our additions. */
export interface WebSocketClientOptions extends Omit<WebSocketRequestOptions, 'clientCert' | 'proxy'> {
  /** The client's certificate for servers that ask for one: the paths of PEM files, or `cert` and `key` as PEM. */
  clientCert?: ClientCert | ClientCertText | undefined;
  /**
   * As documented; also the URL of a proxy, e.g. `socks5h://user:password@127.0.0.1:1080`, or an object with `type`
   * (`http`, `https`, `socks5`, `socks5h`) and `secure` (TLS to the proxy itself). Default `'system'`.
   */
  proxy?: ProxyConfiguration | AnyProxy | ProxyAddress | undefined;
  /** PEM, as text or bytes, one or many, with the only CAs to trust, beside those of `caPath`. Default: the runtime's. */
  ca?: PemText | readonly PemText[] | undefined;
  /** The name for SNI, which the certificate has to be for; default: the URL's host. `''`: no SNI, the host is checked. */
  servername?: string | undefined;
  /** The path of a Unix socket, or of a named pipe of Windows, that the server listens on. No proxy is used then. */
  socketPath?: string | undefined;
  /** 4 or 6: only addresses of that family are looked up and connected to; default 0: both. */
  family?: 0 | 4 | 6 | undefined;
  /** The IP address of this machine that the connection starts from. */
  localAddress?: string | undefined;
  /** Looks host names up in the place of `dns.lookup`, and as it does; it is called with `all: true`. */
  lookup?: LookupFunction | undefined;
  /**
   * A connection that exists: a `Duplex` of bytes (an SSH channel, a serial line, a socket), or a function that gives one.
   * It is destroyed with the WebSocket. `wss:` speaks TLS over it. No proxy is used then.
   */
  connection?: ConnectionSource | undefined;
  /** Milliseconds for everything from DNS to the 101; default 30 000. */
  handshakeTimeout?: number | undefined;
  /** Milliseconds for the closing handshake and the end of the connection; default 10 000. */
  closeTimeout?: number | undefined;
  /** Bytes of a received message, after decompression; default 100 MiB. A larger one fails the connection (1009). */
  maxMessageSize?: number | undefined;
  /** Characters of the URL; default 1024. */
  maxUrlLength?: number | undefined;
  /** Compression by RFC 7692; default `false`. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /**
   * How many redirects (301, 302, 303, 307, 308) are followed; default 0. `Authorization`, `Cookie`, `Host` and the client
   * certificate go to the origin that was named only. From `wss:` to `ws:`, in a circle, and to hosts that
   * `setAllowedDomains` does not list, none is followed.
   */
  maxRedirects?: number | undefined;
  /** An `AbortSignal` that ends the attempt to connect. It has no effect once the connection is open. */
  signal?: AbortSignalLike | undefined;
}

/** The options of `close`. */
export interface WebSocketCloseOptions {
  /** Default 1000; may be sent: 1000–1003, 1007–1014, 3000–4999. */
  code?: number | undefined;
  /** Default `CLOSE_NORMAL`; at most 123 bytes of UTF-8. */
  reason?: string | undefined;
}

/** What the `close` event says. */
export interface CloseResult {
  /** The peer's code; 1005 when it sent none, 1006 when the link was lost. */
  code: number;
  reason: string;
}

/** What the `open` event says: `{ status: 101, message: 'Switching Protocols' }`. */
export interface OpenResult {
  status: number;
  message: string;
}

/** What the `openInfo` event says (API 26). */
export interface WebSocketOpenInfo {
  status: number;
  message: string;
  /** The subprotocol that the server chose; not there when it chose none. */
  protocol?: string;
}

/** Event name -> its listener. */
export interface WebSocketListeners {
  open: AsyncCallback<OpenResult>;
  openInfo: AsyncCallback<WebSocketOpenInfo>;
  message: AsyncCallback<string | ArrayBuffer>;
  close: AsyncCallback<CloseResult>;
  error: ErrorCallback;
  dataEnd: Callback<void>;
  headerReceive: Callback<ResponseHeaders>;
}
