/** What a command of `ohos-websocket` is made of: its options as one row each, its help, its mistakes, its exit status. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { printable, quote } from '../protocol/printable.js';
import { withoutCredentials } from '../protocol/secrets.js';
import type { OptionName } from '../protocol/sentence.js';

/** Where a command writes: the process's own streams, unless a spec looks at what it writes. */
export interface Streams {
  readonly stdout: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
}

export interface Command {
  /** What `--help` prints, with a line end. */
  readonly help: string;
  /** @returns the exit status */
  run(args: readonly string[], streams?: Streams): Promise<number>;
}

/** The command was called the wrong way: a message for the user, without anything that may be a secret. */
export class UsageError extends Error {}

/** An option: how it is given, what it means, and its value. */
export interface OptionRow<T> {
  readonly form: 'flag' | 'one' | 'many';
  readonly short?: string;
  /** What stands for the value in the help; none for a flag. */
  readonly placeholder?: string;
  readonly help: string;
  /** The names of the same option in a plan, of which a failure may speak. */
  readonly planNames?: readonly OptionName[];
  /** The heading in the help; default: `Options`. */
  readonly group?: string;
  /** @throws {UsageError} the values cannot be; `name` is the option with its dashes */
  read(given: readonly string[], name: string): T;
}

export type OptionRows = Readonly<Record<string, OptionRow<unknown>>>;

/** What a command is given for its rows. */
export type OptionValues<Rows extends OptionRows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends OptionRow<infer T> ? T : never;
};

type More = Pick<OptionRow<unknown>, 'short' | 'group' | 'planNames'>;

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

export interface CommandDefinition<Rows extends OptionRows> {
  readonly name: string;
  /** What follows the name in the line of usage. */
  readonly usage: string;
  /** What it does, in lines of the help. */
  readonly about: string;
  readonly options: Rows;
  /** More about the options, behind them. */
  readonly notes?: string;
  /** What each exit status means; 2, wrong usage, belongs to every command. */
  readonly exit: Readonly<Record<number, string>>;
  readonly examples: readonly string[];
  /**
   * @returns the exit status
   * @throws {UsageError} the command was called the wrong way
   */
  run(values: OptionValues<Rows>, positionals: readonly string[], streams: Streams): Promise<number>;
}

const wrongUsage = 2;

export function defineCommand<const Rows extends OptionRows>(definition: CommandDefinition<Rows>): Command {
  const { name, options } = definition;
  const help = renderHelp(definition);
  return {
    help,
    run: async (args, streams = process) => {
      if (asksForHelp(args)) {
        streams.stdout.write(help);
        return 0;
      }
      try {
        const { values, positionals } = readArguments(args, options);
        return await definition.run(values, positionals, streams);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        complain(streams, name, error.message);
        streams.stderr.write(`Try: ohos-websocket ${name} --help\n`);
        return wrongUsage;
      }
    },
  };
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
    {
      type: form === 'flag' ? 'boolean' : 'string',
      multiple: form === 'many',
      ...(short === undefined ? {} : { short }),
    },
  ]);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: Object.fromEntries(options) });
  } catch (error) {
    // Its message repeats a misspelled option whole, which may be a URL in the wrong place.
    const [message] = (error as Error).message.replaceAll('\n', ' ').split('. To specify');
    throw new UsageError(message!.replace(/\/\/[^\s'"]*@/g, '//'));
  }
  const values = Object.entries(rows).map(([name, row]) => {
    const given = parsed.values[name];
    const texts = given === undefined ? [] : Array.isArray(given) ? given : [String(given)];
    return [name, row.read(texts as string[], `--${name}`)];
  });
  return { values: Object.fromEntries(values) as OptionValues<Rows>, positionals: parsed.positionals };
}

// ------------------------------------------------------------------ help

const lineWidth = 120;
const helpRow: OptionRow<boolean> = flagOption('print this', { short: 'h' });
const ownGroup = 'Options';

function renderHelp<Rows extends OptionRows>(definition: CommandDefinition<Rows>): string {
  const { name, usage, about, options, notes, exit, examples } = definition;
  const groups = new Map<string, [label: string, help: string][]>();
  const add = (option: string, row: OptionRow<unknown>, group: string): void => {
    groups.set(group, [...(groups.get(group) ?? []), [optionLabel(option, row), row.help]]);
  };
  for (const [option, row] of Object.entries(options)) add(option, row, row.group ?? ownGroup);
  add('help', helpRow, groups.has(ownGroup) ? ownGroup : ([...groups.keys()].at(-1) ?? ownGroup));
  const width = Math.max(...[...groups.values()].flat().map(([label]) => label.length));
  const status = Object.entries({ [wrongUsage]: 'wrong usage', ...exit });
  return `${[
    `Usage: ohos-websocket ${name} ${usage}`.trimEnd(),
    about,
    ...[...groups].map(([group, rows]) => `${group}:\n${renderRows(rows, width)}`),
    ...(notes === undefined ? [] : [notes]),
    `Exit status:\n${renderRows(status, 3)}`,
    `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`,
  ].join('\n\n')}\n`;
}

function optionLabel(name: string, { short, placeholder }: OptionRow<unknown>): string {
  const start = short === undefined ? '    ' : `-${short}, `;
  return `${start}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`;
}

/** Two columns, the second one in lines of whole words. */
function renderRows(rows: readonly (readonly [label: string, help: string])[], width: number): string {
  const indent = ' '.repeat(width + 4);
  return rows
    .map(([label, help]) => {
      const lines = [''];
      for (const word of help.split(' ')) {
        const line = lines.at(-1)!;
        if (line !== '' && indent.length + line.length + 1 + word.length > lineWidth) lines.push(word);
        else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
      }
      return `  ${label.padEnd(width)}  ${lines.join(`\n${indent}`)}`;
    })
    .join('\n');
}
