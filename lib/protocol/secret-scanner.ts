/**
 * Finds known secrets in text that comes in pieces: as they are, in another case, and with characters written as URLs,
 * JSON or HTML write them (`%73`, `%2573`, `\u0073`, `&#115;`), also when a piece ends in the middle of one.
 *
 * Every secret has a Knuth-Morris-Pratt automaton of its own, so that a character costs the same whatever came before.
 */

/** A place in the text, in UTF-16 units from its start. */
export interface SecretSpan {
  readonly start: number;
  readonly end: number;
  /** Whether the secret was found as it was given, without escapes and in the same case. */
  readonly verbatim: boolean;
}

/** A secret on its way of being found. */
interface Needle {
  /** As it was given. */
  readonly text: string;
  /** What it is compared as. */
  readonly units: readonly number[];
  /** For each prefix, the length of its longest border. */
  readonly borders: readonly number[];
  /** How many of its units the text ends with. */
  matched: number;
}

export class SecretScanner {
  readonly #needles: readonly Needle[];
  /** The units that are remembered: enough for the longest secret. */
  readonly #most: number;
  readonly #unescaper = new Unescaper((raw, unit) => this.#compare(raw, unit));
  /** Of the units compared last: where each starts in the text, and what it was written as. */
  #starts: number[] = [];
  #raw: string[] = [];
  /** UTF-16 units of text that were compared. */
  #size = 0;
  #found: SecretSpan[] = [];

  constructor(secrets: Iterable<string>) {
    this.#needles = [...secrets].map((text) => {
      const units = unitsOf(text);
      return { text, units, borders: bordersOf(units), matched: 0 };
    });
    this.#most = Math.max(0, ...this.#needles.map(({ units }) => units.length));
  }

  push(text: string): void {
    for (let at = 0; at < text.length; at++) this.#unescaper.push(text[at]!);
  }

  /** Says that nothing that is found later starts in the text so far. */
  finish(): void {
    this.#unescaper.finish();
    for (const needle of this.#needles) needle.matched = 0;
  }

  /** The spans that were found since the last call; they may overlap. */
  takeFound(): SecretSpan[] {
    return this.#found.splice(0);
  }

  /**
   * The end of the text so far when it is the start of a secret, `least` units of it or more; for one, also the start of
   * an escape.
   */
  beginning(least: number): (SecretSpan & { readonly text: string }) | undefined {
    let longest = 0;
    for (const { matched } of this.#needles) longest = Math.max(longest, matched);
    const { pending } = this.#unescaper;
    if (longest === 0 && pending === 0) return undefined;
    if (longest < least && !(least === 1 && pending > 0)) return undefined;
    const first = this.#starts.length - longest;
    const text = this.#raw.slice(first).join('');
    return { start: this.#size - text.length, end: this.#size + pending, verbatim: true, text };
  }

  #compare(raw: string, unit: number): void {
    this.#starts.push(this.#size);
    this.#raw.push(raw);
    this.#size += raw.length;
    for (const needle of this.#needles) {
      const { units, borders } = needle;
      while (needle.matched > 0 && (needle.matched === units.length || units[needle.matched] !== unit)) {
        needle.matched = borders[needle.matched - 1]!;
      }
      if (units[needle.matched] === unit) needle.matched++;
      if (needle.matched === units.length) this.#find(needle);
    }
    if (this.#raw.length > 2 * this.#most + 1024) {
      this.#starts.splice(0, this.#starts.length - this.#most);
      this.#raw.splice(0, this.#raw.length - this.#most);
    }
  }

  #find({ text, units }: Needle): void {
    const first = this.#starts.length - units.length;
    const verbatim = this.#raw.slice(first).join('') === text;
    this.#found.push({ start: this.#starts[first]!, end: this.#size, verbatim });
  }
}

/** What may still become an escape, and what is one. */
const unfinished = /^(?:%(?:25)*[0-9a-f]?|\\(?:u[0-9a-f]{0,3})?|&(?:#(?:\d{0,5}|x[0-9a-f]{0,4})|[a-z]{0,4}))$/i;
const complete =
  /^(?:%(?:25)*(?!25)([0-9a-f]{2})|\\u([0-9a-f]{4})|\\(["\\/])|&#(\d{1,5});|&#x([0-9a-f]{1,4});|&(amp|lt|gt|quot|apos);)$/i;
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Takes characters, and hands on the units that they mean, each with how it was written. */
class Unescaper {
  readonly #unit: (raw: string, unit: number) => void;
  #text = '';

  constructor(unit: (raw: string, unit: number) => void) {
    this.#unit = unit;
  }

  /** Characters of what may become an escape. */
  get pending(): number {
    return this.#text.length;
  }

  push(char: string): void {
    this.#text += char;
    while (this.#text !== '' && !unfinished.test(this.#text)) this.#handOn();
  }

  finish(): void {
    while (this.#text !== '') this.#handOn();
  }

  #handOn(): void {
    const meant = /^[%\\&]/.test(this.#text) ? meaningOf(this.#text) : undefined;
    const percent = meant === undefined && this.#text.startsWith('%25');
    const raw = meant !== undefined ? this.#text : percent ? '%25' : this.#text[0]!;
    this.#text = this.#text.slice(raw.length);
    this.#unit(raw, fold(meant ?? raw.charCodeAt(0)));
  }
}

function meaningOf(text: string): number | undefined {
  const match = complete.exec(text);
  if (match === null) return undefined;
  const [, percent, unicode, quoted, decimal, hexadecimal, name] = match;
  if (quoted !== undefined) return quoted.charCodeAt(0);
  if (name !== undefined) return named[name.toLowerCase()]!.charCodeAt(0);
  return decimal !== undefined ? Number(decimal) : Number.parseInt((percent ?? unicode ?? hexadecimal)!, 16);
}

/** Letters in one case; `-` and `_` of base64url, and the space of a form, as `+` and `/`. */
function fold(unit: number): number {
  if (unit >= 0x41 && unit <= 0x5a) return unit + 0x20;
  return unit === 0x2d || unit === 0x20 ? 0x2b : unit === 0x5f ? 0x2f : unit;
}

function unitsOf(text: string): number[] {
  const units: number[] = [];
  const unescaper = new Unescaper((_raw, unit) => units.push(unit));
  for (let at = 0; at < text.length; at++) unescaper.push(text[at]!);
  unescaper.finish();
  return units;
}

function bordersOf(units: readonly number[]): number[] {
  const borders = [0];
  let length = 0;
  for (let at = 1; at < units.length; at++) {
    while (length > 0 && units[at] !== units[length]) length = borders[length - 1]!;
    if (units[at] === units[length]) length++;
    borders.push(length);
  }
  return borders;
}
