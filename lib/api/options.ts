/** Unknown input -> a checked, frozen `ConnectPlan`, or how to close. Every 401 about options is raised here. */
import { Buffer } from 'node:buffer';
import { CloseCode, isReservedCloseCode, maxReasonSize, maySendCloseCode } from '../protocol/closing/close-code.js';
import type { SessionLimits } from '../protocol/contracts.js';
import type { PerMessageDeflateOptions } from '../protocol/deflate/options.js';
import { type Field, isToken, trimWhitespace } from '../protocol/http/field.js';
import { defaultHeadLimits } from '../protocol/http/limits.js';
import { spell } from '../protocol/sentence.js';
import type { ConnectPlan } from '../transport/connect-plan.js';
import { withoutZone } from '../transport/dial/host.js';
import { parseTarget, type Target, TargetError } from '../transport/dial/target.js';
import { OptionReader, readGiven, readOwn, typeName, urlText } from './arguments.js';
import { businessError, parameterError } from './errors.js';
import { type HeaderPlan, readHeader } from './header.js';
import { readSignal } from './signal.js';
import { readTls } from './tls-options.js';
import { userAgent } from './user-agent.js';
import { readWay } from './way-options.js';

/** See the table of limits in `lib/transport/README.md`. One object for all connections that have no other. */
const defaultLimits: SessionLimits = Object.freeze({
  ...defaultHeadLimits,
  maxFragments: 131072,
  maxMessageSize: 100 * 2 ** 20,
  closeTimeout: 10_000,
});

const defaultReason = 'CLOSE_NORMAL';

const defaultHeartbeat = 30;
const maxHeartbeat = 30000;
/** The longest time that a Node timer can take; a longer timeout never fires. */
const maxTimer = 2 ** 31 - 1;

/**
 * Checks the arguments of `connect`.
 *
 * @throws {BusinessError} 401 for a wrong type or form, 2302001 for a bad URL
 */
export function planConnect(url: unknown, given: unknown): ConnectPlan {
  return readGiven('options', () => readPlan(url, given));
}

function readPlan(url: unknown, given: unknown): ConnectPlan {
  const text = readUrl(url);
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    throw parameterError(`options must be an object, got ${typeName(given)}.`);
  }
  const options = new OptionReader(given ?? {});
  const header = readHeader(options.any('header'));
  const heartbeat = readHeartbeat(options);
  const maxUrlLength = options.number('maxUrlLength', 1024, { least: 1, integer: true });
  const target = readTarget(text, maxUrlLength);
  const most = options.number('maxRedirects', 0, { least: 0, integer: true });
  const fields = withDefaults(header, target, options.take('supportOriginPort', 'boolean'));
  const plan: ConnectPlan = {
    target,
    dial: {
      target,
      userAgent: fields.find(([name]) => name.toLowerCase() === 'user-agent')?.[1],
      ...readWay(options, target),
      tls: readTls(options),
    },
    fields,
    subprotocols: readSubprotocols(options.take('protocol', 'string') || header.subprotocols),
    limits: readLimits(options),
    handshakeTimeout: Math.min(maxTimer, options.number('handshakeTimeout', 30_000, { least: 1 })),
    ...heartbeat,
    deflate: readDeflate(options.any('perMessageDeflate')),
    signal: readSignal(options.any('signal')),
    ...(most === 0 ? {} : { redirects: { most, maxUrlLength } }),
  };
  return Object.freeze(plan);
}

/** @throws {BusinessError} 401 for what is neither text nor an object of `URL` */
export function readUrl(url: unknown): string {
  const text = readGiven('url', () => urlText(url));
  if (text !== undefined) return text;
  throw parameterError(`url must be a string or a URL, got ${typeName(url)}.`);
}

function readTarget(url: string, maxLength: number): Target {
  try {
    return parseTarget(url, maxLength);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    throw businessError(2302001, spell(error.sentence));
  }
}

/**
 * Checks the options of `close`.
 *
 * @throws {BusinessError} 401 for a wrong type, a code that must not be sent, a reason that does not fit
 */
export function planClose(given: unknown): { code: number; reason: string } {
  return readGiven('options', () => readClose(given));
}

function readClose(options: unknown = {}): { code: number; reason: string } {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw parameterError(`options must be an object with code and reason, got ${typeName(options)}.`);
  }
  const code = readOwn(options, 'code', CloseCode.normal);
  const reason = readOwn(options, 'reason', defaultReason);
  if (typeof code !== 'number') throw parameterError(`code must be a number, got ${typeName(code)}.`);
  if (typeof reason !== 'string') throw parameterError(`reason must be a string, got ${typeName(reason)}.`);
  if (isReservedCloseCode(code)) {
    throw parameterError(`code ${code} must never be sent (RFC 6455 §7.4.1); use 1000, or 3000 to 4999.`);
  }
  const size = Buffer.byteLength(reason);
  if (size > maxReasonSize) {
    throw parameterError(`reason must have at most ${maxReasonSize} bytes of UTF-8, got ${size}.`);
  }
  // The platform's rule: a code that may not be sent is replaced, not refused.
  return { code: maySendCloseCode(code) ? code : CloseCode.normal, reason };
}

