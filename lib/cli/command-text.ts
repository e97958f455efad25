/** What a command says of itself, as data: parsing, help, hints after typing errors, completion and man page are made of it. */
import type { OptionName } from '../protocol/sentence.js';

/** An option: how it is given, what it means, and its value. */
export interface OptionRow<T> {
  /** `maybe`: with a value or without, `--name` or `--name=VALUE`. */
  readonly form: 'flag' | 'one' | 'many' | 'maybe';
  readonly short?: string;
  /** What stands for the value in the help; none for a flag. `FILE` and `PATH` complete as files, `a|b|c` as those words. */
  readonly placeholder?: string;
  readonly help: string;
  /** What other tools call it: who types that is told its name here. With dashes, `--user` or `-u`. */
  readonly elsewhere?: readonly string[];
  /** The names of the same option in a plan, of which a failure may speak. */
  readonly planNames?: readonly OptionName[];
  /** The heading in the help; default: `Options`. */
  readonly group?: string;
  /** @throws {UsageError} the values cannot be; `name` is the option with its dashes */
  read(given: readonly string[], name: string): T;
  /**
   * Gets what it lacks, which may need the terminal: a password, say.
   *
   * @throws {UsageError}
   */
  readonly complete?: (value: never, values: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

export type OptionRows = Readonly<Record<string, OptionRow<unknown>>>;

export interface CommandText {
  readonly name: string;
  /** What follows the name in the line of usage. */
  readonly usage: string;
  /** What it does. Lines are joined and broken anew; a line that begins with two spaces stays one. */
  readonly about: string;
  readonly options: OptionRows;
  /** More about the options, behind them. */
  readonly notes?: string;
  /** What each exit status means; 2, wrong usage, belongs to every command. */
  readonly exit: Readonly<Record<number, string>>;
  readonly examples: readonly string[];
}

/** A command as lists of them show it. */
export interface SummarizedCommand {
  readonly summary: string;
  readonly text: CommandText;
}

/** The heading of options without one. */
export const ownGroup = 'Options';

/** The options under their headings, `--help` included. */
export function groupOptions(options: OptionRows): Map<string, [name: string, row: OptionRow<unknown>][]> {
  const groups = new Map<string, [name: string, row: OptionRow<unknown>][]>();
  const add = (name: string, row: OptionRow<unknown>, group: string): void => {
    groups.set(group, [...(groups.get(group) ?? []), [name, row]]);
  };
  for (const [name, row] of Object.entries(options)) add(name, row, row.group ?? ownGroup);
  add('help', helpRow, groups.has(ownGroup) ? ownGroup : ([...groups.keys()].at(-1) ?? ownGroup));
  return groups;
}

/** An option without its dashes and with what stands for its value: `count N`, `binary[=lines|length-prefixed]`. */
export function optionWithValue(name: string, { form, placeholder }: OptionRow<unknown>): string {
  if (placeholder === undefined) return name;
  return form === 'maybe' ? `${name}[=${placeholder}]` : `${name} ${placeholder}`;
}

/** What an option's value completes as: names of files, one of some words, or nothing that is known. */
export function completionOf({ placeholder = '' }: OptionRow<unknown>): 'files' | readonly string[] {
  return placeholder === 'FILE' || placeholder === 'PATH' ? 'files' : wordsOf(placeholder);
}

/** The words of `a|b|c`, of a placeholder or a line of usage; none of what is not of this form. */
export function wordsOf(choice: string): readonly string[] {
  return /^[a-z\d.-]+(?:\|[a-z\d.-]+)+$/.test(choice) ? choice.split('|') : [];
}

/** All options, `--help` included, in the order of the help. */
export function allOptions(options: OptionRows): [name: string, row: OptionRow<unknown>][] {
  return [...groupOptions(options).values()].flat();
}

/** Exit statuses with what they mean, in order. */
export function exitStatuses({ exit }: CommandText): [status: string, meaning: string][] {
  return Object.entries({ [wrongUsage]: 'wrong usage', ...exit });
}

/** The exit status of every command that was called the wrong way. */
export const wrongUsage = 2;

const helpRow: OptionRow<boolean> = {
  form: 'flag',
  short: 'h',
  help: 'print this',
  read: (given) => given.length > 0,
};
