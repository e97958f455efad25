/** The arguments of the documented methods: which of them is the callback, what they are made of, and 401 for the rest. */

import { BusinessError, businessError, parameterError } from './errors.js';
import type { AsyncCallback, WebSocketClientOptions } from './types.js';

/** The arguments of a call, taken apart. */
export interface CallArguments {
  readonly callback: AsyncCallback<boolean> | undefined;
  /** What comes before the callback. */
  readonly values: readonly unknown[];
}

/**
 * The callback is the first function from position `from` on, wherever it stands, or else the first of all; the values
 * are what comes before it.
 */
export function splitArguments(args: readonly unknown[], from: number): CallArguments {
  const isCallback = (argument: unknown, index: number): boolean => typeof argument === 'function' && index >= from;
  const behind = args.findIndex(isCallback);
  const at = behind < 0 && typeof args[0] === 'function' ? 0 : behind;
  if (at < 0) return { callback: undefined, values: args };
  return { callback: args[at] as AsyncCallback<boolean>, values: args.slice(0, at) };
}

/**
 * For a value where only a callback may stand.
 *
 * @throws {BusinessError} 401 when there is one
 */
export function checkNoCallback(given: unknown): void {
  if (given !== undefined) throw callbackError(given);
}

export function callbackError(callback: unknown): BusinessError {
  return parameterError(`callback must be a function, got ${typeName(callback)}.`);
}

/**
 * Reads what the program gave, which may be anything: a getter, or a proxy's trap, may throw.
 *
 * @throws {BusinessError} those of `read`; else 401 with what was thrown as the cause
 */
export function readGiven<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BusinessError) throw cause;
    throw businessError(401, `${what} could not be read: a property throws.`, { cause });
  }
}

/** Own properties only: what `Object.prototype` was given, by a library or an attacker, is not an option. */
export function readOwn(given: object, name: string, otherwise?: unknown): unknown {
  const value = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
  return value === undefined ? otherwise : value;
}

/** The text of a URL, which may come as an object of `URL` of any realm; `undefined` for anything else. */
export function urlText(given: unknown): string | undefined {
  const isObject = Object.prototype.toString.call(given) === '[object URL]';
  const text = isObject ? (given as { href?: unknown }).href : given;
  return typeof text === 'string' ? text : undefined;
}

/** The types of options, by the name that a message gives them. */
interface Types {
  string: string;
  boolean: boolean;
  number: number;
  object: Record<string, unknown>;
}

/** Takes own options by name and type; `undefined` is the same as not given. */
export class OptionReader {
  readonly #options: object;

  constructor(options: object) {
    this.#options = options;
  }

  any(name: keyof WebSocketClientOptions): unknown {
    return readOwn(this.#options, name);
  }

  /** @throws {BusinessError} 401 for another type */
  take<T extends keyof Types>(name: keyof WebSocketClientOptions, type: T): Types[T] | undefined {
    return checkType(this.any(name), name, type);
  }

  /** @throws {BusinessError} 401 for another type, or a number outside the range */
  number(name: keyof WebSocketClientOptions, otherwise: number, range: { least: number; integer?: boolean }): number {
    const value = this.take(name, 'number') ?? otherwise;
    if (!(value >= range.least) || (range.integer === true && !Number.isInteger(value) && value !== Infinity)) {
      const kind = range.integer === true ? 'an integer' : 'a number';
      throw parameterError(`${name} must be ${kind} of at least ${range.least}, got ${value}.`);
    }
    return value;
  }
}

/** @throws {BusinessError} 401 for another type; `undefined` is fine */
export function checkType<T extends keyof Types>(value: unknown, name: string, type: T): Types[T] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === type && value !== null && !Array.isArray(value)) return value as Types[T];
  throw parameterError(`${name} must be ${type === 'object' ? 'an' : 'a'} ${type}, got ${typeName(value)}.`);
}

/** The kind of a value that was refused, e.g. `a Blob`; never the value itself, which may be a secret. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  const name = typeof value === 'object' ? className(value) : undefined;
  if (name === undefined) return typeof value;
  // "a URL", "a Uint8Array"
  return `${/^(?:[AEIO]|U(?!R|int|S))/i.test(name) ? 'an' : 'a'} ${name}`;
}

/** @returns `undefined` for a plain object, and for one whose class does not go by a short name */
function className(value: object): string | undefined {
  try {
    const { name } = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor ?? {};
    return typeof name === 'string' && name !== 'Object' && /^[a-z_$][\w$]{0,39}$/i.test(name) ? name : undefined;
  } catch {
    return undefined; // a proxy's trap, or a getter, that throws
  }
}
