/** Which proxy leads to a target: the `proxy` option, the environment, and the lists of hosts that go without one. */
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import { basicAuthorization } from '../../protocol/http/basic-authorization.js';
import { option, type Sentence, sentence } from '../../protocol/sentence.js';
import type { SocksCredentials } from '../../protocol/socks/socks5.js';
import { variable } from '../environment.js';
import { FailureError } from '../failure.js';
import { normalizeHost } from './host.js';
import { isInDomain, isLoopback, isSameNetwork, matchesWildcards, splitHostAndPort } from './host-pattern.js';
import type { AnyProxy } from './proxy-configuration.js';
import { longestSocksText, parseProxyUrl } from './proxy-url.js';

/** A proxy to use. */
export interface ProxyServer {
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether the connection to the proxy itself is TLS. */
  readonly secure: boolean;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
  /** Only there when it is a SOCKS5 proxy. */
  readonly socks?: SocksAccess;
}

export interface SocksAccess {
  /** Whether host names are looked up here; else by the proxy. */
  readonly resolvesHere: boolean;
  readonly credentials: SocksCredentials | undefined;
}

/** Where a connection is to go. The host has no brackets. */
export interface ProxyTarget {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/**
 * The proxy for a target, `undefined` when it is to be reached directly.
 *
 * @throws {FailureError} a variable of the environment is not the URL of an HTTP proxy; the message names it without its value
 */
export function resolveProxy(
  configuration: 'system' | 'no-proxy' | AnyProxy,
  target: ProxyTarget,
  env: NodeJS.ProcessEnv,
): ProxyServer | undefined {
  if (configuration === 'no-proxy') return undefined;
  if (configuration === 'system') return systemProxy(target, env);
  const { host, port, username = '', password = '', exclusionList = [] } = configuration;
  // The platform's way to say "none" in a whole HttpProxy object.
  if (host === '' || isExcluded(exclusionList, target.host, target.port)) return undefined;
  const { type = 'http', secure = type === 'https' } = configuration;
  return proxyServer(type, secure, { host, port, username, password });
}

interface ProxyParts {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

function proxyServer(type: string, secure: boolean, { username, password, ...where }: ProxyParts): ProxyServer {
  const server = { host: normalizeHost(where.host), port: where.port, secure };
  if (!type.startsWith('socks')) return { ...server, authorization: basicAuthorization(username, password) };
  const credentials = username === '' && password === '' ? undefined : { username, password };
  return { ...server, authorization: undefined, socks: { resolvesHere: type === 'socks5', credentials } };
}

/** `socks` alone is SOCKS5 that resolves names, as desktops and browsers mean it. */
const schemes: ReadonlySet<string> = new Set(['http', 'https', 'socks5', 'socks5h', 'socks']);

/**
 * Whether a target bypasses the proxy. Case-insensitive. An entry is a host; a domain that the host ends in at a label
 * boundary; an IP address; one of these with `:port`, for that port only; or a pattern in which `*` stands for any run
 * of characters. A lone `*` as the only entry excludes every host; next to others a bare `*` has no effect.
 */
export function isExcluded(exclusionList: readonly string[], host: string, port: number): boolean {
  const entries = exclusionList.map((entry) => entry.trim()).filter((entry) => entry !== '');
  if (entries.length === 1 && entries[0] === '*') return true;
  const target = normalizeHost(host);
  return entries.some((entry) => {
    if (entry === '*') return false;
    const excluded = splitHostAndPort(entry);
    if (excluded.port !== undefined && excluded.port !== port) return false;
    if (excluded.host.includes('*')) return matchesWildcards(target, excluded.host);
    return isSameHost(target, excluded.host);
  });
}

/**
 * Whether the value of `no_proxy` lists a target. Entries are separated by commas or spaces: a host, a domain with or
 * without a leading dot, an IP address, a network in CIDR notation, one of these with `:port`, or `*` for everything.
 */
export function matchesNoProxy(noProxy: string, host: string, port: number): boolean {
  const target = normalizeHost(host);
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const network = /^\[?([^/\]]+)\]?\/(\d{1,3})$/.exec(entry);
    if (network !== null) return isSameNetwork(target, network[1]!, Number(network[2]));
    const listed = splitHostAndPort(entry);
    if (listed.port !== undefined && listed.port !== port) return false;
    if (listed.host.includes('*')) return matchesWildcards(target, listed.host);
    return isSameHost(target, listed.host);
  });
}

/** An IP address is compared as an address: `0.1` is no domain that `127.0.0.1` lies in. */
function isSameHost(target: string, entry: string): boolean {
  if (isIP(target) !== 0) return isSameNetwork(target, entry);
  return isInDomain(target, entry.replace(/^\./, ''));
}

function systemProxy(target: ProxyTarget, env: NodeJS.ProcessEnv): ProxyServer | undefined {
  const names = target.secure ? ['wss_proxy', 'https_proxy', 'all_proxy'] : ['ws_proxy', 'http_proxy', 'all_proxy'];
  for (const name of names) {
    const variable = readVariable(name, env);
    if (variable === undefined) continue;
    // A proxy elsewhere has a loopback of its own.
    if (isLoopback(target.host)) return undefined;
    // Looked at last, because each look costs a call into native code, and most programs have no proxy at all.
    const noProxy = readVariable('no_proxy', env);
    if (noProxy !== undefined && matchesNoProxy(noProxy.value, target.host, target.port)) return undefined;
    return readProxyUrl(variable.name, variable.value);
  }
  return undefined;
}

/** Lower case before upper case; an empty variable counts as none. */
function readVariable(lowerCase: string, env: NodeJS.ProcessEnv): { name: string; value: string } | undefined {
  for (const name of [lowerCase, lowerCase.toUpperCase()]) {
    // RFC 3875 §4.1.18: a CGI server puts a request's field `Proxy` into HTTP_PROXY, so that one is the client's there.
    if (name === 'HTTP_PROXY' && variable('REQUEST_METHOD', env) !== undefined) continue;
    const value = variable(name, env)?.trim();
    if (value !== undefined && value !== '') return { name, value };
  }
  return undefined;
}

/** The value may hold credentials: it gets into no message. */
function readProxyUrl(variable: string, value: string): ProxyServer {
  const url = parseProxyUrl(value);
  if (url === undefined) {
    throw badVariable(
      sentence`the environment variable ${variable} is not the URL of a proxy, expected http://[user:password@]host:port or socks5://… with special characters of the credentials percent-encoded, and without backslashes and white space`,
    );
  }
  const { scheme } = url;
  if (!schemes.has(scheme)) {
    throw badVariable(
      sentence`the environment variable ${variable} asks for a proxy of the kind "${scheme}", expected http, https, socks5 or socks5h; the option ${option("proxy: 'no-proxy'")} connects directly`,
    );
  }
  if (
    scheme.startsWith('socks') &&
    [url.username, url.password].some((text) => Buffer.byteLength(text) > longestSocksText)
  ) {
    throw badVariable(
      sentence`the environment variable ${variable} has a user name or password of more than ${longestSocksText} bytes, which SOCKS5 cannot carry`,
    );
  }
  return proxyServer(scheme, scheme === 'https', url);
}

function badVariable(text: Sentence): FailureError {
  return new FailureError({ kind: 'proxy', sentence: text, status: 0, attempted: false });
}