function readLimits(options: OptionReader): SessionLimits {
  const { maxHeadSize, maxHeadFields, maxFragments, ...others } = defaultLimits;
  const maxMessageSize = options.number('maxMessageSize', others.maxMessageSize, { least: 0, integer: true });
  const closeTimeout = Math.min(maxTimer, options.number('closeTimeout', others.closeTimeout, { least: 0 }));
  const isDefault = maxMessageSize === others.maxMessageSize && closeTimeout === others.closeTimeout;
  return isDefault ? defaultLimits : { maxHeadSize, maxHeadFields, maxFragments, maxMessageSize, closeTimeout };
}

/** Adds what the client, a target and an option stand for, unless the program's own fields say otherwise. */
function withDefaults(header: HeaderPlan, target: Target, supportOriginPort: boolean | undefined): readonly Field[] {
  const given = new Set(header.fields.map(([name]) => name.toLowerCase()));
  const added: Field[] = [];
  if (!header.hidesUserAgent && !given.has('user-agent')) added.push(['User-Agent', userAgent]);
  if (supportOriginPort !== undefined && !given.has('origin')) {
    const host = target.host.includes(':') ? `[${withoutZone(target.host)}]` : target.host;
    const port = supportOriginPort ? `:${target.port}` : '';
    added.push(['Origin', `${target.secure ? 'https' : 'http'}://${host}${port}`]);
  }
  if (target.authorization !== undefined && !given.has('authorization')) {
    added.push(['Authorization', target.authorization]);
  }
  return [...added, ...header.fields];
}

/** RFC 6455 §4.1: a list of tokens, no two the same. */
function readSubprotocols(offer: string): string[] {
  if (trimWhitespace(offer) === '') return [];
  const subprotocols = offer.split(',').map(trimWhitespace);
  for (const subprotocol of subprotocols) {
    if (!isToken(subprotocol)) {
      throw parameterError(`protocol must be tokens separated by commas, got ${shown(subprotocol)} as one of them.`);
    }
  }
  const repeated = subprotocols.find((subprotocol, index) => subprotocols.indexOf(subprotocol) !== index);
  if (repeated !== undefined) {
    throw parameterError(`protocol must not name a subprotocol twice, got ${shown(repeated)} again.`);
  }
  return subprotocols;
}

/** Most names are short; what is longer may carry a token. */
function shown(subprotocol: string): string {
  return subprotocol.length <= 20 ? JSON.stringify(subprotocol) : `one of ${subprotocol.length} characters`;
}

/** Out of range is the default, and a timeout above the interval becomes the interval: the platform's rules. */
function readHeartbeat(options: OptionReader): { pingInterval: number; pongTimeout: number } {
  const seconds = (name: 'pingInterval' | 'pongTimeout') => {
    const value = options.take(name, 'number') ?? defaultHeartbeat;
    return value >= 0 && value <= maxHeartbeat ? value : defaultHeartbeat;
  };
  const pingInterval = seconds('pingInterval');
  const pongTimeout = Math.min(seconds('pongTimeout'), pingInterval);
  return { pingInterval: pingInterval * 1000, pongTimeout: pongTimeout * 1000 };
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

const deflateTests: Record<keyof PerMessageDeflateOptions, Test> = {
  serverNoContextTakeover: isBoolean,
  clientNoContextTakeover: isBoolean,
  serverMaxWindowBits: windowBits,
  clientMaxWindowBits: windowBits,
  threshold: isInteger(0, Infinity, 'from 0'),
  level: isInteger(0, 9, 'from 0 to 9'),
};

function readDeflate(given: unknown): PerMessageDeflateOptions | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw parameterError(`perMessageDeflate must be a boolean or an object of options, got ${typeName(given)}.`);
  }
  const options: Record<string, unknown> = {};
  for (const [name, [demand, holds]] of Object.entries(deflateTests)) {
    const option = readOwn(given, name);
    if (option === undefined) continue;
    if (!holds(option)) {
      const got = typeof option === 'number' || typeof option === 'boolean' ? option : typeName(option);
      throw parameterError(`perMessageDeflate.${name} must be ${demand}, got ${got}.`);
    }
    options[name] = option;
  }
  return Object.freeze(options);
}
