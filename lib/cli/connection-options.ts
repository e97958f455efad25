/** The options of every command that connects, and the plan of a connection that they make. */
import process from 'node:process';
import type { BusinessError } from '../api/errors.js';
import { planConnect } from '../api/options.js';
import { TlsProtocol } from '../api/tls-protocol.js';
import type { AnyProxy, ProxyType, WebSocketClientOptions } from '../api/types.js';
import { basicAuthorization } from '../protocol/http/basic-authorization.js';
import { isToken, trimWhitespace } from '../protocol/http/field.js';
import { printable } from '../protocol/printable.js';
import { blot, blotUrl } from '../protocol/secrets.js';
import { type OptionName, spell } from '../protocol/sentence.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import { parseProxyUrl } from '../transport/dial/proxy-url.js';
import type { ConnectionFailure } from '../transport/failure.js';
import {
  choiceOption,
  flagOption,
  numberOption,
  type OptionValues,
  parsedOption,
  quoteArgument,
  type Streams,
  textOption,
  textOptions,
  UsageError,
} from './command.js';
import type { OptionRows } from './command-text.js';
import { readHeaderFile } from './header-file.js';
import { completeUrl } from './url.js';

const group = 'Connection';

/** One row an option, beside a command's own. */
export const connectionOptions = {
  header: textOptions("'NAME: VALUE'", "a field of the request, e.g. 'Authorization: Bearer …'; repeatable", {
    short: 'H',
    group,
    elsewhere: ['--headers', '-A', '--user-agent'],
  }),
  'header-file': {
    ...textOptions('FILE', "fields of the request, one 'NAME: VALUE' a line; lines with # are skipped; repeatable", {
      group,
    }),
    read: (files: readonly string[], name: string) => files.flatMap((file) => readHeaderFile(file, name)),
  },
  auth: {
    ...textOption('USER[:PASSWORD]', 'log in with Basic; the password is asked for when it is not there', {
      group,
      elsewhere: ['--user', '-u', '--basic-auth', '--login'],
    }),
    complete: completeAuth,
  },
  protocol: parsedOption(
    textOption('NAMES', 'subprotocols to offer, comma-separated, in order of preference', {
      group,
      elsewhere: ['--subprotocol', '--subprotocols', '-s'],
    }),
    readSubprotocols,
  ),
  origin: textOption('ORIGIN', 'the Origin field, e.g. https://example.com', { group, elsewhere: ['-o'] }),
  proxy: parsedOption(
    textOption(
      'URL',
      'SCHEME://[user:password@]host[:port]; SCHEME: http, https, socks5, or socks5h, which looks names up itself (default: http_proxy, https_proxy, all_proxy, no_proxy)',
      {
        group,
        planNames: ['proxy'],
        elsewhere: ['--socks5', '--socks5-hostname', '--socks'],
      },
    ),
    readProxy,
  ),
  'no-proxy': flagOption('connect directly, whatever the environment says', {
    group,
    planNames: ["proxy: 'no-proxy'"],
  }),
  unix: textOption(
    'PATH',
    'connect to a Unix socket; @NAME: one of Linux that is no file. As ws+unix:PATH:/path does',
    {
      group,
      elsewhere: ['--unix-socket', '--socket'],
    },
  ),
  ca: textOption('PATH', 'PEM file, or directory of them, with the only CAs to trust', {
    group,
    planNames: ['caPath'],
    elsewhere: ['--cacert', '--cafile', '--ca-file'],
  }),
  cert: textOption('FILE', 'client certificate, PEM; with --key', {
    group,
    planNames: ['clientCert', 'clientCert.certPath'],
  }),
  key: textOption('FILE', 'key of the client certificate, PEM', { group, planNames: ['clientCert.keyPath'] }),
  passphrase: {
    ...textOption('TEXT', 'of an encrypted key; asked for when it is not there', {
      group,
      planNames: ['clientCert.keyPassword'],
    }),
    complete: completePassphrase('key', 'passphrase-file'),
  },
  'passphrase-file': textOption('FILE', 'the passphrase is its first line', { group }),
  insecure: flagOption('accept any server certificate: for tests only', {
    group,
    elsewhere: ['-k', '-n', '--no-check', '--no-verify', '--skip-verify'],
  }),
  servername: textOption('NAME', "the name for SNI, for which the certificate has to be; default: the URL's host", {
    group,
    elsewhere: ['--sni', '--server-name'],
  }),
  'min-tls': choiceOption(['1.0', '1.1', '1.2', '1.3'], 'the lowest version of TLS to accept', undefined, {
    group,
    planNames: ['minSupportTlsProtocol'],
    elsewhere: ['--tlsv1.2', '--tlsv1.3', '--tls-min'],
  }),
  keylog: textOption('FILE', 'append the secrets of TLS, for Wireshark; default: SSLKEYLOGFILE', { group }),
  ping: numberOption(
    'SECONDS',
    'between pings of the heartbeat; 0: none',
    { least: 0, most: 30_000, otherwise: 30 },
    { group, elsewhere: ['--ping-interval'], planNames: ['pongTimeout'] },
  ),
  timeout: numberOption(
    'SECONDS',
    'for everything from DNS to the 101',
    { least: 0.001, most: 2_000_000, otherwise: 30 },
    { group, elsewhere: ['--connect-timeout', '--max-time', '-m'], planNames: ['handshakeTimeout'] },
  ),
  compress: flagOption('offer permessage-deflate', {
    group,
    elsewhere: ['--compression', '--deflate', '--permessage-deflate'],
  }),
} satisfies OptionRows;

