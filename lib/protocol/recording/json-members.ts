/** Taking members of a JSON object by name and type, with an error that says which one is wrong. */
import { Buffer } from 'node:buffer';
import type { Field } from '../http/field.js';
import { printable, shorten } from '../printable.js';

export type Json = { readonly [name: string]: unknown };

/** Makes the error for a member: what was expected, and what came, both ready for a sentence. */
export type MemberError = (expected: string, got: string) => Error;

interface Kinds {
  string: string;
  number: number;
  boolean: boolean;
  object: object;
}

/** The members of one object. Every method throws what its `MemberError` makes. */
export class JsonMembers {
  readonly #json: Json;
  readonly #makeError: MemberError;
  readonly #path: string;

  constructor(json: Json, makeError: MemberError, path = '') {
    this.#json = json;
    this.#makeError = makeError;
    this.#path = path;
  }

  error(name: string, expected: string, got: unknown): Error {
    return this.#makeError(`${expected} in "${this.#path}${name}"`, describeJson(got));
  }

  has(name: string): boolean {
    return this.#json[name] !== undefined;
  }

  isNull(name: string): boolean {
    return this.#json[name] === null;
  }

  string(name: string): string {
    return this.#take(name, 'string');
  }

  number(name: string): number {
    return this.#take(name, 'number');
  }

  boolean(name: string): boolean {
    return this.#take(name, 'boolean');
  }

  json(name: string): Json {
    return this.#take(name, 'object') as Json;
  }

  object(name: string): JsonMembers {
    return new JsonMembers(this.json(name), this.#makeError, `${this.#path}${name}.`);
  }

  /** Bytes in base64. */
  bytes(name: string): Buffer {
    const text = this.string(name);
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw this.error(name, 'base64', text);
    return bytes;
  }

  strings(name: string): string[] {
    return this.#list(name, 'a list of strings', (value) => typeof value === 'string');
  }

  numbers(name: string): number[] {
    return this.#list(name, 'a list of numbers', (value) => typeof value === 'number');
  }

  fields(name: string): Field[] {
    return this.#list(name, 'a list of [name, value]', isField);
  }

  #take<K extends keyof Kinds>(name: string, kind: K): Kinds[K] {
    const value = this.#json[name];
    if (typeof value !== kind || value === null || Array.isArray(value)) {
      throw this.error(name, `${kind === 'object' ? 'an' : 'a'} ${kind}`, value);
    }
    return value as Kinds[K];
  }

  #list<T>(name: string, expected: string, isElement: (value: unknown) => value is T): T[] {
    const value = this.#json[name];
    if (!Array.isArray(value) || !value.every(isElement)) throw this.error(name, expected, value);
    return value;
  }
}

function isField(value: unknown): value is Field {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

/** A value in a message: safe to print, and cut. */
export function describeJson(value: unknown, nothing = 'nothing'): string {
  if (value === undefined) return nothing;
  return printable(shorten(JSON.stringify(value), 60));
}
