/** The options of permessage-deflate and their defaults. */

/**
 * How messages are compressed (RFC 7692). What is left out has its default. `server…` is about what the server sends,
 * `client…` about what the client sends.
 */
export interface PerMessageDeflateOptions {
  /**
   * Ask that the server compress every message on its own. That saves us its window, up to 32 KiB a connection, and
   * costs compression. A server that does not agree compresses as it does. Default `false`.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * Compress every message on its own. That saves both sides a window, and time, and costs compression. Default
   * `false`; the server may demand it.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * Ask that the server look back at most 2^n bytes, n an integer from 8 to 15: what we have to remember. A server that
   * does not agree looks back up to 32 KiB. Default 15, which is that.
   */
  readonly serverMaxWindowBits?: number | undefined;
  /**
   * Look back at most 2^n bytes, n an integer from 8 to 15; the server may lower it. The smaller, the less memory and
   * time a message takes, and the less it shrinks. Default 15, which is 32 KiB.
   */
  readonly clientMaxWindowBits?: number | undefined;
  /** Messages of fewer bytes (as UTF-8, for texts) are sent as they are. An integer from 0. Default 1024. */
  readonly threshold?: number | undefined;
  /**
   * zlib's trade-off, an integer from 0 (no compression) over 1 (fast) to 9 (small). Default 3: everything else waits
   * while a message is compressed, and zlib's own default of 6 takes more than twice as long for a few percent.
   */
  readonly level?: number | undefined;
}

/** Options that have been checked, each with a value. */
export type PerMessageDeflateSettings = {
  readonly [Name in keyof PerMessageDeflateOptions]-?: NonNullable<PerMessageDeflateOptions[Name]>;
};

/** Fills in the defaults. */
export function withDefaults(options: PerMessageDeflateOptions): PerMessageDeflateSettings {
  return {
    serverNoContextTakeover: options.serverNoContextTakeover ?? false,
    clientNoContextTakeover: options.clientNoContextTakeover ?? false,
    serverMaxWindowBits: options.serverMaxWindowBits ?? 15,
    clientMaxWindowBits: options.clientMaxWindowBits ?? 15,
    threshold: options.threshold ?? 1024,
    level: options.level ?? 3,
  };
}
