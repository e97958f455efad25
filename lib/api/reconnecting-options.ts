/** The arguments of `reconnecting`, checked. */

import type { AbortSignalLike } from '../transport/abort-signal.js';
import { readGiven, readOwn, typeName } from './arguments.js';
import { parameterError } from './errors.js';
import { planConnect } from './options.js';
import type { ReconnectingOptions } from './reconnecting-types.js';
import type { BackOffRange } from './retry-rule.js';
import { readSignal } from './signal.js';

export interface ReconnectingPlan extends BackOffRange {
  url(): unknown;
  readonly connect: object;
  readonly connectOptions: ReconnectingOptions['connectOptions'];
  readonly retry: ReconnectingOptions['retry'];
  readonly resubscribe: ReconnectingOptions['resubscribe'];
  readonly signal: AbortSignalLike | undefined;
  readonly minUptime: number;
  readonly maxRetries: number;
  readonly maxQueue: number;
  readonly maxQueueSize: number;
}

/** @throws {BusinessError} 401 or 2302001 for what no attempt could succeed with */
export function readReconnecting(url: unknown, options: unknown): ReconnectingPlan {
  return readGiven('options', () => readPlan(url, options));
}

function readPlan(url: unknown, options: unknown): ReconnectingPlan {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw parameterError(`options must be an object, got ${typeName(options)}.`);
  }
  const connect = { ...options };
  const isFunction = typeof url === 'function';
  // With a function for the options these may not be whole yet.
  const connectOptions = readFunction<'connectOptions'>(options, 'connectOptions');
  if (!isFunction || connectOptions === undefined) planConnect(isFunction ? 'ws://localhost/' : url, connect);
  const minDelay = readNumber(options, 'minDelay', 500);
  return {
    url: isFunction ? (url as () => unknown) : () => url,
    connect,
    connectOptions,
    retry: readFunction<'retry'>(options, 'retry'),
    resubscribe: readFunction<'resubscribe'>(options, 'resubscribe'),
    signal: readSignal(readOwn(options, 'signal')),
    minDelay,
    maxDelay: Math.max(minDelay, readNumber(options, 'maxDelay', 30_000)),
    minUptime: readNumber(options, 'minUptime', 5000),
    maxRetries: readNumber(options, 'maxRetries', Infinity),
    maxQueue: readNumber(options, 'maxQueue', 1000),
    maxQueueSize: readNumber(options, 'maxQueueSize', 16 * 2 ** 20),
  };
}

function readNumber(options: object, name: keyof ReconnectingOptions, otherwise: number): number {
  const value = readOwn(options, name, otherwise);
  if (typeof value === 'number' && value >= 0) return value;
  throw parameterError(
    `${name} must be a number of at least 0, got ${typeof value === 'number' ? value : typeName(value)}.`,
  );
}

function readFunction<N extends keyof ReconnectingOptions>(options: object, name: N): ReconnectingOptions[N] {
  const value = readOwn(options, name);
  if (value === undefined || typeof value === 'function') return value as ReconnectingOptions[N];
  throw parameterError(`${name} must be a function, got ${typeName(value)}.`);
}
