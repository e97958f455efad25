/** Characters that a line cannot hold, or that are hard to type, spelled as in JSON: `\n`, `\0`, `\u00e9`. */

const single: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '/': '/',
};

/**
 * The text that is meant: `\n`, `\r`, `\t`, `\0`, `\\`, …, `\xHH`, `\uHHHH`, `\u{H…}` replaced.
 *
 * @param fail what to do about a backslash that spells nothing; is given why, e.g. `a backslash before "q"`
 */
export function unescapeText(text: string, fail: (why: string) => never): string {
  if (!text.includes('\\')) return text;
  const spelled = text.replace(
    /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|u\{([\dA-Fa-f]{1,6})\}|([^]?))/g,
    (whole, x, u, braces, one) => {
      const digits = x ?? u ?? braces;
      if (digits === undefined) return single[one] ?? fail(describe(one));
      const code = Number.parseInt(digits, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : fail(`${whole}, which is beyond Unicode`);
    },
  );
  return !/\p{Surrogate}/u.test(spelled) ? spelled : fail('half of a surrogate pair, which UTF-8 cannot hold');
}

function describe(character: string): string {
  if (character === '') return 'a backslash at its end; write \\\\ for one';
  if (character === 'x' || character === 'u') return `\\${character} without its hexadecimal digits`;
  return `a backslash before ${JSON.stringify(character)}; write \\\\ for one`;
}
