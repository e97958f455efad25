/** The little of HTTP/1.1 that a handshake needs: a head, its status line, and a bounded reader of it. */
import type { Buffer } from 'node:buffer';
import { quote } from '../printable.js';
import { Violation } from '../rules.js';
import {
  type Field,
  isFieldValue,
  isToken,
  isWhitespace,
  listElements,
  type ResponseHeaders,
  trimWhitespace,
} from './field.js';
import type { HeadLimits } from './limits.js';

/** What every response begins with. */
const responseStart = 'HTTP/1.';

const LF = 0x0a;
const CR = 0x0d;

/** What a head has that a recipient should take all the same: a line that ends in LF alone, a field over several lines. */
export type HeadLeniency = 'bare line feed' | 'obsolete fold';

/** A head: its start line and its fields in the order of arrival. */
export class Head {
  readonly startLine: string;
  readonly fields: readonly Field[];
  /** Size in bytes, line ends and the empty line included. */
  readonly size: number;
  /** What was taken although it should not be sent, each kind once; left out when all is as it should be. */
  declare readonly lenient?: readonly HeadLeniency[];

  constructor(startLine: string, fields: readonly Field[], size: number, lenient?: readonly HeadLeniency[]) {
    this.startLine = startLine;
    this.fields = fields;
    this.size = size;
    if (lenient !== undefined && lenient.length > 0) this.lenient = lenient;
  }

  /** All values of a field, in order; its name in lower case. */
  values(name: string): string[] {
    const values: string[] = [];
    for (const field of this.fields) {
      if (field[0].length === name.length && field[0].toLowerCase() === name) values.push(field[1]);
    }
    return values;
  }

  /** The tokens of a list field, all its lines together, in lower case. */
  tokens(name: string): string[] {
    const values = this.values(name);
    return values.length === 0 ? values : listElements(values.join(',').toLowerCase());
  }

  /** The fields as an object, for people and programs. */
  toHeaders(): ResponseHeaders {
    const headers = new Map<string, string | string[]>();
    for (const [given, value] of this.fields) {
      const name = given.toLowerCase();
      const before = headers.get(name);
      if (name === 'set-cookie') headers.set(name, [...((before as string[] | undefined) ?? []), value]);
      else headers.set(name, before === undefined ? value : `${before as string}, ${value}`);
    }
    return Object.fromEntries(headers);
  }
}

/** A response's start line. */
export interface StatusLine {
  /** `1.1` or `1.0`, without `HTTP/`. */
  readonly version: string;
  readonly status: number;
  /** The reason phrase, possibly empty. */
  readonly message: string;
}

/**
 * Reads `HTTP/1.1 101 Switching Protocols`. The reason may be missing, with or without the space before it: RFC 9112 §4
 * asks for the space, and servers forget it.
 *
 * @throws {Violation} `http-status-line`
 */
export function parseStatusLine(line: string): StatusLine {
  const parts = /^HTTP\/(1\.\d) ([1-9]\d\d)(?: (.*))?$/.exec(line);
  if (parts === null || !isFieldValue(line)) throw new Violation('http-status-line', quote(line), 0);
  return { version: parts[1]!, status: Number(parts[2]), message: parts[3] ?? '' };
}

/**
 * Reads one head from chunks of any size. Every line is checked as soon as it is complete, every limit before anything
 * is kept, so what a peer can make us hold is bounded by `maxHeadSize`.
 */
export class HeadReader {
  readonly #limits: HeadLimits;
  readonly #checkStartLine: (line: string) => unknown;
  readonly #start: string;
  readonly #isStrict: boolean;
  #line = '';
  #startLine: string | undefined;
  #fields: Field[] = [];
  /** The lines that continue the last field. */
  #folds: string[] = [];
  #lenient = new Set<HeadLeniency>();
  #size = 0;
  /** The complete head, once there is one. */
  head: Head | undefined;

  /**
   * @param checkRequestLine throws when the start line is not one; without it the head is a response's
   * @param isStrict whether to refuse what a user agent should take (RFC 9112 §2.2, §5.2); default: in requests
   */
  constructor(
    limits: HeadLimits,
    checkRequestLine?: (line: string) => unknown,
    isStrict = checkRequestLine !== undefined,
  ) {
    this.#limits = limits;
    this.#isStrict = isStrict;
    this.#checkStartLine = checkRequestLine ?? parseStatusLine;
    this.#start = checkRequestLine === undefined ? responseStart : '';
  }

  /** Bytes taken so far, heads that were skipped included. */
  get size(): number {
    return this.#size;
  }

