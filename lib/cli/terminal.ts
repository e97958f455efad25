/** What is written for a terminal only: colours, where they are wanted, and a line that is drawn again and again. */
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

interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Draws a line over the last one, as much of it as the terminal is wide; elsewhere nothing. */
export function drawLine(stream: LineStream, text: string): void {
  if (stream.isTTY === true) stream.write(`\r\x1b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
}

/** Takes the line away. */
export function wipeLine(stream: LineStream): void {
  drawLine(stream, '');
}
