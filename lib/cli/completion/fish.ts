/** Completion for fish: a line an option. */
import { allOptions, completionOf, type OptionRow, type SummarizedCommand, wordsOf } from '../command-text.js';

export function fishScript(commands: readonly SummarizedCommand[]): string {
  const names = commands.map(({ text }) => text.name).join(' ');
  const none = `not __fish_seen_subcommand_from ${names} help`;
  return [
    '# fish completion for ohos-websocket',
    `complete -c ohos-websocket -n ${quoted(none)} -f -l help -s h -d 'print the help'`,
    `complete -c ohos-websocket -n ${quoted(none)} -f -l version -s v -d 'print the version'`,
    `complete -c ohos-websocket -n '__fish_seen_subcommand_from help' -f -a ${quoted(names)}`,
    ...commands.map(
      ({ text, summary }) => `complete -c ohos-websocket -n ${quoted(none)} -f -a ${text.name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(linesOf),
    '',
  ].join('\n');
}

function linesOf({ text }: SummarizedCommand): string[] {
  const start = `complete -c ohos-websocket -n '__fish_seen_subcommand_from ${text.name}'`;
  const words = wordsOf(text.usage);
  return [
    ...(words.length === 0 ? [] : [`${start} -f -a ${quoted(words.join(' '))}`]),
    ...allOptions(text.options).map(([name, row]) => {
      const short = row.short === undefined ? '' : ` -s ${row.short}`;
      return `${start} -l ${name}${short}${argumentOf(row)} -d ${quoted(row.help)}`;
    }),
  ];
}

function argumentOf(row: OptionRow<unknown>): string {
  const values = completionOf(row);
  if (row.form === 'flag') return '';
  // -r would demand a value.
  if (row.form === 'maybe')
    return values === 'files' || values.length === 0 ? '' : ` -f -a ${quoted(values.join(' '))}`;
  if (values === 'files') return ' -r -F';
  return values.length === 0 ? ' -x' : ` -x -a ${quoted(values.join(' '))}`;
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
