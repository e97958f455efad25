/** The options of every command that connects, in the form of `util.parseArgs`, and what they make of a connection. */
import { planConnect } from '../api/options.js';
import type { HttpProxy, WebSocketClientOptions } from '../api/types.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import { type ConnectionFailure, spell } from '../transport/failure.js';

/** For `options` of `parseArgs`, beside a command's own. */
export const connectionOptions = {
  header: { type: 'string', short: 'H', multiple: true },
  protocol: { type: 'string' },
  origin: { type: 'string' },
  proxy: { type: 'string' },
  'no-proxy': { type: 'boolean' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  passphrase: { type: 'string' },
  insecure: { type: 'boolean' },
  ping: { type: 'string' },
  timeout: { type: 'string' },
  compress: { type: 'boolean' },
} as const;

/** What `parseArgs` makes of them. */
export interface ConnectionValues {
  header?: string[] | undefined;
  protocol?: string | undefined;
  origin?: string | undefined;
  proxy?: string | undefined;
  'no-proxy'?: boolean | undefined;
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  passphrase?: string | undefined;
  insecure?: boolean | undefined;
  ping?: string | undefined;
  timeout?: string | undefined;
  compress?: boolean | undefined;
}

/** For a command's help. */
export const connectionHelp = `Connection:
  -H, --header 'NAME: VALUE'  a field of the request, e.g. 'Authorization: Bearer …'; repeatable
      --protocol NAMES        subprotocols to offer, comma-separated, in order of preference
      --origin ORIGIN         the Origin field, e.g. https://example.com
      --proxy URL             http://[user:password@]host[:port] (default: http_proxy, https_proxy, no_proxy, …)
      --no-proxy              connect directly, whatever the environment says
      --ca PATH               PEM file, or directory of them, with the only CAs to trust
      --cert FILE --key FILE  client certificate and its key, PEM
      --passphrase TEXT       of an encrypted key
      --insecure              accept any server certificate: for tests only
      --ping SECONDS          between pings of the heartbeat; 0: none (default: 30)
      --timeout SECONDS       for everything from DNS to the 101 (default: 30)
      --compress              offer permessage-deflate`;

/**
 * The plan of a connection; `more` is added to what the options say.
 *
 * @throws {Error} a wrong URL or option: a message for the user, without any credentials
 */
export function planConnection(url: string, values: ConnectionValues, more: WebSocketClientOptions = {}): ConnectPlan {
  return planConnect(url, { ...toClientOptions(values), ...more });
}

/** The options of `connect` that the command line stands for. @throws {Error} as `planConnection` */
export function toClientOptions(values: ConnectionValues): WebSocketClientOptions {
  if (values.proxy !== undefined && values['no-proxy']) throw new Error('expected --proxy or --no-proxy, got both');
  const { cert, key, passphrase, ping, timeout } = values;
  if (passphrase !== undefined && key === undefined) throw new Error('--passphrase needs --cert and --key');
  const keyPassword = passphrase === undefined ? {} : { keyPassword: passphrase };
  return {
    header: readHeader(values.header ?? [], values.origin),
    protocol: values.protocol,
    proxy: values['no-proxy'] ? 'no-proxy' : values.proxy === undefined ? 'system' : readProxy(values.proxy),
    caPath: values.ca,
    clientCert:
      cert === undefined && key === undefined
        ? undefined
        : { certPath: cert ?? '', keyPath: key ?? '', ...keyPassword },
    skipServerCertVerification: values.insecure ?? false,
    pingInterval: ping === undefined ? undefined : readNumber('--ping', ping, 0, 30_000),
    handshakeTimeout: timeout === undefined ? undefined : readNumber('--timeout', timeout, 0.001, 2_000_000) * 1000,
    perMessageDeflate: values.compress ?? false,
  };
}

/** A number given as an option. @throws {RangeError} it is none, or out of range */
export function readNumber(option: string, text: string, least: number, most: number, integer = false): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= least && value <= most && (!integer || Number.isInteger(value))) return value;
  const kind = integer ? 'an integer' : 'a number';
  throw new RangeError(`${option} must be ${kind} between ${least} and ${most}, got ${JSON.stringify(text)}`);
}

/** The one URL among the arguments. @throws {Error} there is none, or more than one */
export function onlyUrl(positionals: readonly string[]): string {
  if (positionals.length === 1) return positionals[0]!;
  throw new Error(
    positionals.length === 0
      ? 'expected a URL, e.g. ws://127.0.0.1:8080/'
      : `expected one URL, got ${positionals.length} arguments; quote what has spaces, and put options before --`,
  );
}

const optionNames: Readonly<Partial<Record<string, string>>> = {
  caPath: '--ca',
  clientCert: '--cert',
  'clientCert.certPath': '--cert',
  'clientCert.keyPath': '--key',
  'clientCert.keyPassword': '--passphrase',
  keyPassword: '--passphrase',
  skipServerCertVerification: '--insecure',
  handshakeTimeout: '--timeout',
  pingInterval: '--ping',
  proxy: '--proxy',
};

/** What went wrong, with the options as they are called on the command line. */
export function describeFailure({ sentence }: ConnectionFailure): string {
  return spell(sentence, (option) => optionNames[option] ?? option);
}

/** A message of the client's in the words of the command line: `the option caPath` becomes `the option --ca`. */
export function inOptionNames(message: string): string {
  return message.replace(/\b[a-z]+[A-Z][\w.]*\w/g, (word) => optionNames[word] ?? word);
}

function readHeader(lines: readonly string[], origin: string | undefined): Record<string, string[]> {
  // Keyed by the name in lower case, so that two spellings of a name are two lines of one field.
  const fields = new Map<string, { name: string; values: string[] }>();
  const add = (name: string, value: string): void => {
    const field = fields.get(name.toLowerCase()) ?? { name, values: [] };
    field.values.push(value);
    fields.set(name.toLowerCase(), field);
  };
  for (const line of lines) {
    const colon = line.indexOf(':');
    // Never the line itself: it may be a credential.
    if (colon < 1) throw new Error("--header must be 'NAME: VALUE', got one without a name and a colon");
    add(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  if (origin !== undefined) add('Origin', origin);
  return Object.fromEntries([...fields.values()].map(({ name, values }) => [name, values]));
}

function readProxy(text: string): HttpProxy {
  const form = 'http://[user:password@]host[:port]';
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    throw new Error(`--proxy must be ${form}`); // without what came: it may hold a password
  }
  if (url.protocol !== 'http:') throw new Error(`--proxy must be ${form}, got ${url.protocol}//…`);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    ...(url.username === '' ? {} : { username: decode(url.username), password: decode(url.password) }),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray "%" stands for itself
  }
}