  /** The rule that a peer breaks which ends the connection now, in the middle of a head. */
  cutOff(): Violation | undefined {
    if (this.#size === 0) return undefined;
    return new Violation('http-head-complete', `the end of the connection after ${this.#size} bytes`, this.#size);
  }

  /** Forgets the head, to read the one that follows. The limit on the size holds for all of them together. */
  skipHead(): void {
    this.head = undefined;
    this.#startLine = undefined;
    this.#fields = [];
    this.#lenient.clear();
  }

  /**
   * Takes the next bytes.
   *
   * @returns the position after what was taken: `end`, or where the body starts once `head` is set
   * @throws {Violation} one of the `http-…` rules
   */
  push(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.head === undefined) {
      // The limit cuts the bytes as a chunk would: what is wrong before it is reported first, whatever the chunking.
      const room = this.#limits.maxHeadSize - this.#size;
      if (room === 0) {
        const expected = `the head has at most ${this.#limits.maxHeadSize} bytes`;
        throw new Violation('http-head-size', 'more', this.#size, expected);
      }
      at += this.#pushText(bytes.toString('latin1', at, Math.min(end, at + room)));
    }
    return at;
  }

  /** @returns how many characters belong to the head */
  #pushText(text: string): number {
    let at = 0;
    while (at < text.length && this.head === undefined) {
      const lineFeed = text.indexOf('\n', at);
      const stop = lineFeed < 0 ? text.length : lineFeed + 1;
      this.#size += stop - at;
      this.#line += text.slice(at, stop);
      at = stop;
      if (this.#startLine === undefined) this.#checkStart();
      this.#checkControls();
      if (lineFeed >= 0) this.#endLine();
    }
    return at;
  }

  /**
   * Refuses at its first wrong byte what does not begin like a response: a peer that does not speak HTTP may never send
   * a line end. No more than that byte is shown, in case the peer echoes our request.
   */
  #checkStart(): void {
    const line = this.#line;
    if (line.startsWith(this.#start) || this.#start.startsWith(line)) return;
    let wrong = 0;
    while (line.charCodeAt(wrong) === this.#start.charCodeAt(wrong)) wrong++;
    if (/[\r\n]/.test(line.charAt(wrong))) return; // a short line: judged when it is complete
    const seen = line.slice(0, wrong + 1);
    // A server of TLS answers with an alert, or, when it speaks first, with a handshake (RFC 8446 §5.1).
    const isTls = seen === '\x15' || seen === '\x16';
    throw new Violation(
      'http-status-line',
      `${quote(seen)} at its start: this peer does not speak HTTP${isTls ? ', but maybe TLS' : ''}`,
      this.#size - line.length,
    );
  }

  /** A CR anywhere but before LF is refused: lenience there is what smuggling attacks live on. */
  #checkControls(): void {
    const line = this.#line;
    const carriageReturn = line.indexOf('\r');
    if (carriageReturn >= 0 && carriageReturn < line.length - 1 && line.charCodeAt(carriageReturn + 1) !== LF) {
      throw new Violation('http-line-end', 'a CR that no LF follows', this.#size - line.length + carriageReturn);
    }
    if (line.charCodeAt(line.length - 1) === LF && line.charCodeAt(line.length - 2) !== CR) {
      // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator"
      if (!this.#isStrict) this.#lenient.add('bare line feed');
      else throw new Violation('http-line-end', 'a LF without CR before it', this.#size - 1, strictLineEnds);
    }
  }

  #endLine(): void {
    const line = this.#line.slice(0, this.#line.endsWith('\r\n') ? -2 : -1);
    const offset = this.#size - this.#line.length;
    this.#line = '';
    if (this.#startLine === undefined) {
      this.#checkStartLine(line);
      this.#startLine = line;
    } else if (isWhitespace(line.charCodeAt(0))) {
      this.#fold(line, offset);
    } else if (line === '') {
      this.#unfold();
      this.head = new Head(this.#startLine, this.#fields, this.#size, [...this.#lenient]);
    } else {
      this.#unfold();
      this.#fields.push(parseField(line, offset));
      if (this.#fields.length > this.#limits.maxHeadFields) {
        throw new Violation(
          'http-field-count',
          'more',
          offset,
          `the head has at most ${this.#limits.maxHeadFields} fields`,
        );
      }
    }
  }

  /** A line that continues the field before it. */
  #fold(line: string, offset: number): void {
    if (this.#fields.length === 0 || this.#isStrict) {
      const expected = this.#isStrict ? strictFolding : undefined;
      throw new Violation('http-obsolete-folding', 'a line that starts with white space', offset, expected);
    }
    const more = trimWhitespace(line);
    checkValue(this.#fields.at(-1)![0], more, offset);
    this.#lenient.add('obsolete fold');
    this.#folds.push(more);
  }

  /** RFC 9112 §5.2: "A user agent … MUST replace each received obs-fold with one or more SP octets". */
  #unfold(): void {
    if (this.#folds.length === 0) return;
    const [name, value] = this.#fields.pop()!;
    this.#fields.push([name, trimWhitespace([value, ...this.#folds.splice(0)].join(' '))]);
  }
}

const strictLineEnds = 'every line of the head ends in CR LF, with no other CR or LF in it';
const strictFolding = 'a field line is not folded over several lines';

function parseField(line: string, offset: number): Field {
  const colon = line.indexOf(':');
  if (colon < 0) throw new Violation('http-field-line', `${line.length} characters without a colon`, offset);
  const name = line.slice(0, colon);
  if (isWhitespace(line.charCodeAt(colon - 1)))
    throw new Violation('http-field-line', 'white space before the colon', offset);
  if (!isToken(name)) throw new Violation('http-field-name', quote(name), offset);
  const value = trimWhitespace(line.slice(colon + 1));
  checkValue(name, value, offset);
  return [name, value];
}

/** The value itself stays out of the message: it may be a cookie. */
function checkValue(name: string, value: string, offset: number): void {
  if (!isFieldValue(value)) throw new Violation('http-field-value', `a control character in ${name}`, offset);
}
