/** The grammar of Sec-WebSocket-Extensions (RFC 6455 §9.1). What the parameters mean is their extension's business. */
import { isToken } from '../http/field.js';
import { quote } from '../printable.js';
import { Violation } from '../rules.js';

/** A parameter: its value is a token, unquoted and unescaped if need be; `undefined` when there is none. */
export type ExtensionParameter = readonly [name: string, value: string | undefined];

/** One element of the list. Names are as written; parameters in their order, repeated ones included. */
export interface Extension {
  readonly name: string;
  readonly parameters: readonly ExtensionParameter[];
}

/** Lexemes, each with the optional white space around it: separators, tokens, quoted strings (RFC 9110 §5.6). */
const lexeme = /[ \t]*(?:([,;=])|([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)")[ \t]*/sy;

/**
 * Reads the value of a Sec-WebSocket-Extensions field, or of several joined by commas:
 *
 *     extension-list  = 1#extension
 *     extension       = token *( ";" extension-param )
 *     extension-param = token [ "=" (token | quoted-string) ]
 *
 * White space is allowed around separators and empty elements between commas, as in every list of HTTP
 * (RFC 9110 §5.6.1.2).
 *
 * @throws {Violation} `handshake-extension-syntax`
 */
export function parseExtensionList(value: string): Extension[] {
  const reader = new Lexer(value);
  const extensions: Extension[] = [];
  while (!reader.atEnd) {
    if (reader.separator(',')) continue;
    extensions.push(parseExtension(reader));
    if (!reader.atEnd && !reader.separator(',')) reader.fail();
  }
  // RFC 6455 §9.1: `1#extension`, at least one.
  if (extensions.length === 0) reader.fail();
  return extensions;
}

function parseExtension(reader: Lexer): Extension {
  const name = reader.token();
  const parameters: ExtensionParameter[] = [];
  while (reader.separator(';')) {
    const parameter = reader.token();
    parameters.push([parameter, reader.separator('=') ? reader.tokenOrQuoted() : undefined]);
  }
  return { name, parameters };
}

/** Looks one lexeme ahead. */
class Lexer {
  readonly #text: string;
  /** Where the lexeme ahead starts. */
  #at = 0;
  #next: RegExpExecArray | null = null;

  constructor(text: string) {
    this.#text = text;
    this.#read(0);
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  separator(separator: string): boolean {
    if (this.#next?.[1] !== separator) return false;
    this.#advance();
    return true;
  }

  token(): string {
    const token = this.#next?.[2];
    if (token === undefined) this.fail();
    this.#advance();
    return token;
  }

  tokenOrQuoted(): string {
    const quoted = this.#next?.[3];
    if (quoted === undefined) return this.token();
    const unescaped = quoted.replace(/\\(.)/gs, '$1');
    // RFC 6455 §9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF"
    if (!isToken(unescaped)) this.fail();
    this.#advance();
    return unescaped;
  }

  fail(): never {
    const got = this.atEnd ? `the end of ${quote(this.#text)}` : `${quote(this.#text.slice(this.#at))} at ${this.#at}`;
    throw new Violation('handshake-extension-syntax', got, 0);
  }

  #advance(): void {
    this.#read(this.#at + this.#next![0].length);
  }

  #read(at: number): void {
    this.#at = at;
    lexeme.lastIndex = at;
    this.#next = lexeme.exec(this.#text);
  }
}
