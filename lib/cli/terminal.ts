/** What a terminal may be shown: colours where they are wanted, and nothing that a peer could drive it with. */
import process from 'node:process';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Colours for a stream: none unless it is a terminal, and none when NO_COLOR is set (https://no-color.org). */
export function painter(stream: { readonly isTTY?: boolean }): Paint {
  if (stream.isTTY !== true || process.env['NO_COLOR']) return (_style, text) => text;
  // The stream has been looked at: left to itself, styleText asks whether stdout takes colours.
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** Control characters, line separators, and those that turn the direction of text around. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const names: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from a peer as one line without any control character: they are shown as `\n`, `\x1b`, `\u202e`. */
export function printable(text: string, escaped: (sequence: string) => string = (sequence) => sequence): string {
  return text.replace(unsafe, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return escaped(names[char] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`));
  });
}

/** JSON that is safe on a terminal as well: `JSON.stringify` leaves C1 controls and direction marks as they are. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
