/** Where a replay went another way than its transcript, and how to say it. */
import { isDeepStrictEqual } from 'node:util';
import { printable, shorten } from '../protocol/printable.js';
import type { Json } from '../protocol/recording/json-members.js';

/** Where a replay first went another way. Both sides are in the form of a transcript's lines. */
export interface Difference {
  readonly connection: number;
  /** In the transcript, from 1; after its last line when the transcript has no more for this connection. */
  readonly line: number;
  /** What the transcript says; `undefined`: nothing more. */
  readonly expected: Json | undefined;
  /** What came of the replay; `undefined`: nothing. */
  readonly got: Json | undefined;
}

/** A difference for people: the line, and only what is not the same. */
export function describeDifference({ connection, line, expected, got }: Difference): string {
  const where = `line ${line} (connection ${connection})`;
  if (got === undefined) return `${where}: the transcript has ${brief(expected)}, the replay nothing`;
  if (expected === undefined) return `${where}: the transcript has nothing more, the replay ${brief(got)}`;
  if (expected['type'] !== got['type'])
    return `${where}: the transcript has ${brief(expected)}, the replay ${brief(got)}`;
  const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  const parts = names
    .filter((name) => !isDeepStrictEqual(expected[name], got[name]))
    .map((name) => `${label(name)} is ${brief(expected[name])} in the transcript, ${brief(got[name])} in the replay`);
  return `${where}, ${label(String(expected['type']))}: ${parts.join('; ')}`;
}

function label(name: string): string {
  return printable(shorten(name, 40));
}

function brief(value: unknown): string {
  if (value === undefined) return 'missing';
  return printable(shorten(JSON.stringify(value), 80));
}

/**
 * Whether a replay came to the same line. In a transcript whose secrets were blotted out, each `*` and `#` may stand for
 * any character: what the program saw there, the replay does not see.
 */
export function isSame(expected: unknown, got: unknown, redacted: boolean): boolean {
  if (!redacted) return isDeepStrictEqual(expected, got);
  if (typeof expected === 'string' && typeof got === 'string') return isSameText(expected, got);
  if (typeof expected !== 'object' || typeof got !== 'object' || expected === null || got === null) {
    return Object.is(expected, got);
  }
  if (Array.isArray(expected) !== Array.isArray(got)) return false;
  const names = Object.keys(expected);
  return (
    names.length === Object.keys(got).length &&
    names.every((name) => Object.hasOwn(got, name) && isSame((expected as Json)[name], (got as Json)[name], true))
  );
}

function isSameText(expected: string, got: string): boolean {
  if (expected === got) return true;
  if (expected.length !== got.length) return false;
  for (let at = 0; at < expected.length; at++) {
    if (expected[at] !== got[at] && !isBlot(expected[at]) && !isBlot(got[at])) return false;
  }
  return true;
}

function isBlot(char: string | undefined): boolean {
  return char === '*' || char === '#';
}