const tlsVersions = {
  '1.0': TlsProtocol.TLS_V_1_0,
  '1.1': TlsProtocol.TLS_V_1_1,
  '1.2': TlsProtocol.TLS_V_1_2,
  '1.3': TlsProtocol.TLS_V_1_3,
} as const;

/** The code of the API's error about a URL. */
const wrongUrl = 2302001;

export type ConnectionValues = OptionValues<typeof connectionOptions>;

/**
 * The plan of a connection; `more` is added to what the options say.
 *
 * @throws {UsageError} a wrong URL or option: a message for the user, without any credentials
 */
export function planConnection(url: string, values: ConnectionValues, more: WebSocketClientOptions = {}): ConnectPlan {
  // Nobody but the server limits how long the URL of a command is.
  const options = { ...toClientOptions(values), maxUrlLength: Infinity, ...more };
  try {
    return withKeyLog(planConnect(url, options), values.keylog);
  } catch (error) {
    const { code, message } = error as BusinessError;
    const said = inCommandWords(message).replace(/\.$/, '');
    const got = code === wrongUrl && !said.includes(', got ') ? `, got ${quoteUrl(url)}` : '';
    const hint = /^https?:/i.test(url) ? `; for ${/^https:/i.test(url) ? 'https: write wss:' : 'http: write ws:'}` : '';
    throw new UsageError(said + got + hint);
  }
}

