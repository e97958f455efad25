/** The options of permessage-deflate and their check. */

/**
 * How messages are compressed (RFC 7692). What is left out has its default. `server…` is about what the server sends,
 * `client…` about what the client sends.
 */
export interface PerMessageDeflateOptions {
  /**
   * Demand that the server compress every message on its own. That saves us its window, up to 32 KiB a connection,
   * and costs compression. A server that does not agree fails the handshake. Default `false`.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * Compress every message on its own. That saves both sides a window, and time, and costs compression. Default
   * `false`; the server may demand it.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * Demand that the server look back at most 2^n bytes, n an integer from 8 to 15: what we have to remember. Below 15,
   * a server that does not agree fails the handshake. Default 15, which is 32 KiB.
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

type Test = readonly [demand: string, holds: (value: unknown) => boolean];

const isBoolean: Test = ['a boolean', (value) => typeof value === 'boolean'];

function isInteger(least: number, most: number, range: string): Test {
  return [
    `an integer ${range}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  ];
}

const windowBits = isInteger(8, 15, 'from 8 to 15');

const tests: Record<keyof PerMessageDeflateOptions, Test> = {
  serverNoContextTakeover: isBoolean,
  clientNoContextTakeover: isBoolean,
  serverMaxWindowBits: windowBits,
  clientMaxWindowBits: windowBits,
  threshold: isInteger(0, Infinity, 'from 0'),
  level: isInteger(0, 9, 'from 0 to 9'),
};

/**
 * Checks a value of the option `perMessageDeflate` that switches compression on: `true`, or an object of options.
 * Unknown names in it are ignored, `undefined` stands for the default.
 *
 * @returns the options with their defaults filled in, or what is wrong: a sentence that names the option
 */
export function checkPerMessageDeflate(
  value: unknown,
): { readonly options: PerMessageDeflateSettings } | { readonly problem: string } {
  if (value === true) return { options: Object.freeze(withDefaults({})) };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'perMessageDeflate must be a boolean or an object of options.' };
  }
  const options: Record<string, unknown> = {};
  for (const [name, [demand, holds]] of Object.entries(tests)) {
    const option = (value as Record<string, unknown>)[name];
    if (option === undefined) continue;
    if (!holds(option)) return { problem: `perMessageDeflate.${name} must be ${demand}, got ${describe(option)}.` };
    options[name] = option;
  }
  return { options: Object.freeze(withDefaults(options)) };
}

/** Numbers and booleans as they are, of anything else just the type. */
function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}
