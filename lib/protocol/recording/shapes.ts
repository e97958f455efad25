/**
 * How the values of events and calls are written as JSON and read back: one shape for each kind of value.
 *
 * A shape writes what `JSON.parse` would return for the line, so that both can be compared: no `undefined`, no `Infinity`.
 */
import { Buffer } from 'node:buffer';
import { isControlOpcode } from '../framing/opcode.js';
import type { Field } from '../http/field.js';
import type { HeadLeniency } from '../http/head.js';
import type { Json, JsonMembers } from './json-members.js';

/** A JSON object that is being built. */
export type JsonLine = Record<string, unknown>;

export interface Shape<T> {
  /** Adds the value to a line, as the member `name`. */
  write(line: JsonLine, name: string, value: T): void;
  /** Takes it from there. */
  read(members: JsonMembers, name: string): T;
}

/** A shape for each member, in the order in which they are written. */
export type Shapes<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

export function writeMembers<T extends object>(shapes: Shapes<T>, value: T, line: JsonLine): JsonLine {
  for (const name in shapes) shapes[name].write(line, name, value[name]);
  return line;
}

export function readMembers<T extends object>(shapes: Shapes<T>, members: JsonMembers): T {
  const value: Partial<T> = {};
  for (const name in shapes) value[name] = shapes[name].read(members, name);
  return value as T;
}

function verbatim<T>(read: (members: JsonMembers, name: string) => T): Shape<T> {
  return {
    write: (line, name, value) => {
      line[name] = value;
    },
    read,
  };
}

export const text: Shape<string> = verbatim((members, name) => members.string(name));
export const number: Shape<number> = verbatim((members, name) => members.number(name));
export const flag: Shape<boolean> = verbatim((members, name) => members.boolean(name));
export const strings: Shape<readonly string[]> = verbatim((members, name) => members.strings(name));
export const numbers: Shape<readonly number[]> = verbatim((members, name) => members.numbers(name));
export const fields: Shape<readonly Field[]> = verbatim((members, name) => members.fields(name));

export const lenient: Shape<readonly HeadLeniency[]> = verbatim(
  (members, name) => members.strings(name) as HeadLeniency[],
);

/** A string that has been checked elsewhere, or that is only compared. */
export function named<T extends string>(): Shape<T> {
  return verbatim((members, name) => members.string(name) as T);
}

/** One of a few strings. */
export function oneOf<T extends string>(...values: readonly T[]): Shape<T> {
  return verbatim((members, name) => {
    const value = members.string(name) as T;
    if (values.includes(value)) return value;
    throw members.error(name, values.map((known) => `"${known}"`).join(' or '), value);
  });
}

/** The only value that there is. */
export function constant<T extends string | number>(value: T): Shape<T> {
  return verbatim(() => value);
}

/** A number; `null` is `Infinity`, which JSON does not have. */
export const bound: Shape<number> = {
  write: (line, name, value) => {
    line[name] = value === Infinity ? null : value;
  },
  read: (members, name) => (members.isNull(name) ? Infinity : members.number(name)),
};

export const bytes: Shape<Uint8Array> = {
  write: (line, name, value) => {
    line[name] = toBase64(value);
  },
  read: (members, name) => members.bytes(name),
};

/** A message: `text` or `binary`, whatever the member is called. */
export const data: Shape<string | Uint8Array> = {
  write: (line, _name, value) => {
    if (typeof value === 'string') line['text'] = value;
    else line['binary'] = toBase64(value);
  },
  read: (members) => (members.has('text') ? members.string('text') : members.bytes('binary')),
};

/** Written for control frames only, after `opcode`: the data of others is in the messages. Read back empty. */
export const controlPayload: Shape<Buffer> = {
  write: (line, name, value) => {
    if (isControlOpcode(line['opcode'] as number)) line[name] = toBase64(value);
  },
  read: (members, name) => (members.has(name) ? members.bytes(name) : Buffer.alloc(0)),
};

/** Not written, because other members say the same. Read back empty. */
export const unwritten: Shape<Buffer> = {
  write: () => {},
  read: () => Buffer.alloc(0),
};

/** Not written, and read back as missing: what has it is written on its own. */
export const absent: Shape<Uint8Array | undefined> = {
  write: () => {},
  read: () => undefined,
};

/** Left out when it is `undefined`. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    write: (line, name, value) => {
      if (value !== undefined) shape.write(line, name, value);
    },
    read: (members, name) => (members.has(name) ? shape.read(members, name) : undefined),
  };
}

export function object<T extends object>(shapes: Shapes<T>): Shape<T> {
  return {
    write: (line, name, value) => {
      line[name] = writeMembers(shapes, value, {});
    },
    read: (members, name) => readMembers(shapes, members.object(name)),
  };
}

/** An object of options, of which nobody here knows the members. */
export function options<T extends object>(): Shape<T> {
  return {
    write: (line, name, value) => {
      line[name] = JSON.parse(JSON.stringify(value)) as Json;
    },
    read: (members, name) => members.json(name) as T,
  };
}

function toBase64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}
