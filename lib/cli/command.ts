/** What a command of `ohos-websocket` is made of: its options as one row each, its help, its mistakes, its exit status. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { printable, quote } from '../protocol/printable.js';
import { withoutCredentials } from '../protocol/secrets.js';
import {
  type CommandText,
  type OptionRow,
  type OptionRows,
  type SummarizedCommand,
  wrongUsage,
} from './command-text.js';
import { nearest } from './did-you-mean.js';
import { renderHelp } from './help.js';

/** Where a command writes: the process's own streams, unless a spec looks at what it writes. */
export interface Streams {
  readonly stdout: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
}

export interface Command {
  /** What it says of itself: help, completion and man page are made of it. */
  readonly text: CommandText;
  /** What `--help` prints, with a line end. */
  readonly help: string;
  /** @returns the exit status */
  run(args: readonly string[], streams?: Streams): Promise<number>;
}

/** The commands, by their names. */
export type CommandDirectory = Readonly<
  Record<
    string,
    {
      readonly summary: string;
      /** What other tools, or a hurried user, call it. */
      readonly elsewhere?: readonly string[];
      load(): Promise<Command>;
    }
  >
>;

/** What all commands say of themselves. */
export function loadTexts(commands: CommandDirectory): Promise<SummarizedCommand[]> {
  return Promise.all(
    Object.values(commands).map(async ({ summary, load }) => ({ summary, text: (await load()).text })),
  );
}

/** The command was called the wrong way: a message for the user, without anything that may be a secret. */
export class UsageError extends Error {}

/** What a command is given for its rows. */
export type OptionValues<Rows extends OptionRows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends OptionRow<infer T> ? T : never;
};

type More = Pick<OptionRow<unknown>, 'short' | 'group' | 'planNames' | 'elsewhere'>;

/** Given or not. */
export function flagOption(help: string, more: More = {}): OptionRow<boolean> {
  return { form: 'flag', help, ...more, read: (given) => given.length > 0 };
}

export function textOption(placeholder: string, help: string, more: More = {}): OptionRow<string | undefined> {
  return { form: 'one', placeholder, help, ...more, read: ([text]) => text };
}

/** May be given several times. */
export function textOptions(placeholder: string, help: string, more: More = {}): OptionRow<readonly string[]> {
  return { form: 'many', placeholder, help, ...more, read: (given) => given };
}

/** With a value or without: `--name` or `--name=VALUE`; given without one it is the empty text. */
export function maybeOption(placeholder: string, help: string, more: More = {}): OptionRow<string | undefined> {
  return { form: 'maybe', placeholder, help, ...more, read: ([text]) => text };
}

/** The same option with a value that is read from its text. @param parse may throw a `UsageError` */
export function parsedOption<T>(
  row: OptionRow<string | undefined>,
  parse: (text: string, name: string) => T,
): OptionRow<T | undefined> {
  return { ...row, read: ([text], name) => (text === undefined ? undefined : parse(text, name)) };
}

/** One of some words, which stand in the help as `a|b|c`. */
export function choiceOption<const Word extends string, Otherwise extends Word | undefined>(
  words: readonly Word[],
  help: string,
  otherwise: Otherwise,
  more: More = {},
): OptionRow<Word | Otherwise> {
  return {
    form: 'one',
    placeholder: words.join('|'),
    help: otherwise === undefined ? help : `${help} (default: ${otherwise})`,
    ...more,
    read: ([text], name) => (text === undefined ? otherwise : readChoice(name, text, words)),
  };
}

/** @throws {UsageError} the text is none of the words */
export function readChoice<const Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const near = nearest(text, words);
  const hint = near.length === 1 ? didYouMean(near) : '';
  throw new UsageError(
    `${name} must be ${words.join(', ').replace(/, ([^,]*)$/, ' or $1')}, got ${quoteArgument(text)}${hint}`,
  );
}

export interface NumberRange<Otherwise> {
  readonly least: number;
  readonly most: number;
  readonly integer?: boolean;
  /** The value when it is not given; a number is shown in the help. */
  readonly otherwise: Otherwise;
}

export function numberOption<Otherwise extends number | undefined>(
  placeholder: string,
  help: string,
  range: NumberRange<Otherwise>,
  more: More = {},
): OptionRow<number | Otherwise> {
  const { otherwise } = range;
  return {
    form: 'one',
    placeholder,
    help: otherwise === undefined ? help : `${help} (default: ${otherwise})`,
    ...more,
    read: ([text], name) => (text === undefined ? otherwise : readNumber(name, text, range)),
  };
}

/** A number of bytes: `1000`, `64K`, `10M`, `1G`, with powers of 1024. */
export function byteCountOption(help: string, more: More = {}): OptionRow<number | undefined> {
  return parsedOption(textOption('SIZE', help, more), (text, name) => readSize(name, text));
}

/** @throws {UsageError} the text is not a size */
export function readSize(name: string, text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(?:([KMG])(?:i?B)?)?$/i.exec(text) ?? [];
  const size = Math.round(Number(digits) * 1024 ** ' KMG'.indexOf(unit.toUpperCase() || ' '));
  if (digits !== '' && Number.isSafeInteger(size)) return size;
  throw new UsageError(`${name} must be a number of bytes, like 1000, 64K, 10M or 1G, got ${quoteArgument(text)}`);
}

