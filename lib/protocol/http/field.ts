/** A field of HTTP: what its name and its value may be made of, and the elements of a list in one. */

/** One field line: the name in the sender's spelling, the value without the white space around it. */
export type Field = readonly [name: string, value: string];

/**
 * Field names in lower case; `set-cookie` always an array, other repeated fields joined by `, ` (RFC 9110 §5.3). Here, since
 * the package's declarations need it, and must not need Node's.
 */
export type ResponseHeaders = { [name: string]: string | string[] | undefined };

/** RFC 9110 §5.6.2: `token = 1*tchar`. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** RFC 9110 §5.5: visible ASCII, white space and obs-text (0x80–0xFF); neither NUL nor CR nor LF nor other controls. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

export function isToken(text: string): boolean {
  return token.test(text);
}

export function isFieldValue(text: string): boolean {
  return fieldValue.test(text);
}

/** The elements of a comma-separated list, empty ones left out (RFC 9110 §5.6.1); for lists without quoted strings. */
export function listElements(value: string): string[] {
  const elements: string[] = [];
  for (const element of value.split(',')) {
    const trimmed = trimWhitespace(element);
    if (trimmed !== '') elements.push(trimmed);
  }
  return elements;
}

/** Strips optional white space, SP and HTAB only (RFC 9110 §5.6.3); `String.trim` takes U+00A0 and more. */
export function trimWhitespace(text: string): string {
  // Not by /[ \t]+$/: that starts over at every blank, and a value of 16 KiB of them took a third of a second.
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** SP or HTAB. */
export function isWhitespace(character: number): boolean {
  return character === 0x20 || character === 0x09;
}
