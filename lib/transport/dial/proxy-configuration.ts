/** A proxy given by the program, as the platform has it. */
export interface HttpProxy {
  /** Name or IP address. */
  host: string;
  port: number;
  username?: string;
  password?: string;
  /** Targets that bypass the proxy, see `isExcluded`. Default: none. */
  exclusionList?: string[];
}

/** `'system'`: from the environment, read when connecting. */
export type ProxyConfiguration = 'system' | 'no-proxy' | HttpProxy;

/** The kinds of proxies: with `socks5` names are looked up here, with `socks5h` by the proxy. */
export type ProxyType = 'http' | 'https' | 'socks5' | 'socks5h';

/** A proxy given by the program, with our additions. */
export interface AnyProxy extends HttpProxy {
  /** Default `http`; `https` is `http` with `secure`. */
  type?: ProxyType;
  /** Whether the connection to the proxy itself is TLS: of HTTP proxies only. Default `false`. */
  secure?: boolean;
}

/** The URL of a proxy: `http://user:password@host:port`. Default ports: 80, 443 and, for SOCKS, 1080. */
export type ProxyAddress = `${ProxyType}://${string}`;
