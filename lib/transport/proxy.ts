/** Which proxy leads to a target: the `proxy` option, the environment, and the lists of hosts that go without one. */

/** A proxy given by the program. */
export interface HttpProxy {
  /** Name or IP address. */
  host: string;
  port: number;
  username?: string;
  password?: string;
  /** Targets that bypass the proxy, see `isExcluded`. */
  exclusionList?: string[];
}

/** `'system'`: from the environment, read when connecting. */
export type ProxyConfiguration = 'system' | 'no-proxy' | HttpProxy;

/** A proxy to use. */
export interface Proxy {
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether the connection to the proxy itself is TLS. */
  readonly secure: boolean;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}
