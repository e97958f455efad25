/**
 * Text from outside (a peer, a proxy, a file) on its way to a person: quoted, shortened, and without any character that
 * could drive a terminal, turn the line around or hide in it. One notation, which is JSON's: `\n`, `\u001b`, `\u202e`.
 */

/** Control and format characters, line and paragraph separators, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** A zero-width joiner makes one emoji of several; between letters of Arabic, Indic and related scripts it is spelling. */
// Three alternatives, not a class of two: V8 14 (Node 26) does not match that class before an end.
const emojiBefore = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const emojiAfter = /^\p{Extended_Pictographic}/u;
const joiningScripts = /^[\u0600-\u109f\u1780-\u18af]{2}$/;

const names: Record<string, string> = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' };

/**
 * One line of safe text, whatever it was. Quotes and backslashes stay: use `quote` where the end of the text matters.
 *
 * @param mark is given each sequence that stands for a character, and returns what to show, e.g. the same in a color
 */
export function printable(text: string, mark: (sequence: string) => string = (sequence) => sequence): string {
  return text.replace(unsafe, (found: string, at: number) =>
    isSpelling(text, at) ? found : mark(names[found] ?? codeUnits(found)),
  );
}

function isSpelling(text: string, at: number): boolean {
  const char = text[at];
  if (char !== '\u200c' && char !== '\u200d') return false;
  if (joiningScripts.test(text.charAt(at - 1) + text.charAt(at + 1))) return true;
  return (
    char === '\u200d' &&
    emojiBefore.test(text.slice(Math.max(0, at - 2), at)) &&
    emojiAfter.test(text.slice(at + 1, at + 3))
  );
}

/**
 * JSON that is safe to print and parses to the same value: `JSON.stringify` escapes only what JSON demands.
 *
 * @param indent spaces a level; default: all on one line
 */
export function printableJson(value: unknown, indent?: number): string {
  const lines = JSON.stringify(value, null, indent).split('\n');
  return lines.map((line) => printable(line)).join('\n');
}

/** The text as a JSON string, safe to print, of at most `most` characters and a `…`. */
export function quote(text: string, most = 60): string {
  return printableJson(shorten(text, most));
}

/** The values of a field, quoted as one, or `none`. */
export function quoteAll(values: readonly string[]): string {
  return values.length === 0 ? 'none' : quote(values.join(', '));
}

/** At most `most` UTF-16 units of a text and a `…` for the rest; no surrogate pair is cut. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most)}…`;
}

function codeUnits(char: string): string {
  let sequence = '';
  for (let at = 0; at < char.length; at++) sequence += `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return sequence;
}