/** @throws {UsageError} the text is not a number of the range */
export function readNumber(name: string, text: string, range: Omit<NumberRange<unknown>, 'otherwise'>): number {
  const { least, most, integer = false } = range;
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= least && value <= most && (!integer || Number.isInteger(value))) return value;
  const kind = integer ? 'an integer' : 'a number';
  throw new UsageError(`${name} must be ${kind} between ${least} and ${most}, got ${quoteArgument(text)}`);
}

/** An argument in a message: short, printable, and without credentials, which a URL in the wrong place may have. */
export function quoteArgument(text: string): string {
  return quote(withoutCredentials(text));
}

export interface CommandDefinition<Rows extends OptionRows> extends CommandText {
  readonly options: Rows;
  /**
   * @returns the exit status
   * @throws {UsageError} the command was called the wrong way
   */
  run(values: OptionValues<Rows>, positionals: readonly string[], streams: Streams): Promise<number>;
}

export function defineCommand<const Rows extends OptionRows>(definition: CommandDefinition<Rows>): Command {
  const { name, options } = definition;
  return {
    text: definition,
    get help() {
      return renderHelp(definition);
    },
    run: async (args, streams = process) => {
      if (asksForHelp(args)) {
        streams.stdout.write(renderHelp(definition));
        return 0;
      }
      try {
        const { values, positionals } = readArguments(args, options);
        return await definition.run(await completeValues(values, options), positionals, streams);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        complain(streams, name, error.message);
        streams.stderr.write(`Try: ohos-websocket ${name} --help\n`);
        return wrongUsage;
      }
    },
  };
}

/** Asks for what is missing, one after the other. @throws {UsageError} */
async function completeValues<Rows extends OptionRows>(
  values: OptionValues<Rows>,
  rows: Rows,
): Promise<OptionValues<Rows>> {
  const completed: Record<string, unknown> = { ...values };
  for (const [name, row] of Object.entries(rows))
    if (row.complete !== undefined) completed[name] = await row.complete(completed[name] as never, values);
  return completed as OptionValues<Rows>;
}

/** A line on stderr from a command. Nothing of a peer's reaches the terminal unescaped. */
export function complain({ stderr }: Pick<Streams, 'stderr'>, command: string, message: string): void {
  stderr.write(`ohos-websocket ${command}: ${printable(message)}\n`);
}

/** Anywhere among the options: no option of a command takes a value that begins with "-" from the next argument. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((argument) => argument === '--help' || argument === '-h');
}

/** What was given for the rows. @throws {UsageError} */
export function readArguments<Rows extends OptionRows>(
  args: readonly string[],
  rows: Rows,
): { readonly values: OptionValues<Rows>; readonly positionals: readonly string[] } {
  const options = Object.entries(rows).map(([name, { form, short }]) => [
    name,
    { type: takesNext(form) ? 'string' : 'boolean', ...(short === undefined ? {} : { short }) },
  ]);
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false, // its complaints know nothing of what was meant, and repeat what may be a secret
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(options),
  });
  const given: Record<string, string[]> = Object.create(null);
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const row = Object.hasOwn(rows, token.name) ? rows[token.name] : undefined;
    if (row === undefined) throw new UsageError(describeUnknown(token.rawName, rows));
    const list = (given[token.name] ??= []);
    list.push(givenValue(token, row));
  }
  const values = Object.entries(rows).map(([name, row]) => {
    const texts = given[name] ?? [];
    return [name, row.read(row.form === 'many' ? texts : texts.slice(-1), `--${name}`)];
  });
  return { values: Object.fromEntries(values) as OptionValues<Rows>, positionals };
}

const takesNext = (form: OptionRow<unknown>['form']): boolean => form === 'one' || form === 'many';

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** What was given with an option; for one without a value, the empty text. @throws {UsageError} */
function givenValue({ name, rawName, value, inlineValue }: OptionToken, row: OptionRow<unknown>): string {
  if (!takesNext(row.form)) {
    if (value !== undefined && row.form === 'flag') throw new UsageError(`${rawName} takes no value`);
    return value ?? '';
  }
  const form = `--${name} ${row.placeholder}`;
  if (value === undefined) throw new UsageError(`${rawName} needs a value: ${form}`);
  if (inlineValue !== true && value.length > 1 && value.startsWith('-')) {
    throw new UsageError(`${rawName} needs a value: ${form}; one that begins with "-" as --${name}=-…`);
  }
  return value;
}

/** What other tools call an option is known as well. */
function describeUnknown(rawName: string, rows: OptionRows): string {
  const shown = /^-[\w-]*$/.test(rawName) ? rawName : quoteArgument(rawName);
  const elsewhere = Object.entries(rows).filter(([, row]) => row.elsewhere?.includes(rawName));
  const meant =
    elsewhere.length > 0 ? elsewhere.map(([name]) => name) : nearest(rawName.replace(/^-+/, ''), Object.keys(rows));
  const isShort = elsewhere.length === 0 && !rawName.startsWith('--');
  return `unknown option ${shown}${isShort ? '' : didYouMean(meant.map((name) => `--${name}`))}`;
}

function didYouMean(words: readonly string[]): string {
  return words.length === 0 ? '' : `; did you mean ${words.join(' or ')}?`;
}
