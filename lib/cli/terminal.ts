/** Colors on a terminal, where they are wanted. */
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
