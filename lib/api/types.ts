/** The types of the documented API. Source: `@ohos.net.webSocket`, `@ohos.base`; our additions are marked. */

import type { PerMessageDeflateOptions } from '../protocol/deflate/options.js';
import type { ResponseHeaders } from '../protocol/http/field.js';
import type { AbortSignalLike } from '../transport/abort-signal.js';
import type { ProxyConfiguration } from '../transport/dial/proxy-configuration.js';
import type { ClientCert } from '../transport/tls/client-cert.js';
import type { BusinessError } from './errors.js';
import type { TlsProtocol } from './tls-protocol.js';

export type { PerMessageDeflateOptions } from '../protocol/deflate/options.js';
export type { ResponseHeaders } from '../protocol/http/field.js';
export type { HttpProxy, ProxyConfiguration } from '../transport/dial/proxy-configuration.js';
export type { ClientCert } from '../transport/tls/client-cert.js';

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

/** The options of `connect`, with our additions. */
export interface WebSocketClientOptions extends WebSocketRequestOptions {
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
