/** Options as the platform reads them: one of a wrong type, or null, is not given; an `Origin` is always sent. */

import { urlText } from '../api/arguments.js';

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === 'string';
const isNumber: Test = (value) => typeof value === 'number';
const isBoolean: Test = (value) => typeof value === 'boolean';
const isThere: Test = (value) => value !== undefined && value !== null;
const isObject: Test = (value) => typeof value === 'object' && value !== null;

/** The options of `connect`, the platform's and ours. Others are ignored. */
const connectOptions: Readonly<Record<string, Test>> = {
  header: isObject,
  caPath: isText,
  clientCert: isObject,
  proxy: (value) => isText(value) || isObject(value),
  protocol: isText,
  skipServerCertVerification: isBoolean,
  pingInterval: isNumber,
  pongTimeout: isNumber,
  minSupportTlsProtocol: (value) => value === 0 || value === 1 || value === 2 || value === 3,
  supportOriginPort: isBoolean,
  handshakeTimeout: isNumber,
  closeTimeout: isNumber,
  maxMessageSize: isNumber,
  maxUrlLength: isNumber,
  perMessageDeflate: (value) => isBoolean(value) || isObject(value),
  signal: isObject,
  ca: isThere,
  servername: isText,
  socketPath: isText,
  family: isNumber,
  localAddress: isText,
  lookup: isThere,
  connection: isThere,
  maxRedirects: isNumber,
};

const clientCert: Readonly<Record<string, Test>> = {
  certPath: isText,
  keyPath: isText,
  keyPassword: isText,
  cert: isThere,
  key: isThere,
};
const proxy: Readonly<Record<string, Test>> = {
  host: isText,
  port: isNumber,
  username: isText,
  password: isText,
  exclusionList: Array.isArray,
  type: isText,
  secure: isBoolean,
};
const headerValue: Test = (value) => isText(value) || isNumber(value) || Array.isArray(value);

type Given = Record<string, unknown>;

/** The options of `connect` as the package takes them; what is not an object is the package's to refuse. */
export function platformOptions(given: unknown): unknown {
  if (given !== undefined && given !== null && typeof given !== 'object') return given;
  const options = pick((given ?? {}) as Given, connectOptions);
  options['supportOriginPort'] ??= false;
  if (options['header'] !== undefined) options['header'] = readHeader(options['header'] as Given);
  if (options['clientCert'] !== undefined) options['clientCert'] = pick(options['clientCert'] as Given, clientCert);
  const way = options['proxy'];
  if (isObject(way) && urlText(way) === undefined) options['proxy'] = readProxy(way as Given);
  return options;
}

/** The options of `close`; an empty reason is none. */
export function platformCloseOptions(given: unknown): unknown {
  if (!isObject(given)) return given === null ? undefined : given;
  return pick(given as Given, { code: isNumber, reason: (value) => isText(value) && value !== '' });
}

function readHeader(given: Given): unknown {
  if (Symbol.iterator in given) return given; // Headers, a Map, pairs
  return Object.fromEntries(Object.entries(given).filter(([, value]) => headerValue(value)));
}

/** The platform reports a proxy without a host where none is set. */
function readProxy(given: Given): unknown {
  const options = pick(given, proxy);
  return options['host'] === undefined || options['host'] === '' ? 'no-proxy' : options;
}

/** Own properties, into an object without a prototype: what `Object.prototype` was given does not count. */
function pick(given: Given, tests: Readonly<Record<string, Test>>): Given {
  const picked: Given = Object.create(null);
  for (const [name, test] of Object.entries(tests)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (test(value)) picked[name] = value;
  }
  return picked;
}
