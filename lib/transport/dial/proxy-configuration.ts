/** A proxy given by the program. */
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