/** The URL in a message: what may be a secret of it is blotted out, also behind a "#". */
function quoteUrl(url: string): string {
  return quoteArgument(blotUrl(url).replace(/(?<=#).*/s, (fragment) => blot(fragment)));
}

/** A complaint of the API, about options that have other names here. */
function inCommandWords(message: string): string {
  const names = {
    socketPath: '--unix',
    servername: '--servername',
    'proxy\\.\\w+': 'what --proxy names',
    proxy: '--proxy',
  };
  return Object.entries(names).reduce(
    (text, [name, here]) => text.replace(new RegExp(`\\b${name}\\b`, 'g'), here),
    message,
  );
}

/** Not an option of the API: a program has no business with it. */
function withKeyLog(plan: ConnectPlan, keyLogFile: string | undefined): ConnectPlan {
  if (keyLogFile === undefined) return plan;
  return { ...plan, dial: { ...plan.dial, tls: { ...plan.dial.tls, keyLogFile } } };
}

/** The options of `connect` that the command line stands for. @throws {UsageError} as `planConnection` */
export function toClientOptions(values: ConnectionValues): WebSocketClientOptions {
  const { cert, key, passphrase, ping, timeout, unix, servername, 'min-tls': minTls } = values;
  if (values.proxy !== undefined && values['no-proxy']) {
    throw new UsageError('expected --proxy or --no-proxy, got both');
  }
  if (values.proxy !== undefined && unix !== undefined) throw new UsageError('expected --proxy or --unix, got both');
  if (passphrase !== undefined && key === undefined) throw new UsageError('--passphrase needs --cert and --key');
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['--key', '--cert'] : ['--cert', '--key'];
    throw new UsageError(`--cert and --key go together, got ${given} without ${missing}`);
  }
  const keyPassword = passphrase === undefined ? {} : { keyPassword: passphrase };
  return {
    header: readHeader(values),
    protocol: values.protocol,
    proxy: values['no-proxy'] ? 'no-proxy' : (values.proxy ?? 'system'),
    socketPath: unix?.replace(/^@/, '\0'),
    servername,
    caPath: values.ca,
    clientCert: cert === undefined || key === undefined ? undefined : { certPath: cert, keyPath: key, ...keyPassword },
    skipServerCertVerification: values.insecure,
    minSupportTlsProtocol: minTls === undefined ? undefined : tlsVersions[minTls],
    pingInterval: ping,
    handshakeTimeout: timeout * 1000,
    perMessageDeflate: values.compress,
  };
}

/** What went wrong with a connection, in words of the command line. */
export function describeFailure(failure: ConnectionFailure): string {
  const { sentence } = failure;
  if (failure.kind !== 'violation' || failure.violation.rule.id !== 'message-size')
    return spell(sentence, optionNameOf);
  return 'the server sent a message that is larger than --max-size allows';
}

/** What is not an option of the command. */
const otherNames: Readonly<Partial<Record<OptionName, string>>> = {
  maxRedirects: '--location',
  closeTimeout: 'the time for closing',
};

/** The name on the command line of an option of a plan, e.g. `--ca` for `caPath`. */
export function optionNameOf(planName: OptionName): string {
  const found = Object.entries(connectionOptions as OptionRows).find(([, row]) => row.planNames?.includes(planName));
  return found === undefined ? (otherNames[planName] ?? planName) : `--${found[0]}`;
}

/**
 * The one URL among the arguments, with a scheme; when it is added here, stderr says so.
 *
 * @throws {UsageError} there is none, or more than one
 */
export function onlyUrl(positionals: readonly string[], streams: Pick<Streams, 'stderr'> = process): string {
  if (positionals.length === 1) return withScheme(positionals[0]!, streams);
  throw new UsageError(
    positionals.length === 0
      ? 'expected a URL, e.g. ws://127.0.0.1:8080/'
      : `expected one URL, got ${positionals.length} arguments; quote what has spaces, and put options before --`,
  );
}

/** The URL with a scheme; when it is added here, stderr says so. */
export function withScheme(typed: string, { stderr }: Pick<Streams, 'stderr'> = process): string {
  const { url, note } = completeUrl(typed);
  if (note !== undefined) stderr.write(`${printable(blotUrl(url))}: ${note}\n`);
  return url;
}

/** Fields of which a request has one (RFC 9110 §5.3). */
const singletons: ReadonlySet<string> = new Set(['host', 'origin', 'authorization', 'user-agent']);

function readHeader(values: ConnectionValues): Record<string, string[]> {
  // Keyed by the name in lower case, so that two spellings of a name are two lines of one field.
  const fields = new Map<string, { name: string; values: string[] }>();
  const add = (option: string, name: string, value: string): void => {
    const field = fields.get(name.toLowerCase()) ?? { name, values: [] };
    // Of what was given no more than its name is shown: it may be a credential.
    if (!isToken(name))
      throw new UsageError(`${option} has a name that is not a token: letters, digits, !#$%&'*+-.^_\`|~`);
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new UsageError(`${option} has a control character in ${name}`);
    if (field.values.length > 0 && singletons.has(name.toLowerCase())) {
      throw new UsageError(`expected one ${name}, got more of ${option}`);
    }
    field.values.push(value);
    fields.set(name.toLowerCase(), field);
  };
  const addLines = (option: string, lines: readonly string[]): void => {
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon < 1) throw new UsageError(`${option} must be 'NAME: VALUE', got one without a name and a colon`);
      add(option, line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    }
  };
  addLines('--header', values.header);
  addLines('--header-file', values['header-file']);
  if (values.origin !== undefined) add('--origin', 'Origin', values.origin);
  if (values.auth !== undefined) add('--auth', 'Authorization', readAuth(values.auth));
  return Object.fromEntries([...fields.values()].map(({ name, values }) => [name, values]));
}

/** RFC 7617 §2: what comes behind the first colon is the password. */
function readAuth(given: string): string {
  const [, user = '', password = ''] = /^([^:]*):?([^]*)$/.exec(given) ?? [];
  return basicAuthorization(user, password) ?? 'Basic Og==';
}

/** The passphrase of the key that one option names: from the file that another one names, or asked for when it is needed. */
export function completePassphrase(keyOption: string, fileOption: string) {
  return async (given: string | undefined, values: Readonly<Record<string, unknown>>): Promise<string | undefined> => {
    const { [keyOption]: key, [fileOption]: file } = values;
    if (key === undefined && file === undefined) return given;
    return (await import('./key-passphrase.js')).findPassphrase(given, key, file, `--${fileOption}`);
  };
}

async function completeAuth(given: string | undefined): Promise<string | undefined> {
  if (given === undefined || given.includes(':')) return given;
  const { askSecret } = await import('./ask-secret.js');
  return `${given}:${await askSecret(`password of ${given}`, 'use --auth USER:PASSWORD or --header-file')}`;
}

/** RFC 6455 §4.1: tokens, no two the same. Which one is wrong is not shown: some servers take a credential there. */
function readSubprotocols(text: string, option: string): string | undefined {
  if (trimWhitespace(text) === '') return undefined;
  const names = text.split(',').map(trimWhitespace);
  const wrong = names.findIndex((name) => !isToken(name));
  if (wrong >= 0) throw new UsageError(`${option} must be tokens separated by commas, got another one at ${wrong + 1}`);
  const repeated = names.findIndex((name, index) => names.indexOf(name) < index);
  if (repeated >= 0)
    throw new UsageError(`${option} must not have the same name twice, got one again at ${repeated + 1}`);
  return names.join(', ');
}

const proxySchemes: ReadonlySet<string> = new Set(['http', 'https', 'socks5', 'socks5h', 'socks']);

function readProxy(text: string, option: string): AnyProxy {
  const form = 'http://, https://, socks5:// or socks5h:// and [user:password@]host[:port]';
  const url = parseProxyUrl(text);
  // Without what came: it may hold a password.
  if (url === undefined)
    throw new UsageError(`${option} must be ${form}, a port between 1 and 65535, special characters percent-encoded`);
  const { scheme, host, port, username, password } = url;
  if (!proxySchemes.has(scheme)) throw new UsageError(`${option} must be ${form}, got ${scheme}://…`);
  const type = (scheme === 'socks' ? 'socks5h' : scheme) as ProxyType;
  // RFC 7617 §2: a user-id with a colon cannot be told from its password.
  if (!type.startsWith('socks') && username.includes(':'))
    throw new UsageError(`${option} must not have a colon in its user name`);
  return { type, host, port, ...(username === '' ? {} : { username, password }) };
}
