/** `ohos-websocket manual`: all commands as a man page, made of the same rows as `--help`. */
import { packageVersion } from '../trace/package-version.js';
import { type Command, type CommandDirectory, defineCommand, loadTexts, UsageError } from './command.js';
import { type CommandText, exitStatuses, groupOptions, type OptionRow, optionWithValue } from './command-text.js';
import { wrapExample } from './help.js';

export function manualCommand(commands: CommandDirectory): Command {
  return defineCommand({
    name: 'manual',
    usage: '',
    about: `Prints the man page ohos-websocket(1), as man and mandoc read it: what each --help says, in one page. A global
installation puts it where man looks.`,
    options: {},
    exit: { 0: 'printed' },
    examples: [
      'ohos-websocket manual | man -l -',
      'ohos-websocket manual > /usr/local/share/man/man1/ohos-websocket.1',
    ],
    run: async (_values, positionals, { stdout }) => {
      if (positionals.length > 0) throw new UsageError(`expected no arguments, got ${positionals.length}`);
      stdout.write(await renderManual(commands));
      return 0;
    },
  });
}

export async function renderManual(commands: CommandDirectory): Promise<string> {
  const loaded = await loadTexts(commands);
  const list = loaded.map(({ text, summary }) => `.TP\n.B ${roff(text.name)}\n${roff(summary)}`);
  return `${[
    `.TH OHOS\\-WEBSOCKET 1 "" "ohos\\-websocket ${roff(packageVersion())}" "User Commands"`,
    '.SH NAME',
    'ohos\\-websocket \\- talk to WebSocket servers, test them and measure them',
    '.SH SYNOPSIS',
    loaded.map(({ text }) => `.B ohos\\-websocket ${roff(text.name)}\n${roff(text.usage) || '\\&'}`).join('\n.br\n'),
    '.SH COMMANDS',
    ...list,
    ...loaded.map(({ text }) => renderCommand(text)),
  ].join('\n')}\n`;
}

function renderCommand(text: CommandText): string {
  const { name, about, options, notes, examples } = text;
  const groups = [...groupOptions(options)].flatMap(([group, rows]) => [
    `.SS ${roff(group)} of ${roff(name)}`,
    ...rows.map(([option, row]) => `.TP\n${renderLabel(option, row)}\n${roff(row.help)}`),
  ]);
  return [
    `.SH "${roff(name.toUpperCase())}"`,
    paragraphs(about),
    ...groups,
    ...(notes === undefined ? [] : [`.SS Notes on ${roff(name)}`, paragraphs(notes)]),
    `.SS Exit status of ${roff(name)}`,
    ...exitStatuses(text).map(([status, meaning]) => `.TP\n.B ${status}\n${roff(meaning)}`),
    `.SS Examples of ${roff(name)}`,
    `.nf\n${examples.map((example) => roff(wrapExample(example))).join('\n')}\n.fi`,
  ].join('\n');
}

function renderLabel(name: string, row: OptionRow<unknown>): string {
  const short = row.short === undefined ? '' : `\\fB${roff(`-${row.short}`)}\\fR, `;
  const value = optionWithValue(name, row).slice(name.length);
  return `${short}\\fB${roff(`--${name}`)}\\fR${roff(value)}`;
}

/** Lines that begin with two spaces are as they are, without being filled. */
function paragraphs(text: string): string {
  const blocks: string[] = [];
  let verbatim = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('  ') !== verbatim) blocks.push(verbatim ? '.fi' : '.nf');
    verbatim = line.startsWith('  ');
    blocks.push(line === '' ? '.PP' : roff(line));
  }
  return [...blocks, ...(verbatim ? ['.fi'] : [])].join('\n');
}

/** Text that roff prints as it is: hyphens that can be copied, no request at the start of a line, ASCII only. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&')
    .replace(/[^\n -~]/gu, (char) => `\\[u${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`);
}
