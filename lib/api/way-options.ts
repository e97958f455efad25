/** The options about the way to the server: proxies, sockets, addresses, a connection that the program brings. */
import { Buffer } from 'node:buffer';
import type { AddressPlan } from '../transport/dial/addresses.js';
import type { DialPlan } from '../transport/dial/dial.js';
import { type ConnectionSource, type DuplexLike, isDuplexLike } from '../transport/dial/duplex-like.js';
import { addressFamily } from '../transport/dial/host.js';
import type { LookupFunction } from '../transport/dial/lookup.js';
import type { AnyProxy, ProxyType } from '../transport/dial/proxy-configuration.js';
import { longestSocksText, parseProxyUrl } from '../transport/dial/proxy-url.js';
import type { Target } from '../transport/dial/target.js';
import { checkType, type OptionReader, readOwn, typeName, urlText } from './arguments.js';
import { parameterError } from './errors.js';

type Way = Pick<DialPlan, 'proxy' | 'addresses' | 'socketPath' | 'connection'>;

/** @throws {BusinessError} 401 for a wrong type or form, and for two ways at once */
export function readWay(options: OptionReader, target: Target): Way {
  const proxy = readProxy(options.any('proxy'));
  const socketPath = readSocketPath(options, target);
  const connection = readConnection(options.any('connection'));
  const given = { socketPath, connection, proxy: typeof proxy === 'object' ? proxy : undefined };
  const ways = Object.entries(given).flatMap(([name, way]) => (way === undefined ? [] : [name]));
  if (ways.length > 1) throw parameterError(`${ways.join(' and ')} are two ways to the server: give one of them.`);
  const addresses = readAddresses(options);
  return {
    proxy,
    ...(addresses === undefined ? {} : { addresses }),
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(connection === undefined ? {} : { connection }),
  };
}

const proxyTypes: readonly unknown[] = ['http', 'https', 'socks5', 'socks5h'] satisfies ProxyType[];

function readProxy(given: unknown): 'system' | 'no-proxy' | AnyProxy {
  if (given === undefined || given === 'system' || given === 'no-proxy') return given ?? 'system';
  const url = urlText(given);
  if (url !== undefined) return readProxyUrl(url);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw parameterError(
      `proxy must be 'system', 'no-proxy', a proxy's URL or an object with host and port, got ${typeName(given)}.`,
    );
  }
  return readProxyObject(given);
}

/** The URL may hold credentials: no message shows it. */
function readProxyUrl(text: string): AnyProxy {
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? parseProxyUrl(text) : undefined;
  if (url === undefined || !(proxyTypes.includes(url.scheme) || url.scheme === 'socks')) {
    throw parameterError(
      "proxy must be 'system', 'no-proxy', an object with host and port, or a URL such as http://user:password@host:port, https://…, socks5://… or socks5h://…, got other text.",
    );
  }
  const { scheme, host, port, username, password } = url;
  const type = (scheme === 'socks' ? 'socks5h' : scheme) as ProxyType;
  return withCredentials({ type, host, port, exclusionList: [] }, username || undefined, password || undefined);
}

function readProxyObject(proxy: object): AnyProxy {
  const part = (name: keyof AnyProxy): unknown => readOwn(proxy, name);
  const [host, port, exclusionList] = [part('host'), part('port'), part('exclusionList')];
  if (typeof host !== 'string' || !/^[^\s/?#@\\]+$/.test(host)) {
    throw parameterError(`proxy.host must be a host name or an IP address, got ${typeName(host)}.`);
  }
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    const got = typeof port === 'number' ? port : typeName(port);
    throw parameterError(`proxy.port must be an integer between 1 and 65535, got ${got}.`);
  }
  if (exclusionList !== undefined && !isStringArray(exclusionList)) {
    throw parameterError(`proxy.exclusionList must be an array of strings, got ${typeName(exclusionList)}.`);
  }
  const type = part('type');
  if (type !== undefined && !proxyTypes.includes(type)) {
    throw parameterError(
      `proxy.type must be one of ${proxyTypes.join(', ')}, got ${typeof type === 'string' ? 'other text' : typeName(type)}.`,
    );
  }
  const secure = checkType(part('secure'), 'proxy.secure', 'boolean');
  if (secure === true && typeof type === 'string' && type.startsWith('socks')) {
    throw parameterError('proxy.secure is for HTTP proxies: there is no SOCKS5 over TLS here.');
  }
  if (secure === false && type === 'https')
    throw parameterError("proxy.secure must not be false for the type 'https'.");
  return withCredentials(
    {
      host,
      port,
      exclusionList: exclusionList === undefined ? [] : [...exclusionList],
      ...(type === undefined ? {} : { type: type as ProxyType }),
      ...(secure === undefined ? {} : { secure }),
    },
    checkType(part('username'), 'proxy.username', 'string'),
    checkType(part('password'), 'proxy.password', 'string'),
  );
}

function withCredentials(proxy: AnyProxy, username: string | undefined, password: string | undefined): AnyProxy {
  const isSocks = proxy.type?.startsWith('socks') === true;
  // RFC 7617 §2: a user-id with a colon cannot be told from its password.
  if (!isSocks && username?.includes(':')) throw parameterError('proxy.username must not have a colon in it.');
  for (const [name, text] of Object.entries({ username, password })) {
    if (isSocks && Buffer.byteLength(text ?? '') > longestSocksText) {
      throw parameterError(`proxy.${name} must have at most ${longestSocksText} bytes of UTF-8 for SOCKS5.`);
    }
  }
  return {
    ...proxy,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function readSocketPath(options: OptionReader, target: Target): string | undefined {
  const path = options.take('socketPath', 'string') || undefined;
  // The names of Linux that are no files begin with a NUL.
  if (path?.includes('\0', 1)) throw parameterError('socketPath must not have a NUL in it, but at its beginning.');
  if (path !== undefined && target.socketPath !== undefined && path !== target.socketPath) {
    throw parameterError('socketPath must not name another socket than the URL does.');
  }
  return path ?? target.socketPath;
}

function readConnection(given: unknown): ConnectionSource | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'function') return given as () => DuplexLike;
  if (isDuplexLike(given)) return given;
  throw parameterError(`connection must be a Duplex stream, or a function that gives one, got ${typeName(given)}.`);
}

function readAddresses(options: OptionReader): AddressPlan | undefined {
  const family = options.take('family', 'number');
  if (family !== undefined && family !== 0 && family !== 4 && family !== 6) {
    throw parameterError(`family must be 4, 6 or 0 for both, got ${family}.`);
  }
  const localAddress = options.take('localAddress', 'string') || undefined;
  if (localAddress !== undefined && addressFamily(localAddress) === 0) {
    throw parameterError('localAddress must be an IP address of this machine, got other text.');
  }
  const lookup = options.any('lookup');
  if (lookup !== undefined && typeof lookup !== 'function') {
    throw parameterError(`lookup must be a function such as dns.lookup, got ${typeName(lookup)}.`);
  }
  if (!family && localAddress === undefined && lookup === undefined) return undefined;
  return { family: family || undefined, localAddress, lookup: lookup as LookupFunction | undefined };
}
